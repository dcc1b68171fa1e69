"""The prompts of the CodeRM paper (arXiv 2501.01054, appendix and released inputs), word for word.

Its spelling ("it's corresponding") is part of the protocol: CodeRM-8B was trained on it.
"""

from __future__ import annotations

__all__ = ["question_of_test_prompt", "unit_test_prompt"]

_QUESTION_HEAD = "### question\n"
_CODE_HEAD = "\n\n### code solution\n"
_REQUEST = (
    "Please add detailed comments to the test cases you write. You do not need to test the "
    "function's ability to throw exceptions.\n"
)


def unit_test_prompt(question: str, program: str | None) -> str:
    """The user message that asks for one unittest class. `program` need not be correct.

    The paper has no prompt without a program; this one stays as close to its prompt as possible.
    """
    if program is None:
        return (
            "Below is a question. Please write test cases to check the correctness of an answer to it. You need to "
            f"use the unittest library in Python and create a test class for testing.\n\n{_QUESTION_HEAD}{question}"
            f"\n\n{_REQUEST}"
        )
    return (
        "Below is a question and it's corresponding code answer. Please write test cases to check the "
        "correctness of the code answer. You need to use the unittest library in Python and create a "
        f"test class for testing.\n\n{_QUESTION_HEAD}{question}{_CODE_HEAD}{program}\n\n{_REQUEST}"
    )


def question_of_test_prompt(message: str) -> str | None:
    """The question inside a message of `unit_test_prompt`; None for any other message."""
    _, head, rest = message.partition(_QUESTION_HEAD)
    question, tail, _ = rest.partition(_CODE_HEAD)
    if not tail:
        question, tail, _ = rest.partition(f"\n\n{_REQUEST}")
    return question if head and tail else None
