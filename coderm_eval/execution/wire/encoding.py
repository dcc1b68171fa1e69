"""Plain data as text: what may pass between a program and a test.

It is JSON, in which an object has one key, the name of a type that JSON lacks: {"tuple": [1, 2]}. Decoding makes
nothing but plain data, whatever the text says, so that no object which claims to equal everything, no class and no code
reaches a test. An instance of a program's own class arrives as the plain data that it extends (a subclass of str as the
str that it holds), or as an `Opaque`, which equals nothing but itself. Two codecs may know more: what stands for it.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import json
import keyword
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from json.encoder import encode_basestring_ascii
from typing import Any

from coderm_eval.execution.wire.hash_collisions import refuse_collisions_within
from coderm_eval.execution.wire.untagging import MOST_FIELDS, TYPES, UNTAGGERS, Opaque

__all__ = ["Codec", "Opaque", "UnreadableError", "decode", "encode", "is_immutable"]

MOST_ITEMS = 10_000
"""Items of an iterator, which is sent as what it yields."""
_FIRST_ITEMS = 1_000
"""Items that are sent of a longer one, which may have no end."""

_LARGE = 1 << 63
"""Integers from here on are hexadecimal: Python refuses decimal numbers of more than 4,300 digits."""
_LARGE_TEXT = 20_000
"""Characters from which on a text may hold so many values of one hash that it takes seconds to make a set of them."""
_ATOMS = frozenset({type(None), bool, float, str})
_NUMBERS = frozenset({bool, int})
_NO_INTEGERS = frozenset({bool, float, type(None)})
_IMMUTABLE = _ATOMS | {int, bytes, complex, range}
_NUMPY_KINDS = frozenset("biufcSU")
"""Booleans, numbers and text: no objects."""


class UnreadableError(ValueError):
    """The text does not encode plain data."""


class Codec:
    """Writes plain data as text, and reads it.

    Args:
        tag: returns what is written, as JSON, in place of an object that is no plain data.
        more: by tag, what makes an object of the content of a tag, for tags that plain data does not have or reads
            otherwise.
    """

    def __init__(
        self,
        tag: Callable[[Any], Any] = lambda value: {"opaque": type(value).__name__},
        more: Mapping[str, Callable[[Any], Any]] = {},
    ) -> None:
        self._write = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=tag).encode
        self._more = more  # no copy of both: every process of a program would write to the pages of each entry
        # Each NaN is a new object: inside a list, one and the same NaN would equal itself.
        self._read = json.JSONDecoder(parse_constant=float, object_hook=self._untagged).raw_decode

    def encode(self, value: object) -> str:
        """Return `value` as text. What is not plain data is sent as `tag` says, by itself or inside other data."""
        return _atom(value) or self._write(_tagged(value))

    def decode(self, text: str) -> Any:
        """Return what `encode` was given, as nearly as plain data can be it.

        Raises:
            UnreadableError: the text was not made by `encode`.
        """
        try:
            value, end = self._read(text)
            if end != len(text):
                raise ValueError("more than one value")
            if len(text) > _LARGE_TEXT:
                refuse_collisions_within(value)
            return value
        except Exception as error:
            raise UnreadableError(text[:60]) from error

    def _untagged(self, value: dict[str, Any]) -> Any:
        [(tag, content)] = value.items()
        untagger = self._more.get(tag) or UNTAGGERS[tag]
        return untagger(content)


def is_immutable(values: Iterable[object]) -> bool:
    """Return whether none of the values can be changed by a function that is given it."""
    return all(type(value) in _IMMUTABLE for value in values)


def _atom(value: Any) -> str:
    """Return the text of a value that most functions return, in a fifth of the encoder's time; "" for another one."""
    kind = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int and -_LARGE < value < _LARGE:
        return int.__repr__(value)
    return encode_basestring_ascii(value) if kind is str and value.isascii() else ""


def _tagged(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() or _is_text(value) else {"str": [ord(character) for character in value]}
    if kind in _ATOMS:
        return value
    if kind is int:
        return value if -_LARGE < value < _LARGE else {"int": hex(value)}
    if kind is list:
        return _items(value)
    tagger = _TAGGERS.get(kind)
    if tagger:
        return {kind.__name__: tagger(value)}
    return _tagged_other(value, kind)


def _is_text(value: str) -> bool:
    """Return whether JSON gives the text back as it was: two surrogates would come back as one character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tagged_other(value: Any, kind: type) -> Any:
    """Tag a value whose type is none of those that are sent as themselves."""
    numpy = sys.modules.get("numpy")  # first: numpy.float64 is a float
    if numpy and issubclass(kind, (numpy.ndarray, numpy.generic)) and value.dtype.kind in _NUMPY_KINDS:
        return {"numpy": [value.dtype.str, list(value.shape), value.tobytes().hex(), issubclass(kind, numpy.generic)]}
    if issubclass(kind, tuple) and (fields := _fields(kind)) and len(fields) == tuple.__len__(value):
        return {"namedtuple": [kind.__name__, fields, _items(tuple.__iter__(value))]}
    for base, content in _CONTENT.items():
        if issubclass(kind, base):
            return _tagged(content(value))
    if isinstance(value, Iterator):
        items = list(islice(value, MOST_ITEMS + 1))
        if len(items) > MOST_ITEMS:
            return {"endless": _items(items[:_FIRST_ITEMS])}
        return {"iterator": _items(items)}
    if isinstance(value, type) and any(value is known for known in TYPES.values()):
        return {"type": value.__name__}
    return value


def _fields(kind: type) -> list[str]:
    """Return the names of a named tuple's fields; none where it could not be made anew from them."""
    fields = getattr(kind, "_fields", None)
    names = [kind.__name__, *fields] if type(fields) is tuple and all(type(field) is str for field in fields) else []
    return names[1:] if all(map(_is_name, names)) and len(set(names[1:])) == len(names[1:]) <= MOST_FIELDS else []


def _is_name(text: str) -> bool:
    return text.isidentifier() and text.isascii() and text[0] != "_" and not keyword.iskeyword(text)


def _items(value: Iterable[Any]) -> list[Any]:
    items = list(value)
    return items if _are_untagged(items) else list(map(_tagged, items))


def _are_untagged(items: list[Any]) -> bool:
    """Return whether all items are sent as they are, as far as that takes a tenth of the time of tagging each."""
    kinds = set(map(type, items))
    if kinds <= _NUMBERS:
        return not items or (min(items) > -_LARGE and max(items) < _LARGE)
    return kinds <= _NO_INTEGERS or (kinds == {str} and "".join(items).isascii())


def _pairs(value: dict[Any, Any]) -> list[Any]:
    return [[_tagged(key), _tagged(item)] for key, item in value.items()]


_CONTENT: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    dict: lambda value: dict(dict.items(value)),
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
}
"""The plain data in an instance of a subclass, whatever methods it overrides."""

_TAGGERS: dict[type, Callable[[Any], Any]] = {
    tuple: _items,
    set: _items,
    frozenset: _items,
    dict: _pairs,
    collections.OrderedDict: _pairs,
    collections.Counter: _pairs,
    collections.defaultdict: _pairs,
    collections.deque: lambda value: [_items(value), value.maxlen],
    collections.UserList: lambda value: _items(value.data),
    collections.UserDict: lambda value: _tagged(value.data),
    collections.UserString: lambda value: _tagged(value.data),
    type({}.keys()): _items,
    type({}.values()): _items,
    type({}.items()): _items,
    complex: lambda value: [value.real, value.imag],
    bytes: bytes.hex,
    bytearray: bytearray.hex,
    range: lambda value: [value.start, value.stop, value.step],
    slice: lambda value: _items((value.start, value.stop, value.step)),
    decimal.Decimal: str,
    fractions.Fraction: lambda value: [hex(value.numerator), hex(value.denominator)],
    datetime.datetime: datetime.datetime.isoformat,
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    datetime.timedelta: lambda value: [value.days, value.seconds, value.microseconds],
}
"""By type: the content of what is sent under the name of its type."""


_PLAIN = Codec()
encode = _PLAIN.encode
decode = _PLAIN.decode
