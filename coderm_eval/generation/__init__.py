"""Stages 1 and 2: candidates and unit tests, from a language model or from recorded files."""
