"""The calls that a test with a judge makes, as it says itself and as it makes them."""

from __future__ import annotations

from coderm_eval.execution.sandbox.known_answers import Rehearsal
from coderm_eval.execution.sandbox.stand_ins import StandIns
from coderm_eval.execution.sandbox.test_judge import TestJudge
from coderm_eval.execution.sandbox.test_run import compile_test, run_test, without_assertions


def calls_of_judge(test: str) -> list[str]:
    return TestJudge(compile_test(test)).calls()


def calls_of_test(test: str, entry_point: str) -> list[str]:
    """The calls of a rehearsal."""
    compiled, rehearsal = compile_test(test), Rehearsal()
    assert compiled
    run_test(compiled, StandIns(rehearsal, entry_point, shared=True, exact=False), without_assertions)
    return rehearsal.calls
