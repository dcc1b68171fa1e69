"""Values whose hashes collide: putting n of them into a set or a dict takes n * n comparisons."""

from __future__ import annotations

import datetime
import decimal
import fractions
from collections import defaultdict, deque
from collections.abc import Collection
from typing import Any

__all__ = ["FEW", "refuse_collisions", "refuse_collisions_within"]

FEW = 100
"""Different values of one hash. Floats have 34 at the most, and no right answer comes near."""
_SMALL = 1 << 63
"""Integers below have the hashes of 4 others at the most."""
_PREDICTABLE = frozenset(
    {
        *(int, tuple, frozenset, complex, range, decimal.Decimal, fractions.Fraction),
        *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta),
    }
)
"""Types of which one can make values of a given hash. Python keeps that of text secret."""


def refuse_collisions(values: Collection[Any]) -> None:
    """Look for many different values of one hash.

    Raises:
        ValueError: there are some.
    """
    if len(values) <= FEW:
        return
    kinds = {kind for kind in set(map(type, values)) if kind in _PREDICTABLE or issubclass(kind, tuple)}
    if not kinds or (kinds == {int} and all(-_SMALL < value < _SMALL for value in values if type(value) is int)):
        return
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for value in values:
        if type(value) in kinds and _is_hashable(value):
            alike = found[hash(value)]
            if value not in alike:
                alike.append(value)
                if len(alike) > FEW:
                    raise ValueError("values whose hashes collide")


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:  # a tuple with a list in it
        return False
    return True


def refuse_collisions_within(value: Any) -> None:
    """Look for values whose hashes collide in lists and in what they hold; of sets and dicts it is known already."""
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, dict):
            left.extend(inner.values())
        elif isinstance(inner, (list, tuple, deque)):
            refuse_collisions(inner)
            left.extend(item for item in inner if isinstance(item, (list, tuple, dict, deque)))
