"""Names of a program in a test: looking one up asks the program what it stands for."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import sys
import types
from collections.abc import Iterable
from typing import Any

from coderm_eval.execution.harmless_names import MODULES
from coderm_eval.execution.sandbox.asked_program import AskedProgram
from coderm_eval.execution.sandbox.exceptions import exception_class
from coderm_eval.execution.sandbox.known_answers import KnownAnswers, Rehearsal, UnknownAnswerError

__all__ = ["StandIns"]


class StandIns(dict[str, Any]):
    """A test's global names; those that neither the test nor Python defines are the program's.

    Args:
        shared: whether the test shares its process, so that it gets to know harmless modules only.
        exact: whether numpy's floats compare as Python's do.
    """

    def __init__(self, answers: KnownAnswers | Rehearsal, entry_point: str, *, shared: bool, exact: bool) -> None:
        super().__init__(__name__="test_candidate")
        self._answers = answers
        self._program = AskedProgram(answers, exact=exact)
        self._entry_point = entry_point
        self._shared = shared
        self.went_too_far = False
        """Whether the test needs a process of its own, since it has asked for another module."""

    @property
    def calls_made(self) -> int:
        """How many calls of the test have been answered."""
        return len(self._answers.calls)

    def look_up_beforehand(self, in_class_bodies: Iterable[str]) -> None:
        """Look up names that bodies of classes use, since they do so without calling `__missing__`."""
        for name in (self._entry_point, *in_class_bodies):
            with contextlib.suppress(KeyError):
                self[name]

    def __missing__(self, name: str) -> Any:
        if name.startswith("__") or (hasattr(builtins, name) and name != self._entry_point):
            raise KeyError(name)
        kind, *what = self._program.ask([name])
        if kind == "function":
            value: Any = self._program.function(name)
        elif kind == "coroutine function":
            value = self._program.coroutine_function(name)
        elif kind == "class":
            value = self._program.class_named(name)
        elif kind == "exception":
            value = exception_class(*what)
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
