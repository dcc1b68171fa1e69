"""Invented problems and programs in the format of LiveCodeBench."""
