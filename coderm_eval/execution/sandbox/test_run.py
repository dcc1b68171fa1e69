"""One run of a test: its module is executed, and its test methods by unittest."""

from __future__ import annotations

import contextlib
import sys
import types
import unittest
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from coderm_eval.execution.sandbox.chance import restart_chance
from coderm_eval.execution.sandbox.class_bodies import names_in_class_bodies
from coderm_eval.execution.sandbox.known_answers import Agreeable, UnknownAnswerError
from coderm_eval.execution.sandbox.own_error import own_error
from coderm_eval.execution.sandbox.stand_ins import StandIns
from coderm_eval.execution.wire.ends import End

__all__ = ["CompiledTest", "compile_test", "run_test", "without_assertions"]

_WITHOUT_TESTS = frozenset({unittest.TestCase, object})
"""A hundred names need not be looked at for each run."""


class CompiledTest(NamedTuple):
    """What is the same in every run of a test."""

    code: types.CodeType
    in_class_bodies: Sequence[str]
    """See `names_in_class_bodies`."""


def compile_test(source: str) -> CompiledTest | None:
    """Compile a test; returns None if it cannot be."""
    try:
        code = compile(source, "<test>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return CompiledTest(code, names_in_class_bodies(code))


def run_test(
    test: CompiledTest, names: StandIns, prepare: Callable[[type[unittest.TestCase]], None] = lambda _: None
) -> tuple[End | None, str]:
    """Return PASSED if at least one test method ran, and none failed, errored or ended as skipped, else FAILED and why.

    Methods that a decorator skips are left out. None if there was not enough memory.
    """
    restart_chance()
    module = types.ModuleType("test_candidate")
    sys.modules["test_candidate"] = module  # where dataclasses and pickle look it up
    result = _Result()
    try:
        names.look_up_beforehand(test.in_class_bodies)
        exec(test.code, names)
        module.__dict__.update(names)
        suite = unittest.TestSuite()
        for case in _cases(names.values()):
            prepare(case)
            suite.addTests(map(case, _methods(case)))
        suite.run(result)
    except BaseException as error:
        return None if isinstance(error, MemoryError) else End.FAILED, own_error(error)
    if result.lacked_memory:
        return None, ""
    if not result.testsRun:
        return End.FAILED, "no test method ran"
    passed = result.wasSuccessful() and not result.skipped
    return (End.PASSED, "") if passed else (End.FAILED, result.reason or ("skipped" if result.skipped else ""))


def _cases(values: Iterable[object]) -> list[type[unittest.TestCase]]:
    return [
        value
        for value in values
        if isinstance(value, type) and issubclass(value, unittest.TestCase) and value.__module__ == "test_candidate"
    ]


def _methods(case: type[unittest.TestCase]) -> list[str]:
    """Return the names of the test methods as unittest's loader finds them, in its order, in a tenth of its time.

    Not those that `unittest.skip` or its conditions mark.
    """
    if _is_skipped(case):
        return []
    bases = [base for base in case.__mro__ if base not in _WITHOUT_TESTS]
    names = {name for base in bases for name in vars(base) if name.startswith("test")}
    methods = ((name, getattr(case, name)) for name in names)
    return sorted(name for name, method in methods if callable(method) and not _is_skipped(method))


def _is_skipped(marked: object) -> bool:
    return getattr(marked, "__unittest_skip__", False) is True


def without_assertions(case: type[unittest.TestCase]) -> None:
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
    reason = ""
    """The first `own_error`."""

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802  # unittest's name
        super().addError(test, err)
        self.lacked_memory |= issubclass(err[0], MemoryError)
        self.reason = self.reason or own_error(err[1])
        if not issubclass(err[0], UnknownAnswerError):
            self.stop()

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self.stop()

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.reason = self.reason or own_error(err[1])
            self.stop()

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self.stop()

    def _exc_info_to_string(self, err: object, test: object) -> str:
        return ""
