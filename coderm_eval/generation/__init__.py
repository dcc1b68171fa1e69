"""Prompts, extraction of code from answers, and the backends that write unit tests."""
