"""Stand-ins for objects and classes of a program: whatever is done with one is asked of the program.

The program decides about its own objects only. A stand-in equals no plain data, comes before or after none, and is not
asked whether it holds a value: it would learn what is expected, and could say yes to everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from coderm_eval.execution.sandbox.arithmetic import Arithmetic

__all__ = ["ClassStandIn", "ObjectStandIn", "Program", "is_stand_in"]


class Program(Protocol):
    """Who answers for a stand-in."""

    def call_method(
        self, target: Any, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any] | None = None
    ) -> Any:
        """Call a method of an object, or apply the operation that the name stands for."""

    def call(self, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        """Call what a global name stands for."""

    def attribute(self, target: Any, name: str) -> Any:
        """Return an attribute of an object."""

    def set_attribute(self, target: Any, name: str, value: Any) -> None:
        """Set an attribute of an object."""


def _asking(name: str) -> Callable[..., Any]:
    def ask(self: Any, *arguments: Any) -> Any:
        return self.__program__.call_method(self, name, arguments)

    return ask


def _comparing(name: str) -> Callable[[Any, object], Any]:
    """Return an operator that the program applies to two of its objects."""

    def ask(self: Any, other: object) -> Any:
        return self.__program__.call_method(self, name, [other]) if is_stand_in(other) else NotImplemented

    return ask


def is_stand_in(value: object) -> bool:
    """Return whether it stands for an object of the program."""
    return isinstance(type(value), ClassStandIn)


def _read(self: Any, name: str) -> Any:
    if name[:2] == "__" and name != "__dict__":
        raise AttributeError(name)
    return self.__program__.attribute(self, name)


def _set(self: Any, name: str, value: Any) -> None:
    self.__program__.set_attribute(self, name, value)


class ClassStandIn(type):
    """The type of a class of the program; an instance of it is the type of stand-ins for that class's objects."""

    __program__: Program

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        return cls.__program__.call(cls.__name__, arguments, keywords)

    def __instancecheck__(cls, instance: object) -> bool:
        kind = type(instance)
        if kind is cls or not isinstance(kind, ClassStandIn):
            return kind is cls
        return bool(cls.__program__.call_method(cls, "__instancecheck__", [instance]))

    def __subclasscheck__(cls, subclass: type) -> bool:
        if subclass is cls or not isinstance(subclass, ClassStandIn):
            return subclass is cls
        return bool(cls.__program__.call_method(cls, "__subclasscheck__", [subclass]))

    __getattr__ = _read
    __setattr__ = _set
    __getitem__ = _asking("__getitem__")
    __iter__ = _asking("__iter__")
    __len__ = _asking("__len__")


class ObjectStandIn(Arithmetic):
    """An object of the program."""

    __slots__ = ("__is_difference__", "__number__")
    __program__: Program

    def __init_subclass__(cls) -> None:
        if cls.__bases__ != (ObjectStandIn,):
            raise TypeError(f"class {cls.__name__} of a test extends a class of the program, which another process has")

    __getattr__ = _read
    __setattr__ = _set
    __eq__ = _comparing("__eq__")
    __ne__ = _comparing("__ne__")
    __lt__ = _comparing("__lt__")
    __le__ = _comparing("__le__")
    __gt__ = _comparing("__gt__")
    __ge__ = _comparing("__ge__")
    __hash__ = _asking("__hash__")
    __str__ = _asking("__str__")
    __repr__ = _asking("__repr__")
    __iter__ = _asking("__iter__")
    __getitem__ = _asking("__getitem__")
    __setitem__ = _asking("__setitem__")
    __delitem__ = _asking("__delitem__")
    __delattr__ = _asking("__delattr__")
    __enter__ = _asking("__enter__")
    __aenter__ = _asking("__aenter__")
    __copy__ = _asking("__copy__")

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self.__program__.call_method(self, "__call__", arguments, keywords)

    def __exit__(self, *_: object) -> None:
        """The program neither gets to know what the test has raised, nor stops it."""
        self.__program__.call_method(self, "__exit__", [None, None, None])

    async def __aexit__(self, *_: object) -> None:
        await self.__program__.call_method(self, "__aexit__", [None, None, None])

    def __deepcopy__(self, _: object) -> Any:
        return self.__program__.call_method(self, "__deepcopy__", [])

    def __format__(self, specification: str) -> str:
        return str(self.__program__.call_method(self, "__format__", [specification]))

    def __contains__(self, value: object) -> bool:
        return any(item is value or item == value for item in iter(self))

    def __reduce_ex__(self, _: object) -> Any:
        raise TypeError("an object of a program cannot be copied")
