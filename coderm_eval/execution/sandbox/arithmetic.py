"""Arithmetic with objects of a program, of which it must not learn what is expected.

An operator between an object and a number gives an object, or is an error. So `vector * 2` is what the program says,
and an object that pretends to be a number is none: `result / 5` equals no number. Nothing that is made of a difference
is a number either, since `abs(result - 5)` would tell the program what to be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coderm_eval.execution.sandbox.known_answers import Agreeable
from coderm_eval.execution.sandbox.program_objects import ARITHMETIC

__all__ = ["Arithmetic"]

_DIFFERENCES = ("__sub__", "__rsub__", "__isub__")


def _binary(name: str) -> Callable[[Any, object], Any]:
    def ask(self: Any, other: object) -> Any:
        with_own = isinstance(other, Arithmetic)
        if not (with_own or type(other) in (int, float)):
            return NotImplemented
        result = self.__program__.call_method(self, name, [other])
        if _is_object(result):
            learned = name in _DIFFERENCES and not with_own
            _mark(result, learned or _is_difference(self) or _is_difference(other))
        elif not with_own or _is_difference(self) or _is_difference(other):
            return NotImplemented
        return result

    return ask


def _unary(name: str, *, may_be_plain: bool = True) -> Callable[..., Any]:
    def ask(self: Any, *arguments: Any) -> Any:
        result = self.__program__.call_method(self, name, arguments)
        if _is_object(result):
            _mark(result, _is_difference(self))
        elif _is_difference(self) or not may_be_plain:
            raise TypeError(f"bad operand type for {name}: {type(self).__name__!r}")
        return result

    return ask


def _is_object(result: object) -> bool:
    return isinstance(result, (Arithmetic, Agreeable))


def _is_difference(value: object) -> bool:
    return isinstance(value, Arithmetic) and getattr(value, "__is_difference__", False)


def _mark(result: object, difference: bool) -> None:
    if difference and isinstance(result, Arithmetic):
        object.__setattr__(result, "__is_difference__", True)


class Arithmetic:
    """The operators of an object of the program."""

    __slots__ = ()
    __program__: Any

    __neg__ = _unary("__neg__")
    __pos__ = _unary("__pos__")
    __invert__ = _unary("__invert__")
    __abs__ = _unary("__abs__")
    __bool__ = _unary("__bool__")
    __len__ = _unary("__len__")
    __round__ = _unary("__round__", may_be_plain=False)


for _name in ARITHMETIC:
    for _form in ("__{}__", "__r{}__", "__i{}__"):
        setattr(Arithmetic, _form.format(_name), _binary(_form.format(_name)))
