"""Plain data as text: what is sent comes back with its very type, and no text makes anything else."""

from __future__ import annotations

import enum
import itertools
import json
import math
import re
from collections import Counter, OrderedDict, UserDict, UserList, UserString, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.execution.wire.encoding import Opaque, UnreadableError, decode, encode, is_immutable
from coderm_eval.execution.wire.untagging import EndlessError

BUILT_IN_TYPES = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
VIEWS: tuple[Any, ...] = (type({}.keys()), type({}.values()), type({}.items()))


def _exact(value: Any) -> Any:
    """Something hashable that is equal for two values only if they agree in everything, their types included."""
    kind = type(value)
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return kind, value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return kind, tuple((_exact(key), _exact(item)) for key, item in value.items())
    if isinstance(value, (set, frozenset)):
        return kind, frozenset(map(_exact, value))
    if isinstance(value, UserDict):
        return kind, _exact(value.data)
    if isinstance(value, (list, tuple, deque, UserList, *VIEWS)):
        items: Any = value
        return kind, getattr(items, "maxlen", None), tuple(_exact(item) for item in items)
    if isinstance(value, int):
        return kind, hex(value)
    return kind, value.hex() if isinstance(value, float) else repr(value)


def _has_no_surrogate_pair(text: str) -> bool:
    return not re.search("[\ud800-\udbff][\udc00-\udfff]", text)


texts = st.text(st.characters()).filter(_has_no_surrogate_pair)
ints = st.integers() | st.builds(
    lambda bits, sign: sign * (1 << bits), st.integers(0, 20_000), st.sampled_from([1, -1])
)
keys = st.recursive(
    st.none() | st.booleans() | ints | st.floats(allow_nan=False) | texts | st.binary(),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4),
    max_leaves=6,
)
plain_data = st.recursive(
    keys | st.floats() | st.sets(keys, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain_data)
def test_plain_data_comes_back_with_its_exact_types(value: Any) -> None:
    assert _exact(decode(encode(value))) == _exact(value)


@given(plain_data)
def test_the_text_is_one_line_of_ascii(value: Any) -> None:
    text = encode(value)
    assert text.isascii() and text.isprintable()


LIBRARY_DATA: list[Any] = [
    *(Counter("abracadabra"), OrderedDict([("b", [1]), ("a", {2})]), deque([1, [2]]), deque([1, 2, 3], maxlen=2)),
    *(UserList([1, (2,)]), UserDict({"a": [1]}), UserString("ebb")),
    *({"a": 1, (2,): 3}.keys(), {"a": 1, "b": 1, "c": [2]}.values(), {"a": [1], "b": {2}}.items()),
    *(Decimal("1.10"), Decimal("-3E+5000"), Decimal("7" * 5_000), Decimal("NaN"), Decimal("-Infinity")),
    *(Fraction(-2, 3), complex(-0.0, math.inf), complex(math.nan, 1), bytearray(b"\x00\xff")),
    *(range(10, -10, -3), range(10**50, -(10**60), -(10**20)), *BUILT_IN_TYPES),
    *(date(2024, 2, 29), datetime(2024, 2, 29, 12, 30, 1, 5), time(23, 59, 59, 1)),
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc),
    *(time(1, tzinfo=timezone(timedelta(seconds=61))), timedelta(days=-999_999_999, microseconds=1)),
    *(numpy.arange(6).reshape(2, 3), numpy.array([0.0, -0.0, math.inf, math.nan]), numpy.array([True, False])),
    *(numpy.array([1 + 2j]), numpy.array(["", "abc", "\ud800"]), numpy.array([b"a", b"bcd"]), numpy.array(7)),
    *(numpy.array([1, 258], dtype=">u2"), numpy.asfortranarray(numpy.arange(6, dtype="i1").reshape(2, 3))),
    *(numpy.arange(9)[::-2], numpy.zeros((0, 3)), numpy.int64(-7), numpy.uint8(255), numpy.float32(0.1)),
    *(numpy.bool_(True), numpy.complex128(1j), numpy.float64(1.5), numpy.str_("mud"), numpy.bytes_(b"mud")),
]


@pytest.mark.parametrize("value", LIBRARY_DATA, ids=lambda value: ascii(value)[:60])
def test_data_of_the_library_and_of_numpy_comes_back(value: Any) -> None:
    for sent in (value, [value], {"deep": (value,)}):
        assert _exact(decode(encode(sent))) == _exact(sent)


def test_a_fraction_of_many_digits_comes_back() -> None:
    """Python refuses to show it in decimal."""
    assert decode(encode(Fraction(10**5_000, 3))) == Fraction(10**5_000, 3)


def test_an_array_that_came_back_can_be_written_to() -> None:
    array = decode(encode(numpy.zeros(2)))
    array[0] = 1
    assert array.tolist() == [1, 0]


def test_a_defaultdict_comes_back_without_what_makes_its_defaults() -> None:
    """That is code."""
    came = decode(encode(defaultdict(list, a=[1])))
    assert type(came) is defaultdict and came == {"a": [1]} and came.default_factory is None


ITERATORS: list[tuple[str, Callable[[], Iterator[Any]]]] = [
    ("generator", lambda: (n for n in [1, [2]])),
    ("map", lambda: map(list, [(), (1,)])),
    ("zip", lambda: zip("ab", [1, 2], strict=True)),
    ("empty", lambda: iter(())),
    ("10,000 items", lambda: iter(range(10_000))),
]


@pytest.mark.parametrize(("name", "make"), ITERATORS)
def test_an_iterator_comes_back_as_one_that_yields_the_same_once(name: str, make: Callable[[], Iterator[Any]]) -> None:
    came = decode(encode(make()))
    assert isinstance(came, Iterator)
    assert _exact(list(came)) == _exact(list(make()))
    assert list(came) == []


@pytest.mark.parametrize("endless", [itertools.count, lambda: iter(int, 1), lambda: iter(range(10_001))])
def test_of_an_endless_iterator_the_first_items_come_back(endless: Callable[[], Iterator[Any]]) -> None:
    came = decode(encode(endless()))
    assert list(itertools.islice(came, 1_000)) == list(itertools.islice(endless(), 1_000))
    with pytest.raises(EndlessError):
        next(came)


def _lie(*_: object, **__: object) -> Any:
    return 42


def _break(*_: object, **__: object) -> Any:
    raise ZeroDivisionError


_OVERRIDDEN = (
    *("__eq__", "__ne__", "__lt__", "__bool__", "__len__", "__iter__", "__contains__", "__getitem__", "__reversed__"),
    *("__int__", "__index__", "__float__", "__str__", "__repr__", "__format__", "__reduce_ex__", "__getattribute__"),
    *("keys", "values", "items", "get", "copy", "encode", "hex", "__class__", "__dict__", "__reduce__", "__add__"),
)

EXTENDED: list[Any] = [
    *(7, 1 << 70, 1.5, "caulk", [1, 2], (1, [2]), {"a": 1}, {1, 2}, frozenset({3})),
    *([], (), {}, "", 0, -0.0),
]
"""What a subclass may hold."""


def _extended(value: Any, methods: dict[str, Any]) -> Any:
    return type("Liar", (type(value),), {**methods, "__hash__": type(value).__hash__})(value)


@pytest.mark.parametrize("value", EXTENDED, ids=repr)
@pytest.mark.parametrize("method", [_lie, _break])
def test_a_subclass_comes_back_as_what_it_extends_whatever_it_overrides(
    value: Any, method: Callable[..., object]
) -> None:
    overrides: list[dict[str, Any]] = [{}, dict.fromkeys(_OVERRIDDEN, method)]
    for methods in [*overrides, *({name: method} for name in _OVERRIDDEN)]:
        liar = _extended(value, methods)
        assert type(liar) is not type(value)
        assert _exact(decode(encode([liar]))) == _exact([value])


Depth = enum.IntEnum("Depth", {"FATHOM": 6})
Mark = enum.Enum("Mark", {"RED": "red"}, type=str)
Sounding = namedtuple("Sounding", ["metres", "ground"])
Renamed: Any = namedtuple("Renamed", ["metres", "class"], rename=True)

NAMED: list[tuple[Any, Any]] = [
    (Depth(6), 6),
    (Mark("red"), "red"),
    (Renamed(1, 2), (1, 2)),
    (type("Short", (tuple,), {"_fields": ("a",)})((1, 2)), (1, 2)),
    (type("Twice", (tuple,), {"_fields": ("a", "a")})((1, 2)), (1, 2)),
    (type("Numbers", (tuple,), {"_fields": (1, 2)})((1, 2)), (1, 2)),
    (type("No name", (tuple,), {"_fields": ("a", "b")})((1, 2)), (1, 2)),
]


@pytest.mark.parametrize(("value", "plain"), NAMED, ids=repr)
def test_a_type_made_of_plain_data_comes_back_as_that(value: Any, plain: Any) -> None:
    assert _exact(decode(encode(value))) == _exact(plain)


@pytest.mark.parametrize("value", [Sounding(3, ["mud"]), [Sounding(6, {"red": Sounding(1, 2)})]], ids=repr)
def test_a_named_tuple_comes_back_with_its_names(value: Any) -> None:
    back = decode(encode(value))
    assert back == value and repr(back) == repr(value)
    assert type(decode(encode(value))) is type(back)


FORGED = [
    '["a", ["b c"], [1]]',
    '["a", ["_b"], [1]]',
    '["a", ["b"], [1, 2]]',
    '["a", [1], [1]]',
    '["a(", ["b"], [1]]',
    "7",
]


@pytest.mark.parametrize("content", [*FORGED, json.dumps(["a", [f"b{n}" for n in range(101)], list(range(101))])])
def test_a_forged_named_tuple_cannot_be_read(content: str) -> None:
    with pytest.raises(UnreadableError):
        decode(f'{{"namedtuple": {content}}}')


@pytest.mark.parametrize("value", [slice(1, 2), slice(None), slice(None, None, -1)], ids=repr)
def test_a_slice_comes_back(value: slice) -> None:
    assert decode(encode(value)) == value


class Agreeable:
    """Equal to everything, and whatever it is asked."""

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = lambda *_: True

    def __hash__(self) -> int:
        return 1


class Sail(enum.Enum):
    JIB = 1


OBJECTS: list[Any] = [
    *(Agreeable(), object(), _lie, len, [].append, Agreeable, memoryview, object, ValueError("x"), ValueError, json),
    *(..., NotImplemented, Sail.JIB, re.compile("x"), compile("1", "<test>", "eval")),
    *(numpy.array([Agreeable()], dtype=object), numpy.zeros(1, dtype=[("f", "i4")])),
]


@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: type(value).__name__)
def test_everything_else_is_opaque_and_equals_nothing_but_itself(value: Any) -> None:
    came, deep = decode(encode(value)), decode(encode([{"a": (value,)}]))[0]["a"][0]
    for opaque in (came, deep):
        assert type(opaque) is Opaque
        assert opaque == opaque
        others: tuple[Any, ...] = (None, True, 1, "", [], repr(opaque))
        assert not any(opaque == other for other in others)
    assert came != deep and came != decode(encode(value))


def test_what_is_opaque_shows_the_name_of_its_type_and_no_more() -> None:
    assert repr(decode(encode(Agreeable()))) == "<Agreeable>"


def test_data_that_contains_itself_is_refused() -> None:
    lists: list[Any] = []
    lists.extend([lists, lists])
    mapping: dict[str, Any] = {}
    mapping["a"] = deque([(mapping,)])
    for endless in (lists, mapping):
        with pytest.raises(RecursionError):
            encode(endless)


def test_only_what_nobody_can_change_is_immutable() -> None:
    assert is_immutable([None, True, 1, 1 << 99, 0.5, "a", b"a", 1j, range(3)])
    changeable: tuple[Any, ...] = ([], {}, set(), deque(), bytearray(), ([],), Depth(6), Agreeable())
    for value in changeable:
        assert not is_immutable([1, value])


# Texts that `encode` did not make

_MALFORMED = """
    | {"tuple":"abc"} | {"tuple":{"opaque":1}} | {"set":"aab"} | {"deque":["ab",0]} | {"iterator":5}
    | {"iterator":[{"nosuch":1}]} | {"dict_keys":{"range":[0,9,1]}} | {"dict_values":"ab"} | {"dict_items":5}
    | nope | { | [1 | [1,] | 'a' | undefined | 1 2 | {"tuple":[1]} x | "\\ud8" | {} | {"tuple":[],"list":[]}
    | {"list":[]} | {"object":[]} | {"eval":"1"} | {"__import__":"os"} | {"":1} | {"a":1} | {"py/object":"os.system"}
    | {"int":5} | {"int":"x"} | {"int":null} | {"int":""} | {"float":"1"} | {"str":"a"}
    | {"tuple":5} | {"tuple":null} | {"tuple":[{"nope":1}]} | {"set":[[]]} | {"set":[{"dict":[]}]} | {"frozenset":7}
    | {"dict":{"a":1}} | {"dict":[1]} | {"dict":[[1]]} | {"dict":[[1,2,3]]} | {"dict":[[[],1]]} | {"dict":null}
    | {"Counter":[1]} | {"OrderedDict":1} | {"defaultdict":["list"]} | {"defaultdict":{"tuple":[]}}
    | {"deque":[]} | {"deque":[[1],-1]} | {"deque":[[1],"x"]} | {"deque":[5,null]} | {"deque":null}
    | {"dict_keys":[[]]} | {"dict_keys":1} | {"dict_values":1} | {"dict_items":[1]} | {"dict_items":[[1]]}
    | {"complex":["a"]} | {"complex":[1,2,3]} | {"complex":[[]]} | {"complex":1} | {"complex":["1j",2]}
    | {"bytes":"xy"} | {"bytes":"abc"} | {"bytes":[1]} | {"bytes":99999999999} | {"bytearray":null} | {"bytearray":5}
    | {"range":[]} | {"range":[1.5]} | {"range":[1,2,0]} | {"range":["1"]} | {"range":5}
    | {"Decimal":"x"} | {"Decimal":{}} | {"Decimal":[1]} | {"Fraction":["1","0"]} | {"Fraction":["1"]} | {"Fraction":1}
    | {"date":"x"} | {"date":5} | {"datetime":""} | {"datetime":"2024-13-01"} | {"time":"25:00"} | {"time":null}
    | {"timedelta":[1e300]} | {"timedelta":[NaN]} | {"timedelta":["1"]} | {"timedelta":[999999999999]}
    | {"type":"type"} | {"type":"object"} | {"type":"eval"} | {"type":"Opaque"} | {"type":"memoryview"} | {"type":[]}
    | {"type":"NoneType"} | {"type":"os.system"} | {"type":"__import__"} | {"type":{"type":"int"}} | {"type":null}
    | {"numpy":[]} | {"numpy":["O",[1],"0000000000000000",false]} | {"numpy":["<i4",[2],"00000000",false]}
    | {"numpy":["<i4",[1],"000000",false]} | {"numpy":["nope",[1],"00",false]} | {"numpy":"<i4"} | {"numpy":null}
    | {"numpy":[{"names":["a"],"formats":["O"]},[1],"0000000000000000",true]} | {"numpy":[null,[1],"0",false]}
    | {"numpy":["<i4",[-1,-1],"00000000",false]} | {"numpy":["O,i4",[1],"000000000000000000000000",false]}
"""
MALFORMED: list[str] = [
    *(text.strip() for text in re.split(r"\|", _MALFORMED)),
    "[" * 100_000 + "]" * 100_000,
    '{"tuple":[' * 5_000 + "]}" * 5_000,
    "9" * 10_000,
    "-" + "9" * 10_000,
    "[1]\0",
    "\ufeff[1]",
    "\ud800",
    'c__builtin__\neval\n(V__import__("os")\ntR.',
]

HOSTILE: list[str] = [
    *('"eval(1)"', '["__reduce__", "os.system"]', "NaN", "[Infinity, -Infinity]", "1e999", '{"opaque":{"tuple":[1]}}'),
    *(
        '{"type":"dict"}',
        '{"opaque":"int"}',
        '{"opaque":null}',
        '{"iterator":["a", {"type":"str"}]}',
    ),
    *('{"dict":[[{"opaque":"A"},{"opaque":"B"}]]}', '{"int":"-0x1"}'),
    *('{"Decimal":"sNaN"}', '{"Decimal":true}', '{"Decimal":"1e999999"}', '{"range":[0,1000000000000000000000]}'),
    *('{"defaultdict":[["default_factory",{"type":"list"}]]}', '{"dict_items":["ab","cd"]}'),
    *('{"OrderedDict":["ab"]}', '{"bytes":"  00 "}', '{"complex":["1e999j"]}', '{"Fraction":["-0xff","1_0"]}'),
]
"""None of it is what `encode` makes of anything, or worth making, but reading it does no harm."""

_HARMLESS = (
    *(type(None), int, float, complex, str, bytes, bytearray, range, Decimal, Fraction, date, time, timedelta, Opaque),
    *(numpy.ndarray, numpy.generic),
)
_HARMLESS_CONTAINERS: Any = (list, tuple, set, frozenset, deque, UserList, Iterator, *VIEWS)


def _is_harmless(value: Any) -> bool:
    """Whether there is nothing in it but data and built-in types."""
    if isinstance(value, type):
        return value in BUILT_IN_TYPES
    if isinstance(value, defaultdict) and value.default_factory is not None:
        return False
    if isinstance(value, UserString):
        return _is_harmless(value.data)
    if isinstance(value, (dict, UserDict)):
        return all(_is_harmless(item) for pair in value.items() for item in pair)
    if isinstance(value, _HARMLESS_CONTAINERS):
        items: Any = value
        return not callable(items) and all(map(_is_harmless, items))
    return isinstance(value, _HARMLESS) and not callable(value)


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
def test_text_that_stands_for_nothing_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        decode(text)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_strange_text_makes_plain_data_at_the_most(text: str) -> None:
    assert _is_harmless(decode(text))


_TAGS = (
    *("int", "tuple", "set", "frozenset", "dict", "OrderedDict", "Counter", "defaultdict", "deque", "dict_keys"),
    *("UserList", "UserDict", "UserString"),
    *("dict_values", "dict_items", "complex", "bytes", "bytearray", "Decimal", "Fraction", "datetime", "date", "time"),
    *("timedelta", "type", "numpy", "opaque", "list", "object", "eval"),
)
_json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-99, 99)
    | st.floats()
    | st.sampled_from(["int", "eval", "<i4", "0x1", "00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_TAGS), inner, min_size=1, max_size=1),
    max_leaves=8,
)


@given(_json_values)
def test_any_json_is_unreadable_or_makes_plain_data_at_the_most(value: Any) -> None:
    try:
        came = decode(json.dumps(value))
    except UnreadableError:
        return
    assert _is_harmless(came)


@given(st.text())
def test_any_text_is_unreadable_or_makes_plain_data_at_the_most(text: str) -> None:
    try:
        came = decode(text)
    except UnreadableError:
        return
    assert _is_harmless(came)
