"""Texts that are too much to be looked at: what looks at programs and tests says so, and what runs them goes on."""

from __future__ import annotations

import pytest
from helpers.attacks import TEST
from helpers.execution import run_kept
from helpers.odd_texts import FUNCTION, ODD_TEXTS

from coderm_eval.core.programs.forms import for_prompt, to_callable
from coderm_eval.core.records import Form, Problem, Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.static_analysis import analyse, analyse_test
from coderm_eval.generation.extraction.programs import extract_program
from coderm_eval.generation.extraction.unit_tests import extract_tests, recorded_tests

LIMITS = Limits(timeout_s=5, memory_mb=512)
FORMS: tuple[Form, ...] = ("function", "method", "method_as_function", "stdin")
SHORT = {name: text for name, text in ODD_TEXTS.items() if len(text) < 20_000}
"""Those that take milliseconds wherever they are read."""


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_no_text_raises_out_of_the_analysis(text: str) -> None:
    """What is no Python is nothing. What cannot be taken apart is the same as itself alone, and keeps a state."""
    info = analyse(text)
    assert info is None or info.stateful or info.identity != text
    other = analyse(f"{text}\n\n# another\n")
    assert info is None or info.identity != text or other is None or other.identity != text
    assert analyse_test(text) == analyse_test(text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", SHORT.values(), ids=SHORT)
def test_no_text_raises_where_programs_are_made_callable_or_shown(text: str, form: Form) -> None:
    problem = Problem("ladder/1", "rungs", prompt="", question="", form=form)
    assert isinstance(to_callable(text, problem), str) and isinstance(for_prompt(text, problem), str)


EXTRACTED = SHORT | {name: text for name, text in ODD_TEXTS.items() if name.startswith("50 kB")}


@pytest.mark.parametrize("text", EXTRACTED.values(), ids=EXTRACTED)
def test_no_text_raises_out_of_the_extraction(text: str) -> None:
    problem = Problem("ladder/1", "rungs", prompt="", question="")
    fenced = f"Here it is:\n```python\n{text}\n```\n"
    for answer in (text, fenced) if len(text) < 20_000 else (fenced,):  # the longest take seconds
        assert isinstance(extract_program(answer, problem, "default", completes=False), str)
        assert isinstance(extract_tests(answer, "rungs").sources, tuple)
        assert isinstance(recorded_tests(answer, "rungs").sources, tuple)


def _verdicts(tests: list[tuple[str, str, str]]) -> dict[str, Verdict]:
    """{name: verdict} of (name, program, test), all of one problem, by one worker."""
    given = (ProgramTest(name, program, test, "ladder/1", "rungs") for name, program, test in tests)
    return {result.key: result.verdict for result in run_kept(given, LIMITS, workers=1)}


RUN = {name: text for name, text in ODD_TEXTS.items() if FUNCTION in text}


def test_odd_candidates_are_run_and_cost_no_other_its_verdict() -> None:
    found = _verdicts([("right", FUNCTION, TEST), *((n, t, TEST) for n, t in RUN.items())])
    assert found.pop("right") == Verdict.PASSED
    assert Verdict.NOT_RUN not in found.values() and Verdict.TIMED_OUT not in found.values()
    assert (
        found["a constant of 995 terms"]
        == found["300 minus signs"]
        == found["a float of 50,000 digits"]
        == Verdict.PASSED
    )


def test_odd_tests_are_run_and_cost_no_other_its_verdict() -> None:
    odd = {name: text.replace(FUNCTION, TEST) for name, text in RUN.items()}
    found = _verdicts([(name, FUNCTION, text) for name, text in odd.items()] + [("good", FUNCTION, TEST)])
    assert found.pop("good") == Verdict.PASSED
    assert Verdict.NOT_RUN not in found.values()
    assert found["a constant of 995 terms"] == found["300 minus signs"] == Verdict.PASSED
