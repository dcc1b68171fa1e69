"""Programs looked at without being run: which are the same, and which keep a state."""

from __future__ import annotations

import textwrap
import warnings
from typing import Any

import pytest

from coderm_eval.execution.static_analysis import analyse, identity_of_test


def _read(text: str) -> str:
    return textwrap.dedent(text).lstrip()


PLAIN = "def f(x):\n    return x + 1\n"

SAME: list[tuple[str, str]] = [
    ("comment", "# adds one\ndef f(x):\n    return x + 1  # done\n"),
    ("layout", "def f( x ) :\n\n        return (x\n            + 1)\n"),
]

DIFFERENT: list[tuple[str, str]] = [
    ("another constant", "def f(x):\n    return x + 2\n"),
    ("another type of constant", "def f(x):\n    return x + 1.0\n"),
    ("another name of an argument", "def f(y):\n    return y + 1\n"),
    ("another order", "def f(x):\n    return 1 + x\n"),
    ("a statement more", "def f(x):\n    x = x\n    return x + 1\n"),
    ("a default", "def f(x=0):\n    return x + 1\n"),
]


@pytest.mark.parametrize(("name", "program"), SAME)
def test_comments_and_layout_tell_no_programs_apart(name: str, program: str) -> None:
    assert _identity(program) == _identity(PLAIN)


@pytest.mark.parametrize(("name", "program"), DIFFERENT)
def test_whatever_can_change_an_answer_tells_programs_apart(name: str, program: str) -> None:
    assert _identity(program) != _identity(PLAIN)


def _identity(program: str) -> str:
    source = analyse(program)
    assert source
    return source.identity


def test_docstrings_tell_no_programs_apart_unless_somebody_reads_them() -> None:
    short, long = 'def f(x):\n    "One."\n    return x\n', 'def f(x):\n    """Two.\n    Three."""\n    return x\n'
    assert _identity(short) == _identity(long)
    reads = "def g():\n    return f.__doc__\n"
    assert _identity(short + reads) != _identity(long + reads)


def test_a_docstring_is_as_good_as_none() -> None:
    assert _identity('def f(x):\n    "Mine."\n    return x + 1\n') == _identity(PLAIN)


DEEP: list[tuple[str, str]] = [
    ("elif without end", "def f(x):\n    if x == 0: pass\n" + "    elif x == 1: pass\n" * 2_000),
    ("a sum without end", "def f(x):\n    return " + " + ".join(["x"] * 5_000) + "\n"),
    ("brackets without end", "def f(x):\n    return " + "[" * 90 + "]" * 90 + "\n"),
]


@pytest.mark.parametrize(("name", "program"), DEEP)
def test_a_program_too_deep_to_be_taken_apart_is_itself_and_no_error(name: str, program: str) -> None:
    source = analyse(program)
    assert source is None or source.identity
    assert identity_of_test(program) is None or identity_of_test(program) == identity_of_test(program)


def test_tests_are_told_apart_like_programs() -> None:
    test = "class T:\n    def test(self):\n        assert f(1) == 2\n"
    assert identity_of_test(test) == identity_of_test(f"# mine\n{test}") != identity_of_test(test.replace("2", "3"))


NO_PYTHON = ["def f(:", "Here is the code.", "x\0", "(" * 5000 + ")" * 5000]


@pytest.mark.parametrize("text", NO_PYTHON, ids=lambda text: text[:12])
def test_what_is_no_python_is_nothing(text: str) -> None:
    assert analyse(text) is None and identity_of_test(text) is None


STATELESS: list[tuple[str, str]] = [
    ("a function", PLAIN),
    ("nothing", ""),
    ("a constant beside it", f"LIMIT = 10\nNAMES = ('a', -1)\n{PLAIN}"),
    ("an unused import of what keeps a state", f"import sys, random, os\n{PLAIN}"),
    ("pure modules in use", "import math, itertools as it\nfrom typing import *\ndef f(x):\n    return math.sqrt(x)\n"),
    ("a modulus", "MOD = 10**9 + 7\ndef f(x):\n    return x % MOD\n"),
    ("a main guard", f"{PLAIN}if __name__ == '__main__':\n    print(f(int(input())))\n"),
    ("an argument called input", "def f(input):\n    open = input\n    return open\n"),
    ("a class without attributes", "class Solution:\n    def f(self, x):\n        self.x = x\n        return self.x\n"),
    (
        "a closure",
        "def f(x):\n    n = 0\n    def g():\n        nonlocal n\n        n += x\n        return n\n    return g()\n",
    ),
    ("a list of its own", "def f(x):\n    made = []\n    made.append(x)\n    return made\n"),
    ("annotations", "from typing import List\ndef f(x: List[int] = None) -> int:\n    return x\n"),
]

STATEFUL: list[tuple[str, str]] = [
    ("global", "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n\n"),
    ("a list of the module", "seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)\n"),
    ("a dict of the module", "memo = {}\ndef f(x):\n    return memo.setdefault(x, len(memo))\n"),
    ("an object of the module", "import itertools\ncount = itertools.count()\ndef f(x):\n    return next(count)\n"),
    ("a mutable default", "def f(x, seen=[]):\n    seen.append(x)\n    return len(seen)\n"),
    ("a mutable default by name", "def f(x, *, seen={}):\n    seen[x] = len(seen)\n    return len(seen)\n"),
    ("an attribute of the function", "def f(x):\n    f.n = getattr(f, 'n', 0) + 1\n    return f.n\n"),
    ("an attribute of a class", "class C:\n    n = 0\ndef f(x):\n    C.n += 1\n    return C.n\n"),
    ("a list of a class", "class C:\n    seen = []\ndef f(x):\n    C.seen.append(x)\n    return len(C.seen)\n"),
    ("a decorator of its own", "def count(g):\n    n = []\n    return g\n@count\ndef f(x):\n    return x\n"),
    ("chance", "import random\ndef f(x):\n    return random.random()\n"),
    ("chance by name", "from random import random as r\ndef f(x):\n    return r()\n"),
    ("chance from a star", "from random import *\ndef f(x):\n    return random()\n"),
    ("the clock", "import time\ndef f(x):\n    return time.time()\n"),
    ("a file", "def f(x):\n    open('n', 'a').write('.')\n    return len(open('n').read())\n"),
    ("globals()", "def f(x):\n    globals()['n'] = x\n    return x\n"),
    ("exec", "def f(x):\n    exec('global n; n = 1')\n    return x\n"),
    ("a dunder", "def f(x):\n    f.__dict__['n'] = x\n    return x\n"),
    (
        "a cache",
        "from functools import cache\n@cache\ndef g():\n    return []\ndef f(x):\n"
        "    g().append(x)\n    return len(g())\n",
    ),
    (
        "cls",
        "class C:\n    n = 0\n    @classmethod\n    def g(cls):\n        cls.n += 1\n"
        "        return cls.n\ndef f(x):\n    return C.g()\n",
    ),
    ("setattr by another name", "def f(x):\n    s = setattr\n    s(f, 'n', x)\n    return x\n"),
    ("self that is the function", "def f(x):\n    self = f\n    self.n = x\n    return x\n"),
    ("decimal contexts", "import decimal\ndef f(x):\n    decimal.getcontext().prec = x\n    return x\n"),
    ("a base class made on the spot", "def f(x):\n    return x\nclass C(type('D', (), {'seen': []})):\n    pass\n"),
    ("work at import", f"{PLAIN}f(1)\n"),
    ("a branch at import", f"if True:\n    seen = []\n{PLAIN}"),
]


@pytest.mark.parametrize(("name", "program"), STATEFUL)
def test_a_program_whose_calls_may_depend_on_each_other_keeps_a_state(name: str, program: str) -> None:
    source = analyse(program)
    assert source and source.stateful


@pytest.mark.parametrize(("name", "program"), STATELESS)
def test_an_ordinary_program_keeps_none(name: str, program: str) -> None:
    source = analyse(program)
    assert source and not source.stateful


@pytest.mark.parametrize(("name", "program"), STATELESS)
def test_a_stateless_program_answers_the_same_however_often_it_was_asked(name: str, program: str) -> None:
    names = _loaded(program)
    if "f" in names:
        again = [names["f"](4) for _ in range(3)]
        assert again == [_loaded(program)["f"](4)] * 3


def _loaded(program: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(program, "<program>", "exec", dont_inherit=True), names)
    return names


def test_imports_are_those_of_the_whole_program() -> None:
    source = analyse(
        _read(
            """
            import numpy as np, os.path
            from scipy import stats
            from math import *
            from . import mine
            def f(x):
                import heapq
                return x
            """
        )
    )
    assert source and source.imports == ("heapq", "math", "numpy", "os.path", "scipy", "scipy.stats")


WARNED_OF = ["def f(x):\n    return x is 1\n", 'def f():\n    return "\\d"\n', "assert (1, 'always')\n", "1()\n"]


@pytest.mark.parametrize("text", WARNED_OF)
def test_the_compilers_warnings_do_not_reach_the_user(text: str) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert analyse(text) and identity_of_test(text)
    assert not warned
