"""A program as its stand-ins in a test see it: calls go out, and what the program did is done here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coderm_eval.execution.sandbox.asynchronous import DONE
from coderm_eval.execution.sandbox.exceptions import exception
from coderm_eval.execution.sandbox.known_answers import KnownAnswers, Rehearsal
from coderm_eval.execution.sandbox.lent_attributes import LentAttributes, fill
from coderm_eval.execution.sandbox.object_stand_ins import ClassStandIn, ObjectStandIn
from coderm_eval.execution.wire.encoding import Codec
from coderm_eval.execution.wire.exact_numpy import exact_numpy

__all__ = ["AskedProgram"]


class AskedProgram:
    """Puts calls to the program, and makes stand-ins for its functions, classes and objects.

    Args:
        answers: what is known of the program's answers.
        exact: whether numpy's floats compare as Python's do.
    """

    def __init__(self, answers: KnownAnswers | Rehearsal, *, exact: bool) -> None:
        self._answers = answers
        self._objects: dict[int, Any] = {}
        self._classes: dict[str, ClassStandIn] = {}
        self._methods: set[tuple[str, str]] = set()
        """Methods that are known to be such, by class and name."""
        self._lent = LentAttributes(self._ask, lambda value: self._codec.encode(value))
        stand_ins = {"object": self._object, "name": self.class_named}
        self._codec = Codec(self._tag, {**stand_ins, **({"numpy": exact_numpy} if exact else {})})

    def ask(self, call: list[Any]) -> Any:
        self._lent.give_back()
        return self._ask(call)

    def _ask(self, call: list[Any]) -> Any:
        return self._answers.answer(self._codec.encode(call), self._codec.decode)

    def function(self, name: str) -> Callable[..., Any]:
        """Return a stand-in. Its attribute `sha256` takes the same arguments and returns the digest of the answer.

        Its attribute `value` leaves them as they are, whatever the program does to them.
        """
        function = _named(name, lambda *arguments, **keywords: self.call(name, arguments, keywords))
        for attribute, digested in (("sha256", True), ("value", False)):
            vars(function)[attribute] = self._called_otherwise(name, digested)
        return function

    def _called_otherwise(self, name: str, digested: bool) -> Callable[..., Any]:
        return lambda *arguments, **keywords: _apply(
            self.ask([name, list(arguments), keywords, digested]), arguments, keywords
        )

    def coroutine_function(self, name: str) -> Callable[..., Any]:
        async def function(*arguments: Any, **keywords: Any) -> Any:
            return await self.call(name, arguments, keywords)

        return _named(name, function)

    def call(self, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        return _apply(self.ask([name, list(arguments), keywords]), arguments, keywords)

    def call_method(
        self, target: Any, name: str, arguments: Sequence[Any], keywords: Mapping[str, Any] | None = None
    ) -> Any:
        return _apply(self.ask([target, name, list(arguments), keywords or {}]), arguments, keywords or {})

    def attribute(self, target: Any, name: str) -> Any:
        is_class = isinstance(target, ClassStandIn)
        key = (type(target).__name__, name)
        if key not in self._methods:
            kind, *what = self.ask([target, name])
            if kind == "raised":
                raise exception(*what)
            if kind == "value":
                return self._lent.lend(target, name, what[0]) if what[1:] == [True] else what[0]
            if kind == "method" and not is_class:
                self._methods.add(key)
        return _named(name, lambda *arguments, **keywords: self.call_method(target, name, arguments, keywords))

    def set_attribute(self, target: Any, name: str, value: Any) -> None:
        _apply(self.ask([target, name, value]), [], {})

    def class_named(self, name: str) -> ClassStandIn:
        """Return the stand-in for the class that a global name stands for, or for a class that is called so."""
        if name not in self._classes:
            self._classes[name] = ClassStandIn(name, (ObjectStandIn,), {"__slots__": (), "__program__": self})
        return self._classes[name]

    def _tag(self, value: Any) -> Any:
        if isinstance(type(value), ClassStandIn):
            return {"object": value.__number__}
        if isinstance(value, ClassStandIn):
            return {"name": value.__name__}
        return {"opaque": type(value).__name__}

    def _object(self, content: Any) -> Any:
        """Return the stand-in for the object of a number; its first answer says of which class it is."""
        if isinstance(content, int):
            return self._objects[content]
        number, kind = content
        stand_in: Any = object.__new__(self.class_named(kind))  # type: ignore[arg-type]
        object.__setattr__(stand_in, "__number__", int(number))
        return self._objects.setdefault(number, stand_in)


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    return function


def _apply(answer: Sequence[Any], arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """Return or raise what the program did, and change the arguments as the program changed them.

    Where it has made a coroutine, that does all this.
    """
    if answer[0] in DONE:
        return DONE[answer[0]](lambda: _apply(answer[1], arguments, keywords))
    if answer[0] == "raised":
        raise exception(*answer[1:])
    _, value, afterwards, returned = answer
    if afterwards:
        for old, new in zip(arguments, afterwards[0], strict=True):
            fill(old, new)
        for keyword, new in afterwards[1].items():
            fill(keywords[keyword], new)
    return value if returned is None else arguments[returned]
