"""Which asserts of one recorded text stay together: those that need what an earlier one changed."""

from __future__ import annotations

import pytest
from helpers.plain_verdicts import verdict

from coderm_eval.generation.extraction.unit_tests import recorded_tests

DOUBLE = "def f(x):\n    return x * 2"
TRIPLE = "def f(x):\n    return x * 3"
STACK = """\
class f:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def pop(self): return self.items.pop()
    def size(self): return len(self.items)
"""
COUNTER = "n = 0\ndef f():\n    global n\n    n += 1\n    return n"
APPENDING = "def f(x):\n    x.append(1)\n    return x"

TOGETHER = {
    "sorts in place": ("l = [3, 1]\nassert f(l) is None\nassert l == [1, 3]", "def f(x): x.sort()", "def f(x): pass"),
    "must not change its argument": ("l = [1]\nassert f(l) == [1, 1]\nassert l == [1]", DOUBLE, APPENDING),
    "under another name": ("l = [1]\nm = l\nassert f(l) == [1, 1]\nassert m == [1]", DOUBLE, APPENDING),
    "within another": ("l = [1]\nm = [l]\nassert f(l) == [1, 1]\nassert m == [[1]]", DOUBLE, APPENDING),
    "a generator": (
        "g = f(3)\nassert next(g) == 0\nassert next(g) == 1",
        "def f(x): yield from range(x)",
        "def f(x): yield from [0] * x",
    ),
    "an object": (
        "s = f()\ns.push(1)\nassert s.pop() == 1\ns.push(2)\nassert s.size() == 1",
        STACK,
        STACK.replace("items.pop()", "items[-1]"),
    ),
    "what a statement took from it": (
        "g = f(3)\nassert next(g) == 0\nx = next(g)\nassert x == 1",
        "def f(x): yield from range(x)",
        "def f(x): yield from [0] * x",
    ),
    "a function with a state": ("assert f() == 1\nassert f() == 2", COUNTER, "def f(): return 1"),
    "a name bound in an assert": ("assert (r := f(1)) == 2\nassert r + 1 == 3", DOUBLE, TRIPLE),
    "a sum": ("t = 0\nfor n in (1, 2):\n    assert f(n)\n    t += f(n)\nassert t == 6", DOUBLE, TRIPLE),
    "while": ("i = 0\nwhile i < 3:\n    assert f(i) == 2 * i\n    i += 1", DOUBLE, TRIPLE),
    "an import of all names": (
        "l = [1]\nassert f(l) == [1, 1]\nfrom math import *\nassert l == [1] and floor(1.5)",
        DOUBLE,
        APPENDING,
    ),
    "a helper with a state": (
        "g = f(3)\ndef take():\n    return next(g)\nassert take() == 0\nassert take() == 1",
        "def f(x): yield from range(x)",
        "def f(x): yield from [0] * x",
    ),
}


@pytest.mark.parametrize(("text", "right", "wrong"), TOGETHER.values(), ids=TOGETHER.keys())
def test_asserts_stay_with_those_that_changed_what_they_read(text: str, right: str, wrong: str) -> None:
    (source,) = recorded_tests(text, "f").sources
    assert (verdict(source, right), verdict(source, wrong)) == ("PASS", "FAIL")


APART = {
    "literals": "assert f(1) == 2\nassert f([1]) == [1, 1]",
    "a number": "n = 3\nassert f(n) == 6\nassert f(n) + n == 9",
    "a name that is bound anew": "l = [1]\nassert f(l) == [1, 1]\nl = [2]\nassert f(l) == [2, 2]",
    "what is only compared": "e = [1, 1]\nassert f([1]) == e\nassert f([1]) == e + []",
    "what is only measured": "l = [1]\nassert len(l) == 1\nassert f(l) == [1, 1]",
    "loops over one name": "for n in [1]:\n    assert f(n) == 2\nfor n in [2]:\n    assert f(n) == 4",
    "comprehensions over one name": "assert [f(n) for n in [1]] == [2]\nassert [f(n) for n in [2]] == [4]",
    "a helper": "def g(l):\n    l = [l]\n    return l[0]\nassert f(g(1)) == 2\nassert f(g(2)) == 4",
    "a lambda": "g = lambda x: x\nassert f(g(1)) == 2\nassert f(g(2)) == 4",
}


@pytest.mark.parametrize("text", APART.values(), ids=APART.keys())
def test_asserts_that_need_no_other_are_tests_of_their_own(text: str) -> None:
    sources = recorded_tests(text, "f").sources
    assert [verdict(source, DOUBLE) for source in sources] == ["PASS", "PASS"]


def test_asserts_about_two_objects_are_two_tests() -> None:
    text = "a = [1]\nb = [2]\nassert f(a) == [1, 1]\nassert f(b) == [9]\nassert a == [1]\nassert b == [2]"
    assert [verdict(source, DOUBLE) for source in recorded_tests(text, "f").sources] == ["PASS", "FAIL"]


def test_a_name_with_an_annotation_or_called_self_stays_local() -> None:
    text = "for self in [1]:\n    n: int = f(self)\n    assert n == 2"
    (source,) = recorded_tests(text, "f").sources
    assert (verdict(source, DOUBLE), verdict(source, TRIPLE)) == ("PASS", "FAIL")
