"""What happens in a process that runs tests. No program is ever in it: names that a test lacks are stand-ins.

It reads lines from its connection. The first is {"tests": {number: source}, "entry_point", "shared", "exact"}: `exact`
says whether numpy's floats compare as Python's do, and `shared`
whether all of the tests can share a process, which is then kept for many requests:

    {"tests": [number], "answers", "stateful"}    run these tests on the answers, stored by the `key_of` their calls
    {"tests": [number], "rehearse": true}         run them on imagined answers, to see which calls they make
    {"tests": [number], "judged_calls": true}     as `judgement` has it, in place of a rehearsal
    {"tests": [number], "judge": [[call, answer]]}    the same; the reply is {"judged", "last"}

For each test it replies {"calls", "unknown", "verdict", "reason", "last"}: the calls that were answered; those to which
no answer is known, in which case there is no verdict; the `own_error` for which it failed; and whether the process ends
after it. A test that has no verdict though nothing is unknown needs a process of its own.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from coderm_eval.execution.sandbox.chance import govern_chance
from coderm_eval.execution.sandbox.known_answers import KnownAnswers, Rehearsal
from coderm_eval.execution.sandbox.stand_ins import StandIns
from coderm_eval.execution.sandbox.test_judge import TestJudge
from coderm_eval.execution.sandbox.test_run import CompiledTest, compile_test, run_test, without_assertions
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.lines import write_line

__all__ = ["serve"]

_MOST_OF_MEMORY = 1 / 4
"""A shared process that has used so much of what it may use is ended, so that the next test has room."""


def serve(connection: int) -> None:
    """Answer lines on the descriptor `connection`, both ways, until it ends."""
    memory = _Memory()
    govern_chance()
    with os.fdopen(os.dup(connection), "rb") as lines:
        problem = _Problem(**json.loads(next(lines)))
        tests: dict[int, CompiledTest | None] = {}
        judges: dict[int, TestJudge] = {}
        for line in lines:
            request = json.loads(line)
            for number in request["tests"]:
                if number not in tests:
                    tests[number] = compile_test(problem.tests[str(number)])
                if "judge" in request or "judged_calls" in request:
                    judge = judges[number] = judges.get(number) or TestJudge(tests[number])
                    reply = _judged(judge, request)
                else:
                    reply = _reply(tests[number], problem, request)
                reply["last"] = memory.is_short
                write_line(connection, json.dumps(reply).encode())
                if reply["last"]:
                    return


class _Problem(NamedTuple):
    """What the first line says."""

    tests: dict[str, str]
    entry_point: str
    shared: bool
    exact: bool

    def names(self, answers: KnownAnswers | Rehearsal) -> StandIns:
        """Return the global names of a test that gets these answers."""
        return StandIns(answers, self.entry_point, shared=self.shared, exact=self.exact)


class _Memory:
    """What this process has used of its memory since it began."""

    def __init__(self) -> None:
        self._before = self._peak()
        self._most, _ = resource.getrlimit(resource.RLIMIT_AS)

    @property
    def is_short(self) -> bool:
        return 0 < self._most * _MOST_OF_MEMORY < self._peak() - self._before

    @staticmethod
    def _peak() -> int:
        """Return the most bytes that were ever used at a time."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _judged(judge: TestJudge, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"judged": judge.judge(request["judge"])} if "judge" in request else _rehearsed(judge.calls())


def _reply(test: CompiledTest | None, problem: _Problem, request: Mapping[str, Any]) -> dict[str, Any]:
    if test is None:
        return {"calls": [], "unknown": [], "verdict": End.FAILED, "reason": "SyntaxError: it cannot be compiled"}
    if request.get("rehearse"):
        rehearsal = Rehearsal()
        run_test(test, problem.names(rehearsal), without_assertions)
        return _rehearsed(rehearsal.calls)
    answers = KnownAnswers(request["answers"], request["stateful"])
    names = problem.names(answers)
    end, reason = run_test(test, names)
    if problem.shared and (end is None or names.went_too_far):
        return {"calls": [], "unknown": [], "verdict": None}
    verdict = None if answers.unknown else answers.end or end or End.FAILED
    return {
        "calls": answers.calls,
        "unknown": answers.unknown,
        "verdict": verdict,
        "reason": reason if verdict is End.FAILED else "",
    }


def _rehearsed(calls: Sequence[str]) -> dict[str, Any]:
    return {"calls": calls, "unknown": [], "verdict": End.FAILED}
