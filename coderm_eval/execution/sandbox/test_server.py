"""The process in which tests run. No program is ever in it: names that a test does not define itself are stand-ins.

It reads lines {"tests", "answers", "stateful"}: run the tests with these numbers on these answers, which are stored by
the `key_of` their calls. For each test it replies {"calls", "verdict", "altered"}, or {"calls", "unknown", "altered"}
with the calls to which no answer is known; a verdict is then left for another time. {"tests", "rehearse": true} runs
them on imagined answers, only to see which calls they make.
"""

from __future__ import annotations

import builtins
import contextlib
import json
import math
import os
import random
import sys
import time
import types
import unittest
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from coderm_eval.execution.sandbox.known_answers import Agreeable, KnownAnswers, Rehearsal, UnknownAnswerError
from coderm_eval.execution.sandbox.stand_ins import StandIns
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.lines import write_line

__all__ = ["serve"]

_SEED = 0
"""Of `random`, before each test."""

_WATCHED = (builtins, random, time, math, unittest.TestCase)
"""What a test must leave as it was, if others are to run in the same process."""


def serve(connection: int, tests: Sequence[str], entry_point: str) -> None:
    """Answer lines on the descriptor `connection`, both ways, until it ends or a test has altered this process.

    A test that has altered what is watched is the last: the next one gets a new process.
    """
    codes = [_compiled(test) for test in tests]
    before = [dict(vars(what)) for what in _WATCHED]
    with os.fdopen(os.dup(connection), "rb") as lines:
        for line in lines:
            request = json.loads(line)
            for number in request["tests"]:
                reply = _reply(codes[number], entry_point, request)
                reply["altered"] = any(vars(what) != was for what, was in zip(_WATCHED, before, strict=True))
                write_line(connection, json.dumps(reply).encode())
                if reply["altered"]:
                    return


def _compiled(test: str) -> types.CodeType | None:
    try:
        return compile(test, "<test>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _reply(code: types.CodeType | None, entry_point: str, request: Mapping[str, Any]) -> dict[str, Any]:
    if code is None:
        return {"calls": [], "verdict": End.FAILED}
    if request.get("rehearse"):
        rehearsal = Rehearsal()
        _passes(code, StandIns(rehearsal, entry_point), _without_assertions)
        return {"calls": rehearsal.calls, "verdict": End.FAILED}
    answers = KnownAnswers(request["answers"], request["stateful"])
    passed = _passes(code, StandIns(answers, entry_point))
    if answers.unknown:
        return {"calls": answers.calls, "unknown": answers.unknown}
    return {"calls": answers.calls, "verdict": answers.end or (End.PASSED if passed else End.FAILED)}


def _passes(
    code: types.CodeType, names: StandIns, prepare: Callable[[type[unittest.TestCase]], None] = lambda _: None
) -> bool:
    """Return whether at least one test method ran, and none failed, errored or was skipped."""
    random.seed(_SEED)
    module = types.ModuleType("test_candidate")
    sys.modules["test_candidate"] = module  # where dataclasses and pickle look it up
    try:
        names.look_up_entry_point()
        exec(code, names)
        module.__dict__.update(names)
        suite = unittest.TestSuite()
        for case in _cases(names.values()):
            prepare(case)
            suite.addTests(map(case, _methods(case)))
        result = _Result()
        suite.run(result)
    except BaseException:
        return False
    return result.testsRun > 0 and result.wasSuccessful() and not result.skipped


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

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802  # unittest's name
        super().addError(test, err)
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
