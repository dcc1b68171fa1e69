"""Objects of a program that a test may hold a stand-in for. They stay in the program's process, under a number each."""

from __future__ import annotations

import copy
import operator
import types
import typing
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from coderm_eval.execution.wire.encoding import Codec

__all__ = ["ARITHMETIC", "COMPARISONS", "MODULE", "ProgramObjects"]

MODULE = "candidate"
"""The name of the module in which a program runs."""

COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
ARITHMETIC = (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
)

_FUNCTIONS = (types.FunctionType, types.MethodType, type)


class ProgramObjects:
    """The objects of one run that have gone out, in that order, which is the same whenever the same calls are made."""

    def __init__(self) -> None:
        self._names: Mapping[str, Any] = {}
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._hashes: dict[int, int] = {}
        codec = Codec(self._tag, {"object": self._objects.__getitem__, "name": self._named})
        self.encode = codec.encode
        self.decode = codec.decode

    def begin(self, names: Mapping[str, Any]) -> None:
        """Begin a run in which nothing has gone out yet.

        Args:
            names: the program's global names.
        """
        self._names = names
        if self._objects or self._hashes:
            self._objects.clear()
            self._numbers.clear()
            self._hashes.clear()

    def encode_result(self, result: Any, function: Any) -> str:
        """Return as text what `function` has returned.

        An object that a class makes stays here if it has methods, even where it extends plain data: a test that makes
        it will call them.
        """
        made = isinstance(function, type) and type(result) is function and _has_methods(function)
        if made or id(result) in self._numbers:
            return self.encode(_Whole(result))
        return self.encode(result)

    def operate(self, target: Any, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Call a method of an object; those with two underscores as Python's own syntax does."""
        if name == "__hash__":
            return self._hashes.setdefault(hash(target), len(self._hashes))  # the same in each run, unlike an address
        operation = _OPERATIONS.get(name)
        return operation(target, *arguments) if operation else getattr(target, name)(*arguments, **keywords)

    def _named(self, name: str) -> Any:
        return self._names[name]

    def _is_class_by_name(self, value: Any) -> bool:
        """Return whether a test can have the class by its global name; exceptions have no stand-ins."""
        is_class = isinstance(value, type) and not issubclass(value, BaseException)
        return is_class and self._names.get(value.__name__) is value

    def _tag(self, value: Any) -> Any:
        """Return an object's number, with the name of its type where it goes out for the first time."""
        whole = isinstance(value, _Whole)
        if whole:
            value = value.value
        kind = type(value)
        if not whole and not is_own(value):
            return {"opaque": kind.__name__}
        if self._is_class_by_name(value):
            return {"name": value.__name__}
        number = self._numbers.get(id(value))
        if number is not None:
            return {"object": number}
        self._numbers[id(value)] = len(self._objects)
        self._objects.append(value)
        return {"object": [len(self._objects) - 1, kind.__name__]}


class _Whole:
    """Wraps an object that is not to be taken for the plain data that it extends."""

    def __init__(self, value: Any) -> None:
        self.value = value


def is_own(value: Any) -> bool:
    """Return whether it is an instance of a class of the program, or a function or class of it (or `Stack[int]`)."""
    of = value if isinstance(value, _FUNCTIONS) else typing.get_origin(value) or type(value)
    return getattr(of, "__module__", "") == MODULE


def _has_methods(kind: type) -> bool:
    bases = [base for base in kind.__mro__ if base.__module__ == MODULE]
    return any(
        name[:1] != "_" and isinstance(of, types.FunctionType) for base in bases for name, of in vars(base).items()
    )


def _shown(show: Callable[..., str], target: Any, *specification: str) -> str:
    """Return a text that has no address in it, if the object's own class does not put one there."""
    kind = type(target)
    methods: list[object] = [kind.__repr__, *([kind.__str__] if show is not repr else ())]
    methods += [kind.__format__] if show is format else []
    has_none = all(method in (object.__repr__, object.__str__, object.__format__) for method in methods)
    return f"<{kind.__name__} object>" if has_none and not any(specification) else show(target, *specification)


def _reflected(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda target, other: operation(other, target)


def _operation(name: str) -> Callable[..., Any]:
    operation: Callable[..., Any] = getattr(operator, f"__{name}__")
    return operation


_UNARY_AND_ITEMS = ("getitem", "setitem", "delitem", "neg", "pos", "invert", "abs")
_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    **{f"__{name}__": _operation(name) for name in (*COMPARISONS, *ARITHMETIC, *_UNARY_AND_ITEMS)},
    **{f"__r{name}__": _reflected(_operation(name)) for name in ARITHMETIC},
    **{f"__i{name}__": _operation(f"i{name}") for name in ARITHMETIC},
    "__copy__": copy.copy,
    "__deepcopy__": copy.deepcopy,
    "__round__": round,
    "__len__": len,
    "__bool__": bool,
    "__iter__": iter,
    "__str__": partial(_shown, str),
    "__repr__": partial(_shown, repr),
    "__format__": partial(_shown, format),
    "__instancecheck__": lambda target, value: isinstance(value, target),
    "__subclasscheck__": lambda target, value: issubclass(value, target),
}
"""What Python's syntax stands for: it finds out by itself what a class lacks and has instead."""
