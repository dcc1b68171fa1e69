"""Doctests in answers and recorded lines: each is an assert."""

from __future__ import annotations

from textwrap import indent

import pytest
from helpers.plain_verdicts import verdict

from coderm_eval.generation.extraction.unit_tests import NO_CLASS, NOT_PYTHON, extract_tests, recorded_tests

RIGHT = "def spring(low, high):\n    if low is None: raise ValueError('no tide')\n    return {low: [high]}\n"
WRONG = "def spring(low, high):\n    return {low: [1]}\n"

SESSION = ">>> spring(1, 2)\n{1: [2]}\n>>> high = 3\n>>> spring(0, high)\n{0: [3]}\n"
DOCTESTS = {
    "a session": SESSION,
    "values on several lines": ">>> spring(\n...     1,\n...     2,\n... )\n{1:\n [2]}\n",
    "an error": ">>> spring(None, 1)\nTraceback (most recent call last):\n    ...\nValueError: no tide\n",
    "a printed value": ">>> print(spring(1, 2))\n{1: [2]}\n",
    "a value that is no literal": ">>> type(spring(1, 2)[1][-1] - 1)\n<class 'int'>\n>>> spring(1, 2)\n{1: [2]}\n",
    "the docstring of a test": f'import doctest\n\ndef test():\n    """\n{SESSION}"""\n\ndoctest.testmod()\n',
    "the docstring of a module": f'"""\n{SESSION}"""\n',
    "__test__": f'import doctest\n\n__test__ = {{"tides": """\n{SESSION}"""}}\n',
    "a copy of the function": (
        f'import doctest\n\ndef spring(low, high):\n    """\n{indent(SESSION, "    ")}    """\n\ndoctest.testmod()\n'
    ),
}


@pytest.mark.parametrize("form", DOCTESTS)
def test_doctests_are_asserts(form: str) -> None:
    fenced = f"These are the tests.\n\n```python\n{DOCTESTS[form]}```\n"
    for extracted in (recorded_tests(DOCTESTS[form], "spring"), extract_tests(fenced, "spring")):
        assert extracted.sources, extracted
        assert {verdict(source, RIGHT) for source in extracted.sources} == {"PASS"}
        assert "FAIL" in [verdict(source, WRONG) for source in extracted.sources]


def test_each_example_is_a_test() -> None:
    assert len(recorded_tests(SESSION, "spring").sources) == 2


COPY = 'def spring(low, high):\n    """\n    >>> spring(1, 2)\n    {1: [2]}\n    """\n    return {low: [hi'
NONE = {
    f"{COPY}gh]}}\n": NO_CLASS,
    COPY: NOT_PYTHON,
    f">>> spring({'-' * 100_000}1, 2)\n3\n": NOT_PYTHON,
    ">>> spring(1, 2)  # doctest: +ELLIPSIS\n{1...}\n": NO_CLASS,
}


@pytest.mark.parametrize("copy", NONE, ids=range(len(NONE)))
def test_examples_of_the_prompt_or_without_a_value_are_no_tests(copy: str) -> None:
    assert recorded_tests(copy, "spring") == ((), NONE[copy])
    assert extract_tests(f"```python\n{copy}", "spring", truncated=True).sources == ()
