"""A test's own functions that judge single answers. They are kept, so only a test that no model wrote is asked."""

from __future__ import annotations

from collections.abc import Sequence

from coderm_eval.execution.sandbox.judgement import CALLS, GOES_ON, JUDGE, Judgement
from coderm_eval.execution.sandbox.test_run import CompiledTest

__all__ = ["TestJudge"]


class TestJudge:
    """The module of a test, executed once.

    Args:
        test: it has functions as `judgement.has_judge` says; None where it cannot be compiled.
    """

    def __init__(self, test: CompiledTest | None) -> None:
        names: dict[str, object] = {"__name__": "test_candidate"}
        if test:
            exec(test.code, names)
        self._judged_calls, self._judge_answer = names.get(CALLS), names.get(JUDGE)

    def calls(self) -> list[str]:
        """Return the calls that the test makes of a program that is right."""
        return self._judged_calls() if callable(self._judged_calls) else []

    def judge(self, answers: Sequence[tuple[int, str]]) -> list[Judgement]:
        """Return what the test says of these answers, up to the first after which it does not go on."""
        judged: list[Judgement] = []
        for number, answer in answers:
            judged.append(self._judge_answer(number, answer) if callable(self._judge_answer) else None)
            if judged[-1] != GOES_ON:
                break
        return judged
