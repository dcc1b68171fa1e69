"""Exceptions of a program in a test: built-in ones, some of libraries, and its own as classes of the same names."""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

__all__ = ["exception", "exception_class"]

_LIBRARIES = frozenset(
    {
        *("_csv", "_queue", "binascii", "copy", "csv", "dataclasses", "decimal", "graphlib", "json", "numpy", "queue"),
        *("re", "statistics", "struct", "zlib", "zoneinfo"),
    }
)
"""Whose exceptions are the test's own classes. A program chooses what it raises: no `unittest.SkipTest`."""

_TEXT = "str()"
"""The attribute for the text of an exception whose class makes it; no program can have one of that name."""


def exception(
    built_in: str,
    name: str,
    arguments: Sequence[Any],
    attributes: Mapping[str, Any] = MappingProxyType({}),
    of: Any = None,
    text: str | None = None,
) -> BaseException:
    """Return the exception that an answer describes, of the class `of` or of a built-in one."""
    kind = exception_class(of or built_in)
    try:
        error = kind(*arguments)
    except Exception:  # such as UnicodeDecodeError, which wants five arguments
        error = Exception() if kind.__module__ == "builtins" else kind.__new__(kind)
        error.args = tuple(arguments)
    if kind.__module__ != "builtins":
        vars(error).update({name: value for name, value in attributes.items() if name.isidentifier()})
        vars(error).update({} if text is None else {_TEXT: str(text)})
    return error


def exception_class(of: Any) -> type[BaseException]:
    """Return a built-in exception by its name, or that of [name, [base, ...], module]: the same one each time.

    A module that the test has not imported is not imported for it: the test cannot name its classes.
    """
    if isinstance(of, str):
        return _exception_in(builtins, of)
    name, bases, module = of
    loaded = sys.modules.get(module) if module.partition(".")[0] in _LIBRARIES else None
    if loaded and name in vars(loaded):
        return _exception_in(loaded, name)
    return _own(name, tuple(map(exception_class, bases)))


def _exception_in(module: object, name: str) -> type[BaseException]:
    found = getattr(module, name)
    if not (isinstance(found, type) and issubclass(found, BaseException)):
        raise TypeError(name)
    return found


@functools.cache
def _own(name: str, bases: tuple[type[BaseException], ...]) -> type[BaseException]:
    return type(name, bases, {"__str__": _text})


def _text(self: Any) -> str:
    base: Any = next(base for base in type(self).__mro__ if base.__dict__.get("__str__") is not _text)
    return str(vars(self).get(_TEXT) or base.__str__(self))
