"""The messages that ask for a program for a problem of LiveCodeBench."""

from __future__ import annotations

__all__ = ["STOP", "method_request", "stdin_request"]

STOP = ('\n"""', "\nassert ", "\n```")
"""Stop texts of a base model; a whole program may define functions and print at its top level."""


def method_request(statement: str, starter_code: str) -> str:
    """The user message that asks a chat model for a LiveCodeBench method; the code is the problem's."""
    return _livecodebench_request(
        statement,
        "You will use the following starter code to write the solution to the problem and enclose your code within "
        f"delimiters.\n```python\n{starter_code}\n```",
    )


def stdin_request(statement: str) -> str:
    """The same for a program that reads its input, with LiveCodeBench's own words about the format: the paper has no
    such problems."""
    return _livecodebench_request(
        statement,
        "Read the inputs from stdin solve the problem and write the answer to stdout (do not directly test on the "
        "sample inputs). Enclose your code within delimiters as follows. Ensure that when the python program runs, it "
        "reads the inputs, runs the algorithm and writes output to STDOUT.\n```python\n# YOUR CODE HERE\n```",
    )


def _livecodebench_request(statement: str, form: str) -> str:
    return (
        "You are an expert Python programmer. You will be given a question (problem specification) and will generate "
        "a correct Python program that matches the specification and passes all tests. You will NOT return anything "
        f"except for the program.\n\n### Question:\n{statement}\n\n### Format: {form}\n\n"
        "### Answer: (use the provided format with backticks)\n"
    )
