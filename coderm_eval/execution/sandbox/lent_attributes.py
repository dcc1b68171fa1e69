"""Containers that a test reads of an object's attributes: what it does to them is done to the object's, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["LentAttributes", "fill"]

_MOST = 16
"""Attributes that are looked after at a time, each before every call."""
_LONGEST = 10_000
"""Characters of one that is."""


class _Lent(NamedTuple):
    target: Any
    name: str
    value: Any
    text: str
    """What the value was when the program knew it last."""


class LentAttributes:
    """The containers that a test has, the last few that it has read.

    Args:
        ask: puts a call to the program.
        encode: writes a value as text.
    """

    def __init__(self, ask: Callable[[list[Any]], Any], encode: Callable[[Any], str]) -> None:
        self._ask = ask
        self._encode = encode
        self._lent: dict[str, _Lent] = {}

    def lend(self, target: Any, name: str, value: Any) -> Any:
        """Return the attribute's value: the same container as the last time, with what is in it now."""
        key, text = self._encode([target, name]), self._encode(value)
        known = self._lent.pop(key, None)
        if known and type(known.value) is type(value):
            fill(known.value, value)
            value = known.value
        if len(text) <= _LONGEST:
            self._lent[key] = _Lent(target, name, value, text)
            if len(self._lent) > _MOST:
                del self._lent[next(iter(self._lent))]
        return value

    def give_back(self) -> None:
        """Set each attribute whose container the test has changed, unless the program has changed it meanwhile, too."""
        for key, lent in list(self._lent.items()):
            text = self._encode(lent.value)
            if text != lent.text:
                self._lent[key] = lent._replace(text=text)
                kind, *what = self._ask([lent.target, lent.name])
                if kind == "value" and self._encode(what[0]) == lent.text:
                    self._ask([lent.target, lent.name, lent.value])


def fill(old: Any, new: Any) -> None:
    """Give a container the content of another of its type, keeping the containers inside it where they are."""
    if type(old) is not type(new):
        return
    if isinstance(old, list):
        for n, (mine, its) in enumerate(zip(old, new, strict=False)):
            if isinstance(mine, (list, dict, set)) and type(mine) is type(its):
                fill(mine, its)
                new[n] = mine
        old[:] = new
    elif isinstance(old, dict):
        for key in old.keys() & new.keys():
            if isinstance(old[key], (list, dict, set)) and type(old[key]) is type(new[key]):
                fill(old[key], new[key])
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
