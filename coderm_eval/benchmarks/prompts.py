"""The message that asks a chat model for a program, and where its completion ends."""

from __future__ import annotations

__all__ = ["AFTER_FUNCTION", "function_request"]

AFTER_FUNCTION = ("\ndef ", "\nclass ", "\nif __name__", "\nprint(")
"""Stop texts for a prompt that ends inside a function."""


def function_request(prompt: str) -> str:
    """The user message that asks a chat model for a program; `prompt` is the benchmark's own."""
    return (
        "Please provide a self-contained Python script that solves the following problem "
        f"in a markdown code block:\n```python\n{prompt}\n```\n"
    )
