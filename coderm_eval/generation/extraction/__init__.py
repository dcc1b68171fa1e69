"""Programs and unit tests out of a model's answers."""
