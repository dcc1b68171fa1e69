"""Recorded candidates and tests: files in place of a model."""
