"""Find programs and unit tests in a model's answers."""
