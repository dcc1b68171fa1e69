"""What happens in a process that runs tests. No program is ever in it: names that a test lacks are stand-ins.

It reads lines from its connection. The first is {"tests": {number: source}, "entry_point", "shared"}: `shared` says
whether all of the tests can share a process, which is then kept for many requests:

    {"tests": [number], "answers", "stateful"}    run these tests on the answers, stored by the `key_of` their calls
    {"tests": [number], "rehearse": true}         run them on imagined answers, to see which calls they make

For each test it replies {"calls", "unknown", "verdict", "last"}: the calls that were answered; those to which no answer
is known, in which case there is no verdict; and whether the process ends after it. A test that has no verdict though
nothing is unknown needs a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import sys
import types
import unittest
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from coderm_eval.execution.sandbox.known_answers import Agreeable, KnownAnswers, Rehearsal, UnknownAnswerError
from coderm_eval.execution.sandbox.stand_ins import StandIns
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.lines import write_line

__all__ = ["serve"]

_SEED = 0
"""Of `random`, before each test."""
_MOST_OF_MEMORY = 1 / 4
"""A shared process that has used so much of what it may use is ended, so that the next test has room."""


def serve(connection: int) -> None:
    """Answer lines on the descriptor `connection`, both ways, until it ends."""
    memory = _Memory()
    with os.fdopen(os.dup(connection), "rb") as lines:
        problem = _Problem(**json.loads(next(lines)))
        codes: dict[int, types.CodeType | None] = {}
        for line in lines:
            request = json.loads(line)
            for number in request["tests"]:
                if number not in codes:
                    codes[number] = _compiled(problem.tests[str(number)])
                reply = {**_reply(codes[number], problem, request), "last": memory.is_short}
                write_line(connection, json.dumps(reply).encode())
                if reply["last"]:
                    return


class _Problem(NamedTuple):
    """What the first line says."""

    tests: dict[str, str]
    entry_point: str
    shared: bool


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


def _compiled(test: str) -> types.CodeType | None:
    try:
        return compile(test, "<test>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _reply(code: types.CodeType | None, problem: _Problem, request: Mapping[str, Any]) -> dict[str, Any]:
    if code is None:
        return {"calls": [], "unknown": [], "verdict": End.FAILED}
    if request.get("rehearse"):
        rehearsal = Rehearsal()
        _run(code, StandIns(rehearsal, problem.entry_point, shared=problem.shared), _without_assertions)
        return {"calls": rehearsal.calls, "unknown": [], "verdict": End.FAILED}
    answers = KnownAnswers(request["answers"], request["stateful"])
    names = StandIns(answers, problem.entry_point, shared=problem.shared)
    end = _run(code, names)
    if problem.shared and (end is None or names.went_too_far):
        return {"calls": [], "unknown": [], "verdict": None}
    verdict = None if answers.unknown else answers.end or end or End.FAILED
    return {"calls": answers.calls, "unknown": answers.unknown, "verdict": verdict}


def _run(
    code: types.CodeType, names: StandIns, prepare: Callable[[type[unittest.TestCase]], None] = lambda _: None
) -> End | None:
    """Return PASSED if at least one test method ran, and none failed, errored or was skipped, else FAILED.

    None if there was not enough memory.
    """
    random.seed(_SEED)
    module = types.ModuleType("test_candidate")
    sys.modules["test_candidate"] = module  # where dataclasses and pickle look it up
    result = _Result()
    try:
        names.look_up_beforehand(code)
        exec(code, names)
        module.__dict__.update(names)
        suite = unittest.TestSuite()
        for case in _cases(names.values()):
            prepare(case)
            suite.addTests(map(case, _methods(case)))
        suite.run(result)
    except BaseException as error:
        return None if isinstance(error, MemoryError) else End.FAILED
    if result.lacked_memory:
        return None
    passed = result.testsRun > 0 and result.wasSuccessful() and not result.skipped
    return End.PASSED if passed else End.FAILED


def _cases(values: Iterable[object]) -> list[type[unittest.TestCase]]:
    return [
        value
        for value in values
        if isinstance(value, type) and issubclass(value, unittest.TestCase) and value.__module__ == "test_candidate"
    ]


def _methods(case: type[unittest.TestCase]) -> list[str]:
    """Return the names of the test methods as unittest's loader finds them, in its order, in a tenth of its time."""
    names = {name for base in case.__mro__ for name in vars(base) if name.startswith("test")}
    return sorted(name for name in names if callable(getattr(case, name)))


def _without_assertions(case: type[unittest.TestCase]) -> None:
    """Have assertions only call what they are given to call, for a rehearsal."""

    def pretend(self: object, *arguments: Any, **keywords: Any) -> Any:
        if len(arguments) > 1 and callable(arguments[1]) and isinstance(arguments[0], type):  # assertRaises(E, f, x)
            arguments[1](*arguments[2:], **keywords)
        return contextlib.nullcontext(Agreeable())

    for name in dir(case):
        if name.startswith("assert"):
            setattr(case, name, pretend)


class _Result(unittest.TestResult):
    """Stops at the first failure, but not at a method that ended at an unknown answer; formats no traceback."""

    lacked_memory = False

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802  # unittest's name
        super().addError(test, err)
        self.lacked_memory |= issubclass(err[0], MemoryError)
        if not issubclass(err[0], UnknownAnswerError):
            self.stop()

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self.stop()

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.stop()

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self.stop()

    def _exc_info_to_string(self, err: object, test: object) -> str:
        return ""
