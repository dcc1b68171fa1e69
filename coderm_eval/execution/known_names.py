"""Names of Python and its library of which it is known what they can do. What is not listed is not trusted.

A name that is missing here costs time, since its program is run without shortcuts, and changes no verdict.
"""

from __future__ import annotations

import array
import builtins
import collections
import datetime
import decimal
import fractions
import functools
import re
import types
from collections.abc import Mapping

__all__ = [
    *("BLIND_BUILTINS", "BLIND_MEMBERS", "HARMLESS_DUNDERS", "PURE_ATTRIBUTES", "PURE_BUILTINS", "PURE_MEMBERS"),
    *("REVEALING_ATTRIBUTES", "SPECIAL_METHODS", "STREAM_ATTRIBUTES", "STREAM_BUILTINS", "STREAM_MEMBERS"),
]


def _words(text: str, form: str = "{}") -> frozenset[str]:
    return frozenset(form.format(word) for word in text.split())


def _members(lists: Mapping[str, str]) -> dict[str, frozenset[str]]:
    return {module: _words(names) for module, names in lists.items()}


PURE_MEMBERS = _members(
    {
        "__future__": "absolute_import annotations division generator_stop print_function unicode_literals",
        "abc": "ABC abstractmethod",
        "array": "array",
        "base64": "b16decode b16encode b32decode b32encode b64decode b64encode urlsafe_b64decode urlsafe_b64encode",
        "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
        "calendar": "isleap leapdays monthrange weekday",
        "cmath": "acos asin atan cos e exp inf isclose isfinite isinf isnan log log10 nan phase pi polar rect sin sqrt "
        "tan",
        "collections": "ChainMap Counter OrderedDict UserDict UserList UserString defaultdict deque namedtuple",
        "collections.abc": "Callable Collection Container Generator Hashable Iterable Iterator Mapping MutableMapping "
        "MutableSequence MutableSet Reversible Sequence Set Sized",
        "copy": "copy deepcopy",
        "dataclasses": "asdict astuple dataclass field fields is_dataclass replace",
        "datetime": "MAXYEAR MINYEAR date datetime time timedelta timezone",
        "decimal": "Decimal InvalidOperation ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN "
        "ROUND_HALF_UP ROUND_UP",
        "enum": "Enum Flag IntEnum IntFlag auto unique",
        "fractions": "Fraction",
        "functools": "cache cached_property cmp_to_key lru_cache partial reduce total_ordering",
        "hashlib": "blake2b blake2s md5 new sha1 sha224 sha256 sha384 sha512",
        "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
        "itertools": "accumulate batched chain combinations combinations_with_replacement compress count cycle "
        "dropwhile "
        "filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest",
        "json": "JSONDecodeError dumps loads",
        "math": "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp "
        "exp2 expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan "
        "isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder "
        "sin sinh sqrt sumprod tan tanh tau trunc ulp",
        "numbers": "Complex Integral Number Rational Real",
        "operator": "abs add and_ concat contains countOf delitem eq floordiv ge getitem gt iadd imul index "
        "indexOf inv "
        "invert is_ is_not isub itemgetter le lshift lt matmul mod mul ne neg not_ or_ pos pow rshift setitem "
        "sub truediv truth xor",
        "re": "A ASCII DOTALL I IGNORECASE M MULTILINE Match Pattern S U UNICODE VERBOSE X compile error escape "
        "findall finditer fullmatch match search split sub subn",
        "statistics": "StatisticsError fmean geometric_mean harmonic_mean mean median median_high median_low "
        "mode multimode "
        "pstdev pvariance quantiles stdev variance",
        "string": "ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits printable "
        "punctuation whitespace",
        "sys": "float_info maxsize set_int_max_str_digits setrecursionlimit version_info",
        "textwrap": "dedent fill indent shorten wrap",
        "typing": "AbstractSet Any AnyStr Callable ClassVar Collection Counter DefaultDict Deque Dict Final FrozenSet "
        "Generator Generic Hashable Iterable Iterator List Literal Mapping MutableMapping MutableSequence "
        "MutableSet NamedTuple NewType NoReturn Optional OrderedDict Pattern Protocol Sequence Set Sized Text "
        "Tuple Type TypeVar TypedDict Union cast overload",
        "unicodedata": "bidirectional category combining decimal digit lookup mirrored name normalize numeric",
    }
)
"""What keeps nothing that a later call could see.

A program that sets its own limits in `sys` is alone in its process. Decimal without decimal's contexts keeps no state.
"""

BLIND_MEMBERS = _members(
    {
        "collections.abc": "Awaitable Coroutine",
        "contextlib": "contextmanager nullcontext redirect_stderr redirect_stdout suppress",
        "decimal": "Context getcontext localcontext setcontext",
        "functools": "update_wrapper wraps",
        "io": "BytesIO StringIO TextIOWrapper",
        "queue": "LifoQueue PriorityQueue Queue SimpleQueue",
        "random": "Random choice choices gauss getrandbits getstate normalvariate randint random randrange sample seed "
        "setstate shuffle triangular uniform",
        "sys": "argv byteorder exit getrecursionlimit intern stderr stdin stdout",
        "threading": "Barrier Condition Event Lock RLock Semaphore Thread Timer",
        "time": "monotonic monotonic_ns perf_counter perf_counter_ns process_time sleep time time_ns",
        "unittest": "TestCase TestLoader TestSuite TextTestRunner expectedFailure main skip skipIf skipUnless",
    }
)
"""What may keep a state, but shows a program nothing of its text: no docstring, no line number, no frame, no code."""

STREAM_MEMBERS = _members(
    {
        "io": "BytesIO StringIO",
        "os": "fstat read write",
        "random": "choice choices gauss getrandbits normalvariate randint random randrange sample seed shuffle "
        "triangular uniform",
        "sys": "exit getrecursionlimit stderr stdin stdout",
        "time": "monotonic monotonic_ns perf_counter perf_counter_ns process_time sleep time time_ns",
    }
)
"""What a program that reads standard input may use besides, and leaves nothing in its process that a second run of it
would see: the streams are new ones for each run, the limits and the state of `random` are set again."""
STREAM_BUILTINS = frozenset({"__name__", "exit", "hash", "input", "quit"})
STREAM_ATTRIBUTES = frozenset({"buffer", "flush", "getvalue", "read", "readline", "readlines", "st_size", "write"})

_EXCEPTIONS = frozenset(
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)
)
PURE_BUILTINS = _EXCEPTIONS | _words(
    "Ellipsis False None NotImplemented True __debug__ abs all any ascii bin bool bytearray bytes callable chr "
    "classmethod complex dict divmod enumerate filter float format frozenset hasattr hex int isinstance "
    "issubclass iter len list map max memoryview min next object oct ord pow print property range repr reversed "
    "round set slice sorted staticmethod str sum super tuple zip"
)
"""`type` and `getattr` are missing: what they do depends on their arguments."""
BLIND_BUILTINS = frozenset({"aiter", "anext", "delattr", "exit", "hash", "id", "input", "quit", "setattr"})

_FRAMES = (
    *(types.FrameType, types.CodeType, types.TracebackType, types.GeneratorType, types.CoroutineType),
    types.AsyncGeneratorType,
)
REVEALING_ATTRIBUTES = frozenset(
    {name for kind in _FRAMES for name in dir(kind) if "_" in name.strip("_") and not name.startswith("_")}
    | {"format_map", "register", "shortDescription"}
)
"""Attributes that lead to frames and code objects, or change what `isinstance` says, whatever they are found on."""

SPECIAL_METHODS = _words(
    "abs add aenter aexit aiter and anext await bool bytes call ceil complex contains copy deepcopy del delattr "
    "delitem divmod enter eq exit float floor floordiv format ge get getattr getattribute getitem gt hash iadd "
    "iand ifloordiv ilshift imatmul imod imul index init int invert ior ipow irshift isub iter itruediv ixor le "
    "len length_hint lshift lt matmul missing mod mul ne neg new next or pos post_init pow radd rand rdivmod repr "
    "reversed rfloordiv rlshift rmatmul rmod rmul ror round rpow rrshift rshift rsub rtruediv rxor set setattr "
    "setitem slots str sub truediv trunc xor",
    "__{}__",
)
"""Names with two underscores that a class may define: none is handed the text of anything."""

HARMLESS_DUNDERS = (SPECIAL_METHODS | {"__class__", "__name__"}) - _words(
    "del delattr format get getattr getattribute hash set setattr", "__{}__"
)
"""Those that may be read."""

_VALUES: tuple[type, ...] = (
    *(
        str,
        bytes,
        bytearray,
        int,
        float,
        complex,
        list,
        tuple,
        dict,
        set,
        frozenset,
        range,
        slice,
        memoryview,
        property,
    ),
    *(collections.deque, collections.Counter, collections.OrderedDict, collections.defaultdict, collections.ChainMap),
    *(re.Pattern, re.Match, fractions.Fraction, decimal.Decimal, array.array, functools.partial),
    *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta),
)
PURE_ATTRIBUTES = (
    frozenset(name for kind in _VALUES for name in dir(kind) if not name.startswith("_"))
    | {
        "args",
        "cache_clear",
        "cache_info",
        "close",
        "digest",
        "epsilon",
        "from_iterable",
        "hexdigest",
        "max",
        "min",
        "name",
        "send",
        "throw",
        "value",
    }
    | {"_asdict", "_replace"}
) - {"format", "format_map", "fromtimestamp", "now", "today", "utcfromtimestamp", "utcnow"}
"""Attributes of plain data, which are harmless on what else may have them."""
