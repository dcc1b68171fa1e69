"""The process in which tests run. No program is ever in it: names that a test does not define itself are stand-ins.

It reads lines {"tests", "answers", "stateful"}: run the tests with these numbers on these answers, which are stored by
the `key_of` their calls. For each test it replies {"calls", "verdict", "altered"}, or {"calls", "unknown", "altered"}
with the calls to which no answer is known; a verdict is then left for another time. {"tests", "rehearse": true} runs
them on imagined answers, only to see which calls they make.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
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

from coderm_eval.execution.sandbox.call_tree import key_of
from coderm_eval.execution.wire.encoding import decode, encode
from coderm_eval.execution.wire.ends import UNANSWERED, End
from coderm_eval.execution.wire.lines import write_line

__all__ = ["serve"]

_SEED = 0
"""Of `random`, before each test."""
_MOST_REHEARSED = 2_000
"""Calls in a rehearsal: a test that loops until an answer suits it would go on for ever."""

_WATCHED = (builtins, random, time, math, unittest.TestCase)
"""What a test must leave as it was, if others are to run in the same process."""


class _UnknownAnswerError(BaseException):
    """Ends a test method at a call to which no answer is known; not an Exception, so that tests do not catch it."""


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
        rehearsal = _Rehearsal()
        _passes(code, _Names(rehearsal, entry_point), _without_assertions)
        return {"calls": rehearsal.calls, "verdict": End.FAILED}
    answers = _KnownAnswers(request["answers"], request["stateful"])
    passed = _passes(code, _Names(answers, entry_point))
    if answers.unknown:
        return {"calls": answers.calls, "unknown": answers.unknown}
    return {"calls": answers.calls, "verdict": answers.end or (End.PASSED if passed else End.FAILED)}


class _KnownAnswers:
    """Answers calls as the program did."""

    def __init__(self, answers: Mapping[str, str], stateful: bool) -> None:
        self._answers = answers
        self._stateful = stateful
        self.calls: list[str] = []
        self.unknown: list[str] = []
        self.end: End | None = None
        """The verdict, if the program did not live to answer a call."""

    def answer(self, call: str) -> Any:
        if self.end or (self._stateful and self.unknown):
            raise _UnknownAnswerError  # what comes after a call without an answer depends on it
        text = self._answers.get(key_of([*self.calls, call], stateful=self._stateful))
        if text is None:
            self.unknown.append(call)
            raise _UnknownAnswerError
        self.calls.append(call)
        if text in UNANSWERED:
            self.end = End(text)
            raise _UnknownAnswerError
        return decode(text)


class _Rehearsal:
    """Answers every call with a value that agrees to everything."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def answer(self, call: str) -> Any:
        if len(self.calls) == _MOST_REHEARSED:
            raise _UnknownAnswerError
        self.calls.append(call)
        return ["function"] if len(decode(call)) == 1 else ["returned", _Agreeable(), None, None]


class _Agreeable:
    """What a program returns in a rehearsal."""

    def _agree(self, *_: object, **__: object) -> Any:
        return self

    __getattr__ = __getitem__ = __call__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _agree
    __truediv__ = __rtruediv__ = __mod__ = __neg__ = __abs__ = __round__ = __enter__ = _agree

    def _yes(self, _: object = None) -> bool:
        return True

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _yes
    __hash__ = object.__hash__

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 1


class _Names(dict[str, Any]):
    """A test's global names; those that neither the test nor Python defines are the program's."""

    def __init__(self, answers: _KnownAnswers | _Rehearsal, entry_point: str) -> None:
        super().__init__(__name__="test_candidate")
        self._answers = answers
        self._entry_point = entry_point

    def look_up_entry_point(self) -> None:
        """Do so beforehand: the body of a class looks names up without calling `__missing__`."""
        with contextlib.suppress(KeyError):
            self[self._entry_point]

    def __missing__(self, name: str) -> Any:
        if name.startswith("__") or (hasattr(builtins, name) and name != self._entry_point):
            raise KeyError(name)
        kind, *what = self._answers.answer(encode([name]))
        if kind == "function":
            value: Any = self._function(name)
        elif kind == "exception":
            value = _exception_class(*what)
        elif kind == "value":
            value = what[0]
        elif kind == "module" and what[0].partition(".")[0] in sys.stdlib_module_names:
            value = importlib.import_module(what[0])
        else:
            raise KeyError(name)
        self[name] = value
        return value

    def _function(self, name: str) -> Callable[..., Any]:
        """Return a stand-in. Its attribute `sha256` takes the same arguments and returns the digest of the answer."""

        def function(*arguments: Any, **keywords: Any) -> Any:
            call = encode([name, list(arguments), keywords])
            return _apply(self._answers.answer(call), arguments, keywords)

        def sha256(*arguments: Any, **keywords: Any) -> Any:
            call = encode([name, list(arguments), keywords, True])
            return _apply(self._answers.answer(call), arguments, keywords)

        function.__name__ = function.__qualname__ = name
        vars(function)["sha256"] = sha256
        return function


def _apply(answer: Sequence[Any], arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """Return or raise what the program did, and change the arguments as the program changed them."""
    if answer[0] == "raised":
        raise _exception(*answer[1:])
    _, value, afterwards, returned = answer
    if afterwards:
        for old, new in zip(arguments, afterwards[0], strict=True):
            _fill(old, new)
        for keyword, new in afterwards[1].items():
            _fill(keywords[keyword], new)
    return value if returned is None else arguments[returned]


def _fill(old: Any, new: Any) -> None:
    """Give a container the content of another of its type, keeping the containers inside it where they are."""
    if type(old) is not type(new):
        return
    if isinstance(old, list):
        for n, (mine, its) in enumerate(zip(old, new, strict=False)):
            if isinstance(mine, (list, dict, set)) and type(mine) is type(its):
                _fill(mine, its)
                new[n] = mine
        old[:] = new
    elif isinstance(old, dict):
        for key in old.keys() & new.keys():
            if isinstance(old[key], (list, dict, set)) and type(old[key]) is type(new[key]):
                _fill(old[key], new[key])
                new[key] = old[key]
        old.clear()
        old.update(new)
    elif isinstance(old, set):
        old.clear()
        old.update(new)
    elif isinstance(old, bytearray):
        old[:] = new
    elif hasattr(old, "extend"):  # a deque
        old.clear()
        old.extend(new)


@functools.cache
def _exception_class(built_in: str, name: str) -> type[BaseException]:
    """Return the built-in exception, or a class of another name that extends it: the same one each time."""
    base = getattr(builtins, built_in)
    if not (isinstance(base, type) and issubclass(base, BaseException)):
        raise TypeError(built_in)
    return base if name == built_in else type(name, (base,), {})


def _exception(built_in: str, name: str, arguments: Sequence[Any]) -> BaseException:
    kind = _exception_class(built_in, name)
    try:
        return kind(*arguments)
    except Exception:  # such as UnicodeDecodeError, which wants five arguments
        return Exception(*arguments)


def _passes(
    code: types.CodeType, names: _Names, prepare: Callable[[type[unittest.TestCase]], None] = lambda _: None
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
        return contextlib.nullcontext(_Agreeable())

    for name in dir(case):
        if name.startswith("assert"):
            setattr(case, name, pretend)


class _Result(unittest.TestResult):
    """Stops at the first failure, but not at a method that ended at an unknown answer; formats no traceback."""

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802  # unittest's name
        super().addError(test, err)
        if not issubclass(err[0], _UnknownAnswerError):
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
