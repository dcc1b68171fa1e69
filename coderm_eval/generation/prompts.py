"""The prompts that ask for unit tests: the CodeRM paper's, and two for models that were not trained on it.

The paper's (arXiv 2501.01054, appendix and released inputs) is word for word. Its spelling ("it's corresponding") is
part of the protocol: CodeRM-8B was trained on it.
"""

from __future__ import annotations

from typing import NamedTuple

from coderm_eval.core.records import Problem
from coderm_eval.generation.settings import TestPrompt

__all__ = ["prompt_for_tests", "question_of_test_prompt", "unit_test_prompt"]

_QUESTION_HEAD = "### question\n"
_CODE_HEAD = "\n\n### code solution\n"
_REQUEST = (
    "Please add detailed comments to the test cases you write. You do not need to test the "
    "function's ability to throw exceptions.\n"
)


class _Words(NamedTuple):
    """What stands before and behind the question and the program."""

    head: str
    request: str
    """`{}` stands for the name of the function under test."""


_OTHERS = {
    "example": _Words(
        """\
Here is a Python function and a class of unit tests for it.

```python
def double(number):
    return 2 * number
```

```python
import unittest


class TestDouble(unittest.TestCase):
    def test_positive_number(self):
        self.assertEqual(double(3), 6)

    def test_negative_number(self):
        self.assertEqual(double(-5), -10)

    def test_zero(self):
        self.assertEqual(double(0), 0)
```

Write such a class for the answer to this question.

""",
        "Write only the class of unit tests for `{}`, in a markdown code block. Do not write `{}` itself.\n",
    ),
    "asserts": _Words(
        "Below is a question. Write tests for an answer to it.\n\n",
        "Write five different assert statements, each on a line of its own, that call `{}` and compare the result with "
        "the right one. Write only these lines, in a markdown code block. Do not write `{}` itself.\n",
    ),
}

_BEGINNINGS = (_REQUEST, *(words.request.partition("{}")[0] for words in _OTHERS.values()))
"""How the requests begin."""


def prompt_for_tests(problem: Problem, program: str | None, prompt: TestPrompt) -> str:
    """The user message that asks for tests of a problem. `program`, a candidate, need not be correct."""
    if prompt == "paper":
        return unit_test_prompt(problem.question, program)
    words = _OTHERS[prompt]
    shown = "" if program is None else f"{_CODE_HEAD}{program}"
    request = words.request.replace("{}", problem.entry_point)
    return f"{words.head}{_QUESTION_HEAD}{problem.question}{shown}\n\n{request}"


def unit_test_prompt(question: str, program: str | None) -> str:
    """The paper's user message, which asks for one unittest class. `program` need not be correct.

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
    """The question inside a message of `prompt_for_tests`; None for any other message."""
    _, head, rest = message.partition(_QUESTION_HEAD)
    if not head:
        return None
    found = (rest.partition(mark) for mark in (_CODE_HEAD, *(f"\n\n{beginning}" for beginning in _BEGINNINGS)))
    return next((question for question, mark, _ in found if mark), None)
