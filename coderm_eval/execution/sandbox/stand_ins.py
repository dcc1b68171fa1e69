"""Names of a program in a test: looking one up, or calling it, asks what the program answered."""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coderm_eval.execution.harmless_names import MODULES
from coderm_eval.execution.sandbox.known_answers import KnownAnswers, Rehearsal, UnknownAnswerError
from coderm_eval.execution.wire.encoding import encode

__all__ = ["StandIns"]


class StandIns(dict[str, Any]):
    """A test's global names; those that neither the test nor Python defines are the program's.

    Args:
        shared: whether the test shares its process, so that it gets to know harmless modules only.
    """

    def __init__(self, answers: KnownAnswers | Rehearsal, entry_point: str, *, shared: bool) -> None:
        super().__init__(__name__="test_candidate")
        self._answers = answers
        self._entry_point = entry_point
        self._shared = shared
        self.went_too_far = False
        """Whether the test needs a process of its own, since it has asked for another module."""

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
            value = self._module(name, what[0])
        else:
            raise KeyError(name)
        self[name] = value
        return value

    def _module(self, name: str, module: str) -> types.ModuleType:
        if self._shared and (name != module or module not in MODULES):
            self.went_too_far = True
            raise UnknownAnswerError
        return importlib.import_module(module)

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
