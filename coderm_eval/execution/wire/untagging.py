"""What each tag makes of its content: plain data, whatever the content is, and no more than there is room for."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from coderm_eval.execution.wire.hash_collisions import FEW, refuse_collisions

__all__ = ["MOST_FIELDS", "TYPES", "UNTAGGERS", "EndlessError", "Opaque"]

TYPES = {kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)}
_MOST_DIGITS = 1_000_000
"""Hexadecimal digits of an integer."""
_MOST_DIGITS_OF_FRACTION = 20_000
"""They are made anew in lowest terms, which takes the square of that."""
MOST_FIELDS = 100
"""Of a named tuple."""
_MOST_NAMED_TUPLES = 100
"""Classes of named tuples that are kept: to make one takes a millisecond."""
_MOST_EXPONENT = 1_000_000
"""Of a Decimal: as an integer, it has that many digits."""


class Opaque:
    """Something that could not be sent; only its type's name is known."""

    def __init__(self, type_name: str) -> None:
        self._type_name = type_name

    def __repr__(self) -> str:
        return f"<{self._type_name}>"


class EndlessError(BaseException):
    """Ends a test that reads more of an iterator than was sent; no test expects it."""


def _list(content: Any) -> list[Any]:
    if type(content) is not list:
        raise TypeError("no list")
    return content


def _dict(content: Any) -> dict[Any, Any]:
    pairs = _list(content)
    if len(pairs) > FEW:
        refuse_collisions([key for key, _ in pairs])
    return dict(pairs)


def _keys(content: Any) -> list[Any]:
    """Return the items of a set."""
    refuse_collisions(_list(content))
    return list(content)


def _integer(content: Any, most: int = _MOST_DIGITS) -> int:
    if len(content) > most:
        raise ValueError("an integer of too many digits")
    return int(content, 16)


def _fraction(content: Any) -> fractions.Fraction:
    numerator, denominator = (_integer(part, _MOST_DIGITS_OF_FRACTION) for part in content)
    return fractions.Fraction(numerator, denominator)


def _decimal(content: Any) -> decimal.Decimal:
    value = decimal.Decimal(content)
    if value.is_finite() and abs(value.adjusted()) > _MOST_EXPONENT:
        raise ValueError("a Decimal of too many digits")
    return value


def _iterator(content: Any) -> Iterator[Any]:
    return (item for item in _list(content))


def _endless(content: Any) -> Iterator[Any]:
    return (item for items in (_list(content), _unsent()) for item in items)


def _unsent() -> Iterator[Any]:
    raise EndlessError("only the first items of an iterator are known")
    yield


def _numpy(content: Any) -> Any:
    import numpy

    kind, shape, data, is_scalar = content
    if type(kind) is not str:
        raise TypeError("no type of numpy's")
    array = numpy.frombuffer(bytes.fromhex(data), dtype=kind).reshape(shape).copy()
    return array[()] if is_scalar else array


@functools.lru_cache(_MOST_NAMED_TUPLES)
def _named_tuple(name: str, fields: tuple[str, ...]) -> Any:
    if len(fields) > MOST_FIELDS:
        raise ValueError("too many fields")
    return collections.namedtuple(name, fields)


UNTAGGERS: Mapping[str, Callable[[Any], Any]] = {
    "int": _integer,
    "str": lambda content: "".join(map(chr, _list(content))),
    "tuple": lambda content: tuple(_list(content)),
    "namedtuple": lambda content: _named_tuple(content[0], tuple(_list(content[1])))(*_list(content[2])),
    "set": lambda content: set(_keys(content)),
    "frozenset": lambda content: frozenset(_keys(content)),
    "dict": _dict,
    "OrderedDict": lambda content: collections.OrderedDict(_dict(content)),
    "Counter": lambda content: collections.Counter(_dict(content)),
    "defaultdict": lambda content: collections.defaultdict(None, _dict(content)),
    "deque": lambda content: collections.deque(_list(content[0]), content[1]),
    "UserList": lambda content: collections.UserList(_list(content)),
    "UserDict": lambda content: collections.UserDict(content),
    "UserString": lambda content: collections.UserString(content),
    "dict_keys": lambda content: dict.fromkeys(_keys(content)).keys(),
    "dict_values": lambda content: dict(enumerate(_list(content))).values(),
    "dict_items": lambda content: _dict(content).items(),
    "complex": lambda content: complex(*content),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "range": lambda content: range(*content),
    "slice": lambda content: slice(*_list(content)),
    "Decimal": _decimal,
    "Fraction": _fraction,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": lambda content: datetime.timedelta(*content),
    "iterator": _iterator,
    "endless": _endless,
    "type": lambda content: TYPES[content],
    "numpy": _numpy,
    "opaque": Opaque,
}
