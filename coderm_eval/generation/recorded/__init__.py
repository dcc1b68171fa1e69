"""Files in place of a model: recorded candidates and tests."""
