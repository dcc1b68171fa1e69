"""Programs looked at without being run: which are the same, and which keep a state."""

from __future__ import annotations

import marshal
import textwrap
import warnings
from typing import Any

import pytest

from coderm_eval.execution.static_analysis import analyse, analyse_test


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


LOCAL = "def f(x):\n    n = x\n    return [n + m for m in range(n)]\n"

ALIKE: list[tuple[str, str]] = [
    (LOCAL, "def f(x):\n    number = x\n    return [number + i for i in range(number)]\n"),
    (
        "def f(x):\n    n = x\n    def g(y):\n        return y + n\n    return g(1)\n",
        "def f(x):\n    number = x\n    def g(y):\n        return y + number\n    return g(1)\n",
    ),
    ("def f(x):\n    for n in x:\n        return n\n", "def f(x):\n    for item in x:\n        return item\n"),
    (
        "class A:\n    def __init__(self, x):\n        n = x\n        super().__init__()\n        self.n = n\n",
        "class A:\n    def __init__(self, x):\n        m = x\n        super().__init__()\n        self.n = m\n",
    ),
]
"""Programs that differ in the names of local variables."""

UNLIKE: list[tuple[str, str]] = [
    (LOCAL, "def f(y):\n    n = y\n    return [n + m for m in range(n)]\n"),
    (LOCAL, "def f(x):\n    n = x\n    return [m + n for m in range(n)]\n"),
    ("def f(*a):\n    return a\n", "def f(*b):\n    return b\n"),
    ("def f(x):\n    n = x\n    return f'{n=}'\n", "def f(x):\n    m = x\n    return f'{m=}'\n"),
    ("def f(x):\n    n = g(x)\n    return n\n", "def f(x):\n    n = h(x)\n    return n\n"),
    (
        "def f(x):\n    def g(n):\n        return n\n    return g(n=x)\n",
        "def f(x):\n    def g(m):\n        return m\n    return g(m=x)\n",
    ),
]

READING: list[tuple[str, str]] = [
    (
        "an exception",
        f"{LOCAL}def g():\n    try:\n        return f(1)\n    except Exception as e:\n        return str(e)\n",
    ),
    (
        "an exception at the end of a block",
        f"{LOCAL}class A:\n    def __exit__(self, *error):\n        self.e = error\n",
    ),
    ("a state", f"{LOCAL}seen = []\n"),
    ("all names", f"{LOCAL}def g():\n    n = 1\n    return locals()\n"),
]


@pytest.mark.parametrize(("one", "two"), ALIKE)
def test_names_of_local_variables_make_no_program_unlike_another(one: str, two: str) -> None:
    assert _likeness(one) == _likeness(two) != ""
    assert _identity(one) != _identity(two)


@pytest.mark.parametrize(("one", "two"), UNLIKE)
def test_other_names_and_another_order_do(one: str, two: str) -> None:
    assert _likeness(one) != _likeness(two)


@pytest.mark.parametrize(("name", "program"), READING)
def test_who_could_read_a_name_is_like_no_other(name: str, program: str) -> None:
    assert _likeness(program) == ""


def _likeness(program: str) -> str:
    source = analyse(program)
    assert source
    return source.likeness


NOTICING: list[tuple[str, str, str]] = [
    ("a docstring by another way", "import inspect\ndef g():\n    return inspect.getdoc(f)\n", "doc"),
    ("a docstring by a made-up name", "def g():\n    return getattr(f, '__do' + 'c__')\n", "doc"),
    ("a docstring in a format", "def g(x):\n    return x.format(f)\n", "doc"),
    ("a docstring in its code", "def g():\n    return f.__code__.co_consts\n", "doc"),
    ("a docstring among its names", "def g():\n    return vars(f)\n", "doc"),
    ("a docstring by a pattern", "def g():\n    match f:\n        case object(__doc__=d): return d\n", "doc"),
    ("a docstring by operator", "import operator\ndef g():\n    return operator.attrgetter('__do' 'c__')(f)\n", "doc"),
    ("a docstring by help", "def g():\n    return help(f)\n", "doc"),
    (
        "a docstring in a metaclass",
        "class M(type):\n    def __new__(m, n, b, d): return d\nclass C(metaclass=M): pass\n",
        "doc",
    ),
    ("a line by a frame", "import sys\ndef g():\n    return sys._getframe().f_lineno\n", "line"),
    ("a line by another name", "from sys import _getframe as frame\ndef g():\n    return frame(0).f_lineno\n", "line"),
    (
        "a line in a traceback",
        "def g():\n    try: 1 / 0\n    except Exception as e: return e.__traceback__.tb_lineno\n",
        "line",
    ),
    ("a line by inspect", "import inspect\ndef g():\n    return inspect.currentframe().f_lineno\n", "line"),
    (
        "a line by a module in a module",
        "import dataclasses\ndef g():\n    return dataclasses.inspect.stack()\n",
        "line",
    ),
    ("a line of its code", "def g():\n    return g.__code__.co_firstlineno\n", "line"),
    ("a line of a generator", "def g():\n    h = (x for x in 'a')\n    return h.gi_frame.f_lineno\n", "line"),
    ("a line in a warning", "import warnings\ndef g():\n    warnings.warn('x')\n", "line"),
    ("a line in text", "import traceback\ndef g():\n    return traceback.format_stack()\n", "line"),
    ("a line in a log", "import logging\ndef g():\n    return logging.getLogger().findCaller()\n", "line"),
    ("a guard that holds", "__name__ = '__main__'\n", "guard"),
    ("a guard that holds by import", "import math as __name__\n", "guard"),
    ("a guard that holds by globals", "globals()['__name__'] = '__main__'\n", "guard"),
    ("a guard that holds by exec", "exec('__name__ = chr(95)')\n", "guard"),
]
"""How a program gets to know of what twins differ in."""

_PAIRS = {
    "doc": ('def f(x):\n    "One."\n    return x\n', 'def f(x):\n    "Two."\n    return x\n'),
    "line": ("def f(x):\n    return x\n", "def f(x):\n\n    return x\n"),
    "guard": ("", ""),
}


@pytest.mark.parametrize(("name", "reads", "what"), NOTICING)
def test_programs_are_no_twins_where_they_can_notice(name: str, reads: str, what: str) -> None:
    one, two = (f"{text}{reads}" for text in _PAIRS[what])
    if what == "guard":
        one, two = (f"{reads}if __name__ == '__main__':\n    n = {n}\ndef f(x):\n    return x\n" for n in (1, 2))
    assert _identity(one) != _identity(two)


UNAWARE: list[tuple[str, str]] = [
    ("a global", "seen = []\n"),
    ("chance", "import random\ndef g():\n    return random.choice([1])\n"),
    (
        "private names",
        "class C:\n    def _g(self):\n        return self._g\n    def __i(self):\n        return self.__i()\n",
    ),
    ("input", "import sys\ndef g():\n    return input() + sys.stdin.read()\n"),
    ("a constant format", "def g(x):\n    return '{:.2f} {}'.format(x, 1)\n"),
    ("the name of a type", "def g(x):\n    return type(x).__name__\n"),
    ("a constant attribute", "def g(x):\n    return getattr(x, 'size', 0)\n"),
    ("inheritance", "class A(Exception):\n    def __init__(self):\n        super().__init__('x')\n"),
]


@pytest.mark.parametrize(("name", "uses"), UNAWARE)
def test_programs_that_cannot_notice_are_twins(name: str, uses: str) -> None:
    guarded = "if __name__ == '__main__':\n    print(f(1))\n"
    one, two = _PAIRS["doc"]
    assert _identity(one + uses) == _identity(f"# mine\n\n{two}{uses}{guarded}")


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
    assert analyse_test(program) is None or analyse_test(program) == analyse_test(program)


def test_tests_are_told_apart_like_programs() -> None:
    test = "class T:\n    def test(self):\n        assert f(1) == 2\n"
    assert analyse_test(test) == analyse_test(f"# mine\n{test}") != analyse_test(test.replace("2", "3"))


NO_PYTHON = ["def f(:", "Here is the code.", "x\0", "(" * 5000 + ")" * 5000]


@pytest.mark.parametrize("text", NO_PYTHON, ids=lambda text: text[:12])
def test_what_is_no_python_is_nothing(text: str) -> None:
    assert analyse(text) is None and analyse_test(text) is None


STATELESS: list[tuple[str, str]] = [
    ("a variable that nobody reads", "def f(a):\n    for __ in range(3):\n        a += 1\n    return a\n"),
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
    ("a name that is a module elsewhere", "import string\ndef f(string):\n    return string\n"),
    (
        "a cache of its own",
        "from functools import lru_cache\ndef f(x):\n    @lru_cache(None)\n    def g(n):\n        return n\n"
        "    return g(x)\n",
    ),
    ("exact decimals", "from decimal import Decimal\ndef f(x):\n    return Decimal(x).quantize(Decimal('0.1'))\n"),
    ("a format", "def f(x):\n    return '{:.1f}'.format(x)\n"),
    (
        "inheritance",
        "class A:\n    def __init__(self):\n        self.n = 1\nclass B(A):\n    def __init__(self):\n"
        "        super().__init__()\ndef f(x):\n    return B().n\n",
    ),
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
    (
        "copy's own table",
        "import copy\ndef f(x):\n    copy._deepcopy_dispatch[int] = lambda n, m: x\n    return copy.deepcopy(1)\n",
    ),
    ("a module in a module", "import collections\ndef f(x):\n    collections._sys.n = x\n    return x\n"),
    (
        "dispatch",
        "from functools import singledispatch\n@singledispatch\ndef g(x):\n    return 1\ndef f(x):\n"
        "    g.register(int, lambda n: x)\n    return g(1)\n",
    ),
    (
        "a registered class",
        "from collections.abc import Sized\ndef f(x):\n    Sized.register(int)\n    return isinstance(x, Sized)\n",
    ),
    ("interned text", "import sys\ndef f(x):\n    return sys.intern('a' * x) is 'a' * x\n"),
    ("an attribute by operator", "import operator\ndef f(x):\n    return operator.methodcaller('clear')(x)\n"),
    ("today", "import datetime\ndef f(x):\n    return datetime.date.today()\n"),
    (
        "a wrapper of itself",
        "from functools import update_wrapper\ndef f(x):\n    update_wrapper(f, str)\n    return f.__name__\n",
    ),
    (
        "self that is a class",
        "class C:\n    @classmethod\n    def g(self, x):\n        self.n = x\ndef f(x):\n    C.g(x)\n",
    ),
    ("self that is given", "def g(self, x):\n    self.n = x\ndef f(x):\n    g(f, x)\n"),
    ("a method of a class", "class C:\n    def g(self, x):\n        self.n = x\ndef f(x):\n    C.g(C, x)\n"),
    (
        "a built-in function behind an argument's name",
        "def g(input):\n    return input\ndef f(x):\n    ask = input\n    return ask()\n",
    ),
    ("limits of sys by another name", "import sys\ndef f(x):\n    s = sys\n    s.n = x\n"),
    ("a library's cache", "import linecache\ndef f(x):\n    return linecache.getline('x', x)\n"),
    ("an unknown attribute", "def f(x):\n    return x.anything\n"),
    ("work at import", f"{PLAIN}f(1)\n"),
    ("a branch at import", f"if True:\n    seen = []\n{PLAIN}"),
]


@pytest.mark.parametrize(("name", "program"), STATEFUL)
def test_a_program_whose_calls_may_depend_on_each_other_keeps_a_state(name: str, program: str) -> None:
    source = analyse(program)
    assert source and source.stateful


OF_ITS_OWN = {
    *("global", "a list of the module", "a dict of the module", "a mutable default", "a mutable default by name"),
    *("an attribute of the function", "an attribute of a class", "a list of a class", "a decorator of its own", "cls"),
    *("self that is the function", "self that is a class", "self that is given", "a method of a class"),
    *("work at import", "a branch at import", "a cache", "an object of the module"),
}
"""Those of them that loading them anew sets back."""


def test_a_state_of_its_own_is_told_from_one_outside() -> None:
    inside = {name for name, program in STATEFUL if (info := analyse(program)) and not info.reaches_out}
    assert inside == OF_ITS_OWN


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


@pytest.mark.parametrize(("name", "program"), STATELESS)
def test_the_code_of_a_program_answers_as_its_text_does(name: str, program: str) -> None:
    source = analyse(program)
    assert source and source.code
    names: dict[str, Any] = {}
    exec(marshal.loads(source.code), names)
    assert "f" not in names or names["f"](4) == _loaded(program)["f"](4)


def test_a_program_that_reads_its_docstring_runs_as_it_was_written() -> None:
    source = analyse('def f(x):\n    "One."\n    return f.__doc__\n')
    assert source and not source.code


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
        assert analyse(text) and analyse_test(text)
    assert not warned
