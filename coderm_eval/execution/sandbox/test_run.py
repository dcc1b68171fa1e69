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
from coderm_eval.execution.sandbox.known_answers import Agreeable
from coderm_eval.execution.sandbox.method_results import MethodResults
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
    """Return PASSED if at least one test method held, and none failed or errored, else FAILED and why.

    A method that is skipped is left out. One that is skipped after a call has failed: it may look at the answer, and
    the program may have skipped it. None if there was not enough memory.
    """
    restart_chance()
    module = types.ModuleType("test_candidate")
    sys.modules["test_candidate"] = module  # where dataclasses and pickle look it up
    try:
        names.look_up_beforehand(test.in_class_bodies)
        exec(test.code, names)
        module.__dict__.update(names)
        suite = unittest.TestSuite()
        for case in _cases(names.values()):
            prepare(case)
            suite.addTests(map(case, _methods(case)))
        result = MethodResults(names)
        suite.run(result)
    except BaseException as error:
        return None if isinstance(error, MemoryError) else End.FAILED, own_error(error)
    if result.lacked_memory:
        return None, ""
    if result.wasSuccessful() and result.held and not result.reason:
        return End.PASSED, ""
    skipped = "skipped" if result.skipped else ""
    return End.FAILED, result.reason or skipped or ("" if result.testsRun else "no test method ran")


def _cases(values: Iterable[object]) -> list[type[unittest.TestCase]]:
    return [
        value
        for value in values
        if isinstance(value, type) and issubclass(value, unittest.TestCase) and value.__module__ == "test_candidate"
    ]


def _methods(case: type[unittest.TestCase]) -> list[str]:
    """Return the names of the test methods as unittest's loader finds them, in its order, in a tenth of its time."""
    bases = [base for base in case.__mro__ if base not in _WITHOUT_TESTS]
    names = {name for base in bases for name in vars(base) if name.startswith("test")}
    return sorted(name for name in names if callable(getattr(case, name)))


def without_assertions(case: type[unittest.TestCase]) -> None:
    """Have assertions only call what they are given to call, for a rehearsal."""

    def pretend(self: object, *arguments: Any, **keywords: Any) -> Any:
        if len(arguments) > 1 and callable(arguments[1]) and isinstance(arguments[0], type):  # assertRaises(E, f, x)
            arguments[1](*arguments[2:], **keywords)
        return contextlib.nullcontext(Agreeable())

    for name in dir(case):
        if name.startswith("assert"):
            setattr(case, name, pretend)
