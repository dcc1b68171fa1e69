"""Objects of a program in tests: they stay where they are, and the test asks them. With real processes."""

from __future__ import annotations

import textwrap

import pytest
from helpers.execution import run_kept

from coderm_eval.core.records import Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.sandbox.object_stand_ins import ClassStandIn, ObjectStandIn

LIMITS = Limits(timeout_s=5)

TIDES = """
class Solution:
    def higher(self, a, b):
        return b > a

    def tides(self, levels):
        return sum(self.higher(a, b) for a, b in zip(levels, levels[1:]))


def tides(*arguments, **keywords):
    return Solution().tides(*arguments, **keywords)
"""
"""A LiveCodeBench candidate, as it is made callable."""

OBJECTS = """
import enum
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Generic, TypeVar


@dataclass
class Depth:
    metres: int
    ground: str = "mud"

    def __add__(self, other):
        return Depth(self.metres + other.metres, self.ground)

    def __lt__(self, other):
        return self.metres < other.metres

    def __hash__(self):
        return hash(self.metres)

    def __enter__(self):
        self.ground = "sand"
        return self

    def __exit__(self, *raised):
        return True

    def __str__(self):
        return f"{self.metres} m"

    def itself(self):
        return self


class Shoal(Depth):
    MARKS = [1, 2]

    @staticmethod
    def twice(metres):
        return metres * 2

    @classmethod
    def of(cls, metres):
        return cls(metres)


class Chart:
    def __init__(self):
        self.depths = {}
        self.changes = 0

    def __setitem__(self, place, depth):
        self.depths[place] = depth
        self.changes += 1

    def __getitem__(self, place):
        return self.depths[place]

    def __len__(self):
        return len(self.depths)

    def __iter__(self):
        return iter(sorted(self.depths))


class Mark(enum.Enum):
    RED = 1
    GREEN = 2


class Cache(OrderedDict):
    def __init__(self, most):
        self.most = most

    def put(self, key, value):
        self[key] = value
        if len(self) > self.most:
            self.popitem(last=False)

    def look(self, key):
        return self.get(key, -1)


class Rope:
    def __init__(self, length, rest=None):
        self.length, self.rest = length, rest


class Current:
    measured = []

    def __init__(self, east, north):
        self.east, self.north = east, north
        self.places = []

    def __add__(self, other):
        more = (other, other) if isinstance(other, (int, float)) else (other.east, other.north)
        return Current(self.east + more[0], self.north + more[1])

    def __mul__(self, times):
        return Current(self.east * times, self.north * times)

    def __sub__(self, other):
        return self + other * -1

    def __rsub__(self, other):
        return self * -1 + other

    def __iadd__(self, other):
        self.east += other
        return self

    def __round__(self, digits=None):
        return Current(round(self.east, digits), round(self.north, digits))

    def __invert__(self):
        return Current(self.north, self.east)

    def __pow__(self, power):
        return Current(self.east**power, self.north**power)

    def __abs__(self):
        return (self.east**2 + self.north**2) ** 0.5

    def __eq__(self, other):
        return isinstance(other, Current) and (self.east, self.north) == (other.east, other.north)

    def __getitem__(self, place):
        return [self.east, self.north][place]

    def __format__(self, specification):
        return f"{self.east:{specification}} E"

    __radd__, __rmul__ = __add__, __mul__

    @property
    def knots(self):
        return abs(self)

    @knots.setter
    def knots(self, knots):
        self.east, self.north = knots, 0


class Countdown:
    def __init__(self, left):
        self.left = left

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        self.left -= 1
        return self.left


class Aground(Exception):
    def __init__(self, depth):
        super().__init__(f"only {depth} m")
        self.depth = depth


Fix = namedtuple("Fix", "east north")
T = TypeVar("T")


class Hold(Generic[T]):
    __slots__ = ("items",)

    def __init__(self):
        self.items = []

    def size(self):
        return len(self.items)


KINDS = {"depth": Depth, "hold": Hold}


def kind(name):
    return KINDS[name]


def sail(depth):
    if depth < 2:
        raise Aground(depth)
    return Fix(depth, 0)


def soundings(depth):
    yield from range(depth)


def spliced(lengths):
    return Rope(lengths[0], spliced(lengths[1:])) if lengths else None


def whole(rope):
    return 0 if rope is None else rope.length + whole(rope.rest)


def adder(n):
    return lambda m: n + m


def names(chart):
    chart.changes = 0
    return list(chart.depths)
"""

PASSING: list[tuple[str, str, str]] = [
    (
        "made in setUp",
        TIDES,
        "def setUp(self): self.s = Solution()\n---self.assertEqual(self.s.tides([1, 2, 1, 3]), 2)",
    ),
    ("made inline", TIDES, "self.assertEqual(Solution().tides([1, 2, 1, 3]), 2)"),
    ("made by the class", TIDES, "s = Solution()\n---self.assertEqual(self.s.tides([1, 2]), 1)"),
    (
        "made in setUpClass",
        TIDES,
        "@classmethod\ndef setUpClass(cls): cls.s = Solution()\n---assert self.s.tides([]) == 0",
    ),
    ("beside the function", TIDES, "self.assertEqual(Solution().tides([1, 2]), tides([1, 2]))"),
    ("another method", TIDES, "self.assertTrue(Solution().higher(1, 2))\nself.assertFalse(Solution().higher(2, 1))"),
    (
        "instance of its class",
        TIDES,
        "self.assertIsInstance(Solution(), Solution)\nself.assertIs(type(Solution()), Solution)",
    ),
    (
        "equal by its own rule",
        OBJECTS,
        "self.assertEqual(Depth(1), Depth(1))\nself.assertNotEqual(Depth(1), Depth(2))",
    ),
    ("never equal to data", OBJECTS, "self.assertNotEqual(Depth(1), 1)\nself.assertNotIn(Depth(1), [1, None, {}])"),
    (
        "ordered",
        OBJECTS,
        "self.assertLess(Depth(1), Depth(2))\nassert [d.metres for d in sorted([Depth(3), Depth(1)])] == [1, 3]",
    ),
    ("added", OBJECTS, "self.assertEqual(Depth(1) + Depth(2), Depth(3))"),
    ("hashed", OBJECTS, "self.assertEqual(len({Depth(1), Depth(1), Depth(2)}), 2)"),
    (
        "shown",
        OBJECTS,
        "self.assertEqual(f'{Depth(4)}', '4 m')\nself.assertEqual(repr(Depth(4)), \"Depth(metres=4, ground='mud')\")",
    ),
    ("shown without address", TIDES, "self.assertEqual(repr(Solution()), '<Solution object>')"),
    ("attributes", OBJECTS, "d = Depth(4)\nd.metres += 1\nself.assertEqual((d.metres, d.ground), (5, 'mud'))"),
    (
        "no such attribute",
        OBJECTS,
        "self.assertFalse(hasattr(Depth(1), 'fathoms'))\nwith self.assertRaises(AttributeError): Depth(1).f()",
    ),
    ("with", OBJECTS, "with Depth(1) as d:\n    self.assertEqual(d.ground, 'sand')"),
    ("itself again", OBJECTS, "d = Depth(1)\nself.assertIs(d.itself(), d)"),
    ("inheritance", OBJECTS, "self.assertIsInstance(Shoal(1), Depth)\nself.assertNotIsInstance(Depth(1), Shoal)"),
    (
        "static and class methods",
        OBJECTS,
        "self.assertEqual((Shoal.twice(2), Shoal.of(3).metres, Shoal.MARKS), (4, 3, [1, 2]))",
    ),
    (
        "indexed, counted, iterated",
        OBJECTS,
        "c = Chart()\nc['b'] = 2\nc['a'] = 1\nassert (c['b'], len(c), list(c), 'a' in c) == (2, 2, ['a', 'b'], True)",
    ),
    ("as an argument", OBJECTS, "c = Chart()\nc['b'] = 2\nself.assertEqual((names(c), c.changes), (['b'], 0))"),
    (
        "holds another",
        OBJECTS,
        "c = Chart()\nd = Depth(1)\nc['b'] = d\nself.assertIs(c['b'], d)\nself.assertEqual(c.depths, {'b': d})",
    ),
    (
        "an enumeration",
        OBJECTS,
        "self.assertIs(Mark(1), Mark.RED)\nself.assertEqual([m.name for m in Mark], ['RED', 'GREEN'])",
    ),
    (
        "extends data, and has methods",
        OBJECTS,
        "c = Cache(2)\nfor n in 1, 2, 3: c.put(n, n)\nassert (c.look(1), c.look(3), len(c)) == (-1, 3, 2)",
    ),
    (
        "a chain of objects",
        OBJECTS,
        "r = spliced([1, 2, 3])\n"
        "self.assertEqual((whole(r), r.rest.rest.length), (6, 3))\n"
        "self.assertIsNone(r.rest.rest.rest)",
    ),
    ("a function that was made", OBJECTS, "self.assertEqual(adder(2)(3), 5)"),
    (
        "what a method raises",
        OBJECTS,
        "with self.assertRaises(KeyError): Chart()['a']\nwith self.assertRaises(TypeError): Depth()",
    ),
    ("and a number", OBJECTS, "assert Current(1, 2) + 1 == 1 + Current(1, 2) == Current(2, 3)"),
    ("times a number", OBJECTS, "assert Current(1, 2) * 2 == 2 * Current(1, 2) == Current(2, 4)"),
    ("less a number", OBJECTS, "assert Current(1, 2) - 1 == Current(0, 1) and (5 - Current(1, 2)).north == 3"),
    ("summed", OBJECTS, "self.assertEqual(sum([Current(1, 2), Current(3, 4)]), Current(4, 6))"),
    ("operators", OBJECTS, "assert (~Current(1, 2), round(Current(1.4, 2)), Current(2, 3) ** 2)[2] == Current(4, 9)"),
    ("size of a product", OBJECTS, "self.assertEqual(abs(2 * Current(3, 4)), 10)"),
    ("nearly equal", OBJECTS, "self.assertAlmostEqual(Current(1, 2), Current(1, 2 + 1e-9))"),
    ("changed in place", OBJECTS, "c = d = Current(1, 2)\nc += 4\nself.assertIs(c, d)\nself.assertEqual(d.east, 5)"),
    ("sliced", OBJECTS, "self.assertEqual((Current(1, 2)[0:1], Current(1, 2)[::-1]), ([1], [2, 1]))"),
    ("formatted", OBJECTS, "self.assertEqual(f'{Current(1, 2):.1f}', '1.0 E')"),
    (
        "properties",
        OBJECTS,
        "c = Current(3, 4)\nself.assertEqual(c.knots, 5)\nc.knots = 2\nassert (c.east, c.north) == (2, 0)",
    ),
    (
        "next",
        OBJECTS,
        "c = Countdown(2)\nassert (next(c), next(c), next(c, 'done'), list(Countdown(2))) == (1, 0, 'done', [1, 0])",
    ),
    ("a generator", OBJECTS, "s = soundings(3)\nself.assertEqual((next(s), list(s), list(s)), (0, [1, 2], []))"),
    ("copied", OBJECTS, "c = Current(1, 2)\nd = copy.copy(c)\nd.east = 5\nassert c.east == 1 and c == copy.copy(c)"),
    (
        "copied in depth",
        OBJECTS,
        "c = [Current(1, 2)]\nd = copy.deepcopy(c)\nd[0].east = 5\nassert c == [Current(1, 2)]",
    ),
    ("a list of its own", OBJECTS, "c = Current(1, 2)\nc.places.append(Depth(3))\nassert c.places[0].metres == 3"),
    (
        "a list of its class",
        OBJECTS,
        "Current.measured.append(1)\nassert Current.measured == Current(1, 2).measured == [1]",
    ),
    (
        "a dict of its own",
        OBJECTS,
        "c = Chart()\nd = c.depths\nd['a'] = c['b'] = 1\nassert list(c) == ['a', 'b'] and d is c.depths and d",
    ),
    ("an attribute that is deleted", OBJECTS, "d = Depth(1)\ndel d.metres\nself.assertFalse(hasattr(d, 'metres'))"),
    ("its attributes", OBJECTS, "self.assertEqual(vars(Depth(1)), {'metres': 1, 'ground': 'mud'})"),
    (
        "a subclass",
        OBJECTS,
        "assert issubclass(Shoal, Depth) and not issubclass(Depth, Shoal) and issubclass(Depth, Depth)",
    ),
    (
        "a named tuple",
        OBJECTS,
        "f = sail(3)\nassert f == (3, 0) == Fix(3, 0) and f.east == 3 and f._replace(east=1) == (1, 0)",
    ),
    ("its own exception", OBJECTS, "with self.assertRaises(Aground) as cm: sail(1)\nassert cm.exception.depth == 1"),
    (
        "a list in a slot",
        OBJECTS,
        "h = Hold()\nh.items.append(Depth(1))\nassert h.size() == 1 and h.items == [Depth(1)]",
    ),
    ("a class with a parameter", OBJECTS, "h = Hold[int]()\nh.items += [1, 2]\nassert h.size() == 2"),
    ("a class as a value", OBJECTS, "assert kind('depth') is KINDS['depth'] is Depth and kind('hold')().size() == 0"),
    ("many calls", OBJECTS, "c = Cache(50)\nfor n in range(300): c.put(n, n)\nself.assertEqual(c.look(299), 299)"),
]

FAILING: list[tuple[str, str, str]] = [
    ("a wrong answer", TIDES, "self.assertEqual(Solution().tides([1, 2]), 2)"),
    ("no such class", TIDES, "self.assertEqual(Answer().tides([1, 2]), 1)"),
    ("no such method", TIDES, "self.assertEqual(Solution().ebbs([1, 2]), 1)"),
    ("an object for its data", OBJECTS, "self.assertEqual(Depth(1), 1)"),
    ("its block swallows", OBJECTS, "with Depth(1): self.assertEqual(1, 2)"),
    ("a number out of it", OBJECTS, "self.assertEqual(Current(1, 2) * 2, 2)"),
    ("a number of its own", OBJECTS, "self.assertEqual(Current(1, 2).east, 2)"),
]

_LIAR = """
class Liar:
    def _yes(self, *given):
        return True

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = __instancecheck__ = __exit__ = _yes

    def __ne__(self, other):
        return False

    def __hash__(self):
        return hash(5)

    def __sub__(self, other):
        return 0

    def _other(self, *given):
        return Liar()

    __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __mod__ = __pow__ = __neg__ = __copy__ = _other
    __rsub__ = __abs__ = __round__ = __len__ = __int__ = __index__ = __float__ = __sub__

    def __iter__(self):
        return iter([Liar()])

    def __enter__(self):
        return self

    def __getattr__(self, name):
        return Liar()

    def __call__(self, *given, **named):
        return Liar()

    def __getitem__(self, place):
        return Liar()

    def __repr__(self):
        return "5"


def answer():
    return Liar()
"""

LIES: list[str] = [
    *("self.assertEqual(answer(), 5)", "self.assertEqual(5, answer())", "self.assertTrue(answer() == 5)"),
    *("self.assertFalse(answer() != 5)", "self.assertIn(answer(), [5])", "self.assertIn(5, answer())"),
    *("self.assertEqual([answer()], [5])", "self.assertEqual({'a': answer()}, {'a': 5})", "assert 5 in {answer()}"),
    *("self.assertAlmostEqual(answer(), 5.0)", "self.assertAlmostEqual(5.0, answer())", "assert abs(answer() - 5) < 1"),
    *("self.assertLess(answer(), 6)", "self.assertGreaterEqual(answer(), 5)", "assert 4 < answer() < 6"),
    *("self.assertListEqual(list(answer()), [5])", "self.assertEqual(answer()[0], 5)", "assert answer().x == 5"),
    *("self.assertCountEqual(answer(), [5])", "self.assertEqual(answer()(), 5)", "self.assertIs(answer(), True)"),
    *("self.assertIsInstance(answer(), int)", "self.assertEqual(int(answer()), 0)", "assert math.isclose(answer(), 0)"),
    *("self.assertEqual(answer(), Ellipsis)", "self.assertTupleEqual((answer(),), (5,))", "assert answer() - 5 == 0"),
    *("assert abs(-(answer() - 5)) < 1", "assert abs(1 - answer() / 5) < 1", "assert abs(2 * (answer() - 5)) < 1"),
    *("assert round(answer() - 5, 7) == 0", "assert not (answer() - 5)", "assert (answer() - 5) ** 2 < 1"),
    *("assert abs(5 - answer()) < 1", "assert round(answer(), 2) == 5", "assert answer() % 5 == 0"),
    *("assert sum([answer()]) == 5", "assert abs(sum([answer(), -5])) < 1", "assert len(answer() - 5) == 0"),
    *("assert copy.copy(answer()) == 5", "self.assertAlmostEqual(answer() + 0, 5.0, delta=1)"),
    "with answer(): self.assertEqual(1, 2)",
    "with self.assertRaises(ValueError): answer()",
    "self.assertRegex(answer(), '5')",
]
"""What a program would say yes to, if it were asked."""


def _test(body: str) -> str:
    """A test with one method; before "---" stands what is in its class."""
    before, _, inside = body.rpartition("---")
    method = "def test_it(self):\n" + textwrap.indent(inside, "    ")
    return "import copy\nimport math\nimport unittest\n\n\nclass TestIt(unittest.TestCase):\n" + textwrap.indent(
        before + method, "    "
    )


def _verdicts(cases: list[tuple[str, str, str]]) -> dict[str, Verdict]:
    tests = (ProgramTest(name, program, _test(body), str(len(program)), "tides") for name, program, body in cases)
    return {result.key: result.verdict for result in run_kept(tests, LIMITS, workers=1)}


@pytest.fixture(scope="module")
def passing() -> dict[str, Verdict]:
    return _verdicts(sorted(PASSING, key=lambda case: len(case[1])))


@pytest.mark.parametrize("name", [case[0] for case in PASSING])
def test_a_test_that_uses_objects_of_a_right_program_passes(passing: dict[str, Verdict], name: str) -> None:
    assert passing[name] == Verdict.PASSED


def test_what_objects_do_not_do_fails() -> None:
    found = _verdicts(sorted(FAILING, key=lambda case: len(case[1])))
    assert found == dict.fromkeys(found, Verdict.FAILED)


def test_no_object_says_that_it_is_what_is_expected() -> None:
    found = _verdicts([(body, _LIAR, body) for body in LIES])
    assert found == dict.fromkeys(LIES, Verdict.FAILED)


def test_each_test_finds_new_objects() -> None:
    """An object of the module is made anew for each test, however many tests change it."""
    program = f"{OBJECTS}\nchart = Chart()\n\n\ndef tides():\n    return chart\n"
    body = "self.assertEqual(len(tides()), 0)\ntides()['a'] = {}\nself.assertEqual(len(tides()), 1)"
    cases = [(str(n), program, body.format(n)) for n in range(3)]
    assert set(_verdicts(cases).values()) == {Verdict.PASSED}


def test_programs_that_behave_alike_have_the_same_outputs() -> None:
    """Whatever else is in their classes, and wherever their objects lie."""
    other = TIDES.replace("higher", "rises").replace("class Solution:", "class Solution:\n    LIMIT = 3\n")
    test = _test("s = Solution()\n---self.assertEqual(self.s.tides([1, 2, 1, 3]), 2)")
    tests = [ProgramTest(n, program, test, "p", "tides") for n, program in enumerate([TIDES, other, TIDES + "Z = 1\n"])]
    results = list(run_kept(tests, LIMITS, workers=1))
    assert {result.verdict for result in results} == {Verdict.PASSED} and len({r.output for r in results}) == 1


def test_a_class_of_the_program_is_not_extended_by_a_test() -> None:
    """The objects of such a class would be asked of the program, which does not know it."""
    depth = ClassStandIn("Depth", (ObjectStandIn,), {"__slots__": ()})
    with pytest.raises(TypeError, match="class Deeper of a test extends a class of the program"):
        ClassStandIn("Deeper", (depth,), {})
