"""What a harmless test may name: built-in functions, modules with what is in them, and attributes.

Nothing here changes, or shows, anything but what a test has made itself. A name that is left out costs time and no
verdict: a test that uses it runs in a process of its own.
"""

from __future__ import annotations

import builtins
import functools
import hashlib
import importlib
import itertools
import math
import re
import types
import unittest
from collections.abc import Iterator

__all__ = [
    "ATTRIBUTES",
    "IF_UNUSED",
    "MODULES",
    "REFUSED_BUILTINS",
    "SPECIAL_METHODS",
    "TEST_CASE",
    "known_attributes",
]

_BUILTINS = (
    "abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict dir divmod enumerate filter"
    " float format frozenset hasattr hash hex id input int isinstance issubclass iter len list map max min next object"
    " oct ord pow print property range repr reversed round set slice sorted staticmethod str sum super tuple zip"
    " True False None NotImplemented Ellipsis"
)
"""Input is empty, output goes nowhere. Not `type`, which makes classes of names that are no names in the text."""

_EXCEPTIONS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException) and value is not MemoryError
)
"""Not MemoryError: tests in one process share its memory."""

REFUSED_BUILTINS = frozenset(dir(builtins)) - _EXCEPTIONS - frozenset(_BUILTINS.split())

_ASSERTIONS = frozenset(
    name
    for name in dir(unittest.TestCase)
    if name.startswith("assert") and name not in ("assertWarns", "assertWarnsRegex", "assertLogs", "assertNoLogs")
)
TEST_CASE = frozenset(
    {"addCleanup", "addTypeEqualityFunc", "failureException", "id", "longMessage", "maxDiff", "shortDescription"}
)
"""Attributes of `self` that a test class inherits, besides those of any object."""

_PLAIN_TYPES = (str, bytes, bytearray, list, tuple, dict, set, frozenset, int, float, complex, range, slice)


def _public(of: object) -> set[str]:
    return {name for name in dir(of) if not name.startswith("_")}


_ATTRIBUTES = (
    # of a test case, of exceptions and of what assertRaises gives
    "fail skipTest subTest args exception exceptions code errno msg message"
    # of deques, counters and ordered dictionaries
    " appendleft extendleft maxlen popleft rotate elements most_common subtract total move_to_end"
    # of members of an enumeration, and of many a class of a test's or a program's own
    " data name value"
    # of matches and patterns
    " group groups groupdict span findall finditer fullmatch match pattern search sub"
    # of dates
    " date day days fromisoformat hour isocalendar isoformat isoweekday microsecond minute month now second seconds"
    " strftime strptime time timestamp today total_seconds weekday year"
    # of numbers, of arrays, of files in memory, of digests, of stand-ins
    " quantize T all any astype dtype flatten item max mean min ndim reshape shape size sum tolist getvalue hexdigest"
    " sha256"
    # of what `pytest.raises` gives
    " type typename"
    # of `numpy.testing`
    " assert_allclose assert_almost_equal assert_array_almost_equal assert_array_equal assert_equal"
)

ATTRIBUTES = (
    frozenset[str]().union(*map(_public, _PLAIN_TYPES)) - {"format", "format_map"}  # a format may name attributes
    | _ASSERTIONS
    | frozenset(_ATTRIBUTES.split())
)
"""Attributes of any object."""

_SPECIAL = (
    "abs add bool call contains enter eq exit float floordiv ge getitem gt hash index init int iter le len lt mod mul"
    " ne neg next radd repr reversed rmul round rsub setitem str sub truediv"
)
SPECIAL_METHODS = frozenset(f"__{name}__" for name in _SPECIAL.split())
"""Methods with a meaning of their own that a test's classes may define."""

_NUMPY = (
    "allclose arange array array_equal asarray bool_ empty eye float32 float64 full inf int32 int64 isclose isinf isnan"
    " linspace nan ndarray ones pi sqrt testing zeros"
)

_RE = (
    "DOTALL I IGNORECASE M MULTILINE S VERBOSE compile error escape findall finditer fullmatch match search split sub"
    " subn"
)
_STRING = (
    "ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits printable punctuation whitespace"
)
_TYPING = (
    "AnyStr Any Callable ClassVar Collection Counter DefaultDict Deque Dict Final FrozenSet Generator Generic Hashable"
    " Iterable Iterator List Literal Mapping NamedTuple NoReturn Optional OrderedDict Pattern Sequence Set Text Tuple"
    " Type TypeVar Union cast"
)

MODULES: dict[str, frozenset[str]] = {
    name: frozenset(content.split())
    for name, content in {
        "__future__": "annotations",
        "abc": "ABC abstractmethod",
        "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
        "cmath": "exp inf isclose isnan nan phase pi polar rect sqrt",
        "collections": "abc ChainMap Counter OrderedDict UserDict UserList UserString defaultdict deque namedtuple",
        "collections.abc": "Callable Generator Hashable Iterable Iterator Mapping Sequence Set",
        "copy": "copy deepcopy",
        "dataclasses": "dataclass field",
        "datetime": "date datetime time timedelta timezone",
        "decimal": "Decimal InvalidOperation ROUND_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP",
        "enum": "Enum IntEnum auto unique",
        "fractions": "Fraction",
        "functools": "cache cmp_to_key lru_cache partial reduce",
        "hashlib": "md5 sha1 sha256",
        "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
        "io": "StringIO BytesIO",
        "itertools": " ".join(_public(itertools)),
        "json": "JSONDecodeError dumps loads",
        "math": " ".join(_public(math)),
        "numbers": "Complex Integral Number Rational Real",
        "numpy": _NUMPY,
        "operator": "add eq ge gt itemgetter le lt mod mul ne neg sub truediv",
        "pytest": "approx fail param raises skip",
        "random": "Random choice choices randint random randrange sample seed shuffle uniform",
        "re": _RE,
        "statistics": "StatisticsError mean median mode pstdev pvariance stdev variance",
        "string": _STRING,
        "sys": "byteorder float_info maxsize maxunicode version_info",
        "textwrap": "dedent fill indent shorten wrap",
        "time": "monotonic perf_counter process_time sleep time",
        "typing": _TYPING,
        "unittest": "TestCase expectedFailure skip skipIf skipUnless SkipTest",
    }.items()
}
"""What may be used of each module."""

_IF_UNUSED = (
    "argparse array ast asyncio base64 builtins calendar contextlib csv gc glob importlib inspect logging os os.path"
    " pathlib pickle platform pprint queue secrets shutil signal subprocess tempfile threading timeit traceback types"
    " unittest.mock uuid warnings weakref"
)
IF_UNUSED = frozenset(_IF_UNUSED.split())
"""Modules that may be imported by a test that makes no use of them."""

_INSIDE = (
    *(types.AsyncGeneratorType, types.CellType, types.CodeType, types.CoroutineType, types.FrameType),
    *(types.FunctionType, types.GeneratorType, types.MethodType, types.ModuleType, types.TracebackType),
    *(unittest.TestCase, unittest.TestResult, unittest.TestSuite),
)
"""What a test could get hold of by what it is given, or by attributes that are not listed."""


@functools.cache
def known_attributes() -> frozenset[str]:
    """Return the attributes of all that a test can reach; another one is the program's or its own, or an error."""
    found = (name for thing in (*_INSIDE, *_reachable()) for name in (*dir(thing), *dir(type(thing))))
    return frozenset(found) | {"mock"}  # of unittest, once another test has imported it


def _reachable() -> Iterator[object]:
    yield from (getattr(builtins, name) for name in dir(builtins))
    yield from ({}.keys(), {}.values(), {}.items(), re.compile(""), re.match("", ""), hashlib.sha256())
    for name, content in MODULES.items():
        if name == "pytest":  # a test that does not import it has nothing of it
            continue
        try:
            module = importlib.import_module(name)
        except ImportError:  # numpy is not installed, so that no test can reach it
            continue
        yield module
        yield from (getattr(module, part) for part in content if hasattr(module, part))
