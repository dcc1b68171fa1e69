"""Verdicts that are put together from judgements of single answers, and whom nobody asks for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from helpers.execution import run_kept

from coderm_eval.core.records import Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.sandbox.call_tree import TreePosition
from coderm_eval.execution.sandbox.judged_test import JudgedTest
from coderm_eval.execution.sandbox.judgement import GOES_ON, Judgement
from coderm_eval.execution.wire.ends import End

CALLS = ("f(1)", "f(2)", "f(3)")


class Program:
    """What is known of one program's answers."""

    def __init__(self, *answers: str) -> None:
        self._answers = answers

    def answers_along(self, calls: Sequence[str]) -> list[str]:
        return [answer for _, answer in zip(calls, self._answers, strict=False)]


class Judge:
    """Calls numbers right, and the last of them the end; text is wrong, and anything else it cannot tell."""

    def __init__(self) -> None:
        self.asked: list[list[tuple[int, str]]] = []

    def __call__(self, answers: Sequence[tuple[int, str]]) -> Sequence[Judgement]:
        self.asked.append(list(answers))
        said: list[Judgement] = []
        for number, answer in answers:
            right = "P" if number == len(CALLS) - 1 else GOES_ON
            said.append(right if answer.isdigit() else "F" if answer.isalpha() else None)
            if said[-1] != GOES_ON:
                break
        return said


def followed(judge: Any, *programs: Program) -> list[TreePosition | None]:
    test = JudgedTest(CALLS, judge)
    given: Sequence[Any] = programs
    return [test.follow(program) for program in given]


def test_a_verdict_comes_from_the_first_answer_that_is_not_right() -> None:
    found = followed(Judge(), Program("1", "2", "3"), Program("1", "no", "3"), Program("1", "no"))
    assert found == [
        TreePosition(CALLS, None, End.PASSED),
        TreePosition(CALLS[:2], None, End.FAILED),
        TreePosition(CALLS[:2], None, End.FAILED),
    ]


def test_an_answer_is_judged_once_for_all_programs() -> None:
    judge = Judge()
    followed(judge, Program("1", "2", "3"), Program("1", "22", "3"), Program("1", "2", "3"))
    assert judge.asked == [[(0, "1"), (1, "2"), (2, "3")], [(1, "22")]]


def test_the_call_that_is_missing_is_asked_for() -> None:
    assert followed(Judge(), Program("1")) == [TreePosition(CALLS[:2], None, unanswered=True)]


def test_a_program_that_did_not_live_to_answer_is_not_judged() -> None:
    judge = Judge()
    [found] = followed(judge, Program("1", End.OUT_OF_CPU, "3"))
    assert found == TreePosition(CALLS[:2], None, End.OUT_OF_CPU)
    assert judge.asked == [[(0, "1"), (2, "3")]]


def test_what_a_judge_cannot_tell_is_left_to_the_test() -> None:
    assert followed(Judge(), Program("1", "?"), Program("?")) == [None, None]
    assert followed(lambda _: [], Program("1")) == [None]


def test_a_test_that_goes_on_after_its_last_known_call_is_run() -> None:
    assert followed(lambda answers: [GOES_ON] * len(answers), Program("1", "2", "3")) == [None]


# In the executor

_JUDGED = """
import unittest


def _judged_calls():
    return ['["rung"]', '["rung",[[4]],{{"dict":[]}},false]']


def _judge_answer(number, answer):
    if number == 0:
        return ""
    return {{"1": "P", "2": "F"}}.get(answer.split(",")[1])


class TestRung(unittest.TestCase):
    def test_rung(self):
        self.assertEqual(rung.value([4]), {expected})
"""
"""The judge and the test itself are of one opinion where the test expects 1."""

_PROGRAMS = {n: f"def rung(x):\n    x.append(5)\n    return {n}\n" for n in ("1", "2", "3", "(1,)")}


def verdicts(expected: int, *, trusted: bool) -> Mapping[str, Verdict]:
    test = _JUDGED.format(expected=expected)
    tests = [ProgramTest(n, program, test, "p", "rung", trusted=trusted) for n, program in _PROGRAMS.items()]
    return {result.key: result.verdict for result in run_kept(tests, Limits(timeout_s=5), workers=1)}


def test_a_trusted_judge_is_asked_and_the_test_where_it_cannot_tell() -> None:
    assert verdicts(3, trusted=True) == {
        "1": Verdict.PASSED,
        "2": Verdict.FAILED,
        "3": Verdict.PASSED,
        "(1,)": Verdict.FAILED,
    }


def test_a_judge_that_a_model_wrote_is_not_asked() -> None:
    assert verdicts(3, trusted=False) == {n: Verdict.PASSED if n == "3" else Verdict.FAILED for n in _PROGRAMS}
