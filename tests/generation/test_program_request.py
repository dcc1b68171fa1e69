"""A problem of one's own, put into words, is found in them again as it was."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.benchmarks.prompts import function_request
from coderm_eval.generation.program_request import OwnForm, own_question, program_request, wanted_by_request
from coderm_eval.generation.stated_problem import problem_of_request

FORMS = get_args(OwnForm)
PROMPT = 'def total(numbers):\n    """Sum of the numbers.\n\n    >>> total([1])\n    1\n    """\n'
METHOD = 'class Solution:\n    def total(self, numbers):\n        """Sum of the numbers."""\n'
EXAMPLE = "Add up.\n\nInput\n1 2\n\nOutput\n3\n\n```python\ndef other():\n    ...\n```\nassert total([1]) == 1"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("question", "prompt"), [("Sum.", ""), ("", PROMPT), (EXAMPLE, METHOD), (EXAMPLE, "")])
def test_a_request_says_the_problem_to_a_server_that_knows_none(form: OwnForm, question: str, prompt: str) -> None:
    """Whatever else the statement looks like, and though no answer defines anything."""
    stated = (question, prompt, form, "solve" if form == "stdin" else "total")
    found = problem_of_request((("user", program_request(*stated)),), ["I cannot."], completes=False)
    assert found
    assert (found.form, found.entry_point, found.question) == (form, stated[-1], own_question(*stated))


@given(st.text(min_size=1).filter(str.strip), st.text(), st.sampled_from(FORMS))
def test_any_words_and_any_code_come_back(question: str, prompt: str, form: OwnForm) -> None:
    stated = (question.strip(), prompt, form, "solve")
    found = wanted_by_request(program_request(*stated))
    assert found == (form, "solve", own_question(*stated))


@pytest.mark.parametrize("message", ["", "Write a function.", function_request(PROMPT)])
def test_other_words_are_not_ours(message: str) -> None:
    assert wanted_by_request(message) is None


def test_a_method_to_go_on_from_says_its_problem_in_its_docstring() -> None:
    found = problem_of_request(METHOD, [], completes=True)
    assert found
    assert (found.form, found.entry_point, found.prompt) == ("method", "total", METHOD)
    assert found.question == own_question("", METHOD, "method", "total")
