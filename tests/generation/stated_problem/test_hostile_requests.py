"""Requests of strangers: anything, of a megabyte; each is read in one pass and none raises."""

from __future__ import annotations

import pytest
from helpers.hostile_texts import HOSTILE_TEXTS
from helpers.odd_texts import ODD_TEXTS
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.generation.stated_problem import problem_of_request

MEGABYTE = 1_000_000


def megabyte(piece: str) -> str:
    return piece * (MEGABYTE // len(piece))


HEAVY = {
    "signatures": megabyte("def f(\n"),
    "signatures that go on": megabyte("def f(a=(\n"),
    "stubs": megabyte("def f(n):\n"),
    "stubs of a line": megabyte("def f(n): ...\n"),
    "stubs in each other": "".join(f"{' ' * depth}def f(n):\n" for depth in range(1_000)),
    "arrows": megabyte(")->"),
    "arrows behind a signature": f"def f(n{megabyte(')->')}",
    "brackets behind a signature": f"def f{megabyte('(')}",
    "classes": megabyte("class Solution:\n"),
    "methods": "class Solution:\n" + megabyte("    def f(self):\n        pass\n"),
    "docstrings": megabyte('def f(n):\n    """x\n'),
    "quotes": megabyte('"""\n'),
    "comments": "def f(n):\n" + megabyte("    # here\n"),
    "blank lines": "def f(n):\n" + megabyte("\n"),
    "blanks": "def f(n):" + megabyte(" "),
    "fences": megabyte("```python\n"),
    "fences above a stub": megabyte("```\n") + "def f(n):\n    ...\n",
    "asserts": megabyte("assert f(1) == 2\n"),
    "asserts that are none": megabyte("assert (\n"),
    "assignments": megabyte("a: b\n") + "def f(n):\n    ...\n",
    "questions": megabyte("### Question:\n"),
    "openings": megabyte("expert Python programmer, and here is your task: "),
    "headings": megabyte("Input\n"),
    "headings in one line": megabyte("-"),
    "names": megabyte("function named `"),
    "letters": megabyte("x"),
    "words": megabyte("Write a function. "),
    "returns": megabyte("\r"),
}


@pytest.mark.parametrize("text", [*HEAVY.values(), *HOSTILE_TEXTS.values(), *ODD_TEXTS.values()])
def test_any_request_is_read(text: str) -> None:
    problem = problem_of_request(text, [], completes=True)
    assert problem is None or problem.entry_point.isidentifier()


@pytest.mark.parametrize("answer", [text for text in ODD_TEXTS.values() if len(text) < 300_000])
def test_any_answer_is_read(answer: str) -> None:
    problem = problem_of_request("Halve the sea.", [answer] * 2, completes=False)
    assert problem is None or problem.entry_point.isidentifier()


def test_many_functions_in_an_answer_are_read() -> None:
    program = "".join(f"def f{number}(n):\n    return f{number - 1}(n)\n" for number in range(5_000))
    problem = problem_of_request("Halve the sea.", [program], completes=False)
    assert problem is not None and problem.entry_point == "f4999"


@given(st.text(), st.lists(st.text(), max_size=3), st.booleans())
def test_any_text_is_read(text: str, answers: list[str], completes: bool) -> None:
    problem_of_request(text, answers, completes=completes)
