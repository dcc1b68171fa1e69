"""Values like a given one: of the same type, and a small step away."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from coderm_eval.execution.probing.ordered_text import ordered_text

__all__ = ["Pool", "is_plain", "mutated"]

_FAR = 10
"""How far from 0 numbers are drawn that have nothing to do with the given one."""
_DEEPEST = 50
"""Levels of a plain value. It is a number of ours, as Python's own limit is another wherever a library changed it."""
_NUMBER = re.compile(r"-?\d{1,9}(?![\d.])")


class Pool:
    """Integers and texts to draw from: those that stand in the given values, and characters of these texts."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.integers: list[int] = []
        self.texts: list[str] = []
        for value in values:
            self._collect(value)
        self.characters = "".join(self.texts) or "a"

    def _collect(self, value: Any) -> None:
        if type(value) is int:
            self.integers.append(value)
        elif type(value) is str:
            self.texts.append(value)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self._collect(item)
        elif isinstance(value, (set, frozenset)):
            self._collect(_ordered(value))
        elif isinstance(value, dict):
            self._collect(list(value.items()))


def is_plain(value: Any, levels: int = _DEEPEST) -> bool:
    """Return whether a value, and all that is in it to so many `levels`, is of a type that `mutated` knows."""
    kind = type(value)
    if kind is dict:
        value = [part for item in value.items() for part in item]
    elif kind not in (list, tuple, set, frozenset):
        return value is None or kind in _MUTATORS
    return levels > 0 and all(is_plain(part, levels - 1) for part in value)


def mutated(value: Any, chance: random.Random, pool: Pool) -> Any:
    """Return a value of the same type that is a small step away, or now and then the same one.

    Args:
        value: of plain data; it is not changed.
        chance: the same state gives the same result.
        pool: where parts of the result may come from.
    """
    mutate = _MUTATORS.get(type(value))
    return mutate(value, chance, pool) if mutate else value


def _boolean(value: bool, chance: random.Random, pool: Pool) -> bool:
    return not value


def _integer(value: int, chance: random.Random, pool: Pool) -> int:
    near = [value + 1, value - 1, value * 2, -value, value + chance.randint(-5, 5)]
    return chance.choice([*near, chance.randint(-_FAR, _FAR), chance.choice(pool.integers or [0])])


def _number(value: float, chance: random.Random, pool: Pool) -> float:
    near = [value + 1, value - 1, value / 2, -value, value + chance.random()]
    return chance.choice([*near, round(chance.uniform(-_FAR, _FAR), 2)])


def _text(value: str, chance: random.Random, pool: Pool) -> str:
    """Change a number in a text of several lines, which is what a program reads; else a part of the text."""
    numbers = list(_NUMBER.finditer(value)) if "\n" in value.rstrip("\n") else []
    if numbers:
        found = chance.choice(numbers)
        return value[: found.start()] + str(_integer(int(found[0]), chance, pool)) + value[found.end() :]
    start = chance.randrange(len(value) + 1)
    end = chance.randint(start, len(value))
    character = chance.choice(pool.characters)
    return chance.choice(
        [
            value[:start] + value[start + 1 :],
            value[:end] + value[start:end] + value[end:],
            value[:start] + character + value[start + 1 :],
            value + character,
            value[::-1],
            chance.choice(pool.texts or [value]),
        ]
    )


def _items(value: Sequence[Any], chance: random.Random, pool: Pool) -> list[Any]:
    """Leave one out, repeat one, shuffle them, or mutate one, which is done most often."""
    items = list(value)
    if not items:
        return items
    what, place = chance.randrange(5), chance.randrange(len(items))
    if what == 0:
        items.pop(place)
    elif what == 1:
        items.insert(chance.randrange(len(items) + 1), items[place])
    elif what == 2:
        chance.shuffle(items)
    else:
        items[place] = mutated(items[place], chance, pool)
    return items


def _dictionary(value: Mapping[Any, Any], chance: random.Random, pool: Pool) -> dict[Any, Any]:
    """Leave an item out, or mutate a value or a key."""
    items = dict(value)
    if not items:
        return items
    key, what = chance.choice(list(items)), chance.randrange(5)
    content = items.pop(key)
    if what in (0, 1):
        return items
    if what in (2, 3):
        return {**items, key: mutated(content, chance, pool)}
    return {**items, mutated(key, chance, pool): content}


def _ordered(value: Iterable[Any]) -> list[Any]:
    """Return the items of a set in an order that is the same in each process."""
    return sorted(value, key=ordered_text)


_MUTATORS: Mapping[type, Callable[[Any, random.Random, Pool], Any]] = {
    bool: _boolean,
    int: _integer,
    float: _number,
    str: _text,
    list: _items,
    tuple: lambda *given: tuple(_items(*given)),
    set: lambda value, *given: set(_items(_ordered(value), *given)),
    frozenset: lambda value, *given: frozenset(_items(_ordered(value), *given)),
    dict: _dictionary,
}
