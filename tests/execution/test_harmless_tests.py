"""Which tests are proved harmless, and that the lists of the proof lead no further than to what is a test's own."""

from __future__ import annotations

import ast
import importlib
import types

import pytest
from helpers.attacks_by_tests import ATTACKS_BY_TESTS, SPIES
from helpers.execution import is_harmless

from coderm_eval.core.programs.given_pytest import PYTEST
from coderm_eval.core.programs.given_to_tests import CANDIDATE_MODULE
from coderm_eval.execution.harmless_names import ATTRIBUTES, MODULES
from coderm_eval.generation.extraction.unit_tests import recorded_tests


def _case(*lines: str, before: str = "") -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"import unittest\n{before}\n\nclass TestRungs(unittest.TestCase):\n    def test_rungs(self):\n{body}"


SELF = "class TestRungs(unittest.TestCase):\n"

HARMLESS: list[tuple[str, str]] = [
    ("assertEqual", _case("self.assertEqual(rungs(2), 6)")),
    ("every kind of literal", _case("self.assertEqual(rungs([1, (2,), {3}, {4: b'5'}, f'{6:.1f}', None, ...]), -7j)")),
    ("assertRaises", _case("with self.assertRaises(ValueError) as cm: rungs(-1)", "assert 'x' in str(cm.exception)")),
    ("a loop with subTest", _case("for n in range(9):", "    with self.subTest(n=n): assert rungs(n) == 3 * n")),
    ("methods of plain values", _case("assert sorted(rungs('a b').split())[0].upper() == 'A'")),
    ("setUp", f"import unittest\n{SELF}    def setUp(self): self.low = 2\n    def test(self): rungs(self.low)\n"),
    (
        "setUpClass",
        f"import unittest\n{SELF}    @classmethod\n    def setUpClass(cls): cls.low = 2\n"
        "    def test(self): rungs(self.low)\n",
    ),
    (
        "a helper method",
        f"import unittest\n{SELF}    def check(self, n): rungs(n)\n    def test(self): self.check(1)\n",
    ),
    ("a helper function", _case("check(1)", before="def check(n):\n    assert rungs(n) == 3 * n\n")),
    ("a class of its own", _case("Ladder(1)", before="class Ladder:\n    def __init__(self, n): self.n = n\n")),
    ("main guard", f"{_case('rungs(1)')}\n\nif __name__ == '__main__':\n    unittest.main()\n"),
    ("math", _case("assert math.isclose(rungs(1), math.pi)", before="import math")),
    ("math that the program has imported", _case("assert math.isclose(rungs(1), math.pi)")),
    ("names of typing", _case("rungs(1)", before="from typing import List, Optional\nlow: List[int] = [1]")),
    ("numpy", _case("np.testing.assert_allclose(rungs(np.array([1])), 3)", before="import numpy as np")),
    ("random numbers", _case("random.seed(1); rungs(random.randint(1, 2))", before="import random")),
    ("type of a value", _case("assert type(rungs(1)) is int and isinstance(rungs(1), int)")),
    ("format of numbers", _case("assert '{:.2f}'.format(rungs(1)) == '3.00'")),
    ("a method of the program's class", _case("self.assertEqual(Ladder(3).countRungs(), 9)")),
    ("its own class's attributes", _case("assert Ladder(1).low == 1", before="class Ladder:\n    low = 1")),
    ("a name of underscores", _case("___ = rungs(1)")),
    ("its variable has a module's name", _case("string = 'ab'", "rungs(string.upper())")),
    ("a linked list", _case("assert rungs(1).next.value == Node(2).data == Node(3).name")),
    ("its own enumeration", _case("rungs(Kind.LOW)", before="from enum import Enum\nclass Kind(Enum):\n    LOW = 1")),
    ("modules without use", _case("rungs(1)", before="import os, sys, logging as log\nfrom io import open as o")),
    ("names without use", _case("rungs(1)", before="from functools import wraps\nfrom unittest.mock import patch")),
    (
        "all names of modules",
        _case("assert rungs(ceil(1)) or Deque", before="from math import *\nfrom typing import *"),
    ),
    ("pytest without use", _case("rungs(1)", before="import pytest")),
    (
        "pytest",
        _case(
            "with pytest.raises(ValueError, match='x') as e: rungs(-1)",
            "assert e.type is ValueError and str(e.value) == 'x' and rungs(1) == pytest.approx(3.0)",
            before="import pytest",
        ),
    ),
]

WRITTEN: list[tuple[str, str]] = [
    ("import solution", "import solution\ndef test_it(): assert solution.rungs(1) == 3"),
    ("import of a module under a name", "import your_module as m\ndef test_it(): assert m.rungs(1) == 3"),
    ("import of a part of a package", "import src.code\ndef test_it(): assert src.code.rungs(1) == 3"),
    ("from solution", "from solution import rungs, Ladder\ndef test_it(): assert rungs(1) == Ladder(3).n"),
    ("from a package", "from src import solution as s\ndef test_it(): assert s.rungs(1) == s.total(3)"),
    ("from solution, renamed", "from solution import rungs as r\ndef test_it(): assert r(1) == 3"),
    (
        "solution, if it is there",
        "try:\n    from solution import rungs\nexcept ImportError:\n    pass\nassert rungs(1)",
    ),
    ("a path", "import os, sys\nsys.path.append(os.path.dirname(__file__))\nimport rungs_solution\nassert rungs(1)"),
    ("a path without a file", "import sys\nsys.path.insert(0, '..')\nfrom src.solution import rungs\nassert rungs(1)"),
    ("check(candidate)", "def check(candidate):\n    assert candidate(1) == 3\n\ncheck(rungs)"),
    (
        "parametrize",
        "import pytest\n\n@pytest.mark.parametrize('n, length', [(1, 3), (2, 6)])\n"
        "def test_it(n, length):\n    assert rungs(n) == length\n",
    ),
    ("skip", "import pytest as p\n@p.mark.skip\n@p.mark.slow(reason='x')\ndef test_it(): pass\ndef test_b(): rungs(1)"),
    ("a class of pytest's", "class TestRungs:\n    def test_it(self): assert rungs(1) == 3"),
]
"""What test writers write, before it is made a test."""

HARMFUL: list[tuple[str, str]] = [
    ("attribute of a module", _case("math.pi = 3", before="import math")),
    ("attribute of a class", _case("unittest.TestCase.assertEqual = print")),
    ("attribute of a module by an item", _case("math.__dict__['pi'] = 3", before="import math")),
    ("setattr", _case("setattr(math, 'pi', 3)", before="import math")),
    ("getattr", _case("getattr(math, '__loader__')", before="import math")),
    ("import of os", _case("os.getpid()", before="import os")),
    ("os, handed on", _case("here = os", "here.remove('x')", before="import os")),
    (
        "os, by the module that is tested",
        _case("m.os.remove('x')", before=f"import os\n{CANDIDATE_MODULE}m = _Candidate()"),
    ),
    (
        "built-in functions of the module that is tested",
        _case("m.exec('')", before=f"{CANDIDATE_MODULE}m = _Candidate()"),
    ),
    (
        "the module that is tested, looked into",
        _case("m.__builtins__", before=f"{CANDIDATE_MODULE}m = _Candidate()"),
    ),
    (
        "a name for two modules",
        _case("m.getcontext()", before=f"{CANDIDATE_MODULE}m = _Candidate()\nimport decimal as m"),
    ),
    (
        "an argument called like the module that is tested",
        _case("show(lambda: 1)", before=f"{CANDIDATE_MODULE}m = _Candidate()\ndef show(m): m.gi_frame"),
    ),
    ("a stand-in that does more", _case("_Candidate()", before=CANDIDATE_MODULE.replace("globals()", "vars(name)"))),
    (
        "os, by its own kind of the module that is tested",
        _case(
            "C().g()",
            before=f"import os\n{CANDIDATE_MODULE}class C(_Candidate):\n"
            "    def f(self): self.os = 1\n    def g(self): return self.os.remove('x')\n",
        ),
    ),
    (
        "getattr for what the test is given",
        _case("_coderm_arguments('x')", before=f"from shutil import move as getattr\n{PYTEST}"),
    ),
    ("a part of unittest", _case("unittest.mock")),
    ("a part of unittest under another name", _case("u = unittest", "u.mock")),
    ("import of what is not known", _case("rungs(1)", before="import no_such_ladder")),
    ("import of a part", _case("wraps(rungs)", before="from functools import wraps")),
    ("import of everything", _case("get_type_hints(rungs)", before="from typing import *")),
    ("import of everything of os", _case("rungs(1)", before="from os import *")),
    ("pytest's marks of a class", _case("pytest.mark.skip(unittest.TestCase)", before="import pytest")),
    ("pytest's marks under a name", _case("pass", before="from pytest import mark\n@mark.skip\ndef f(): pass")),
    (
        "pytest's marks of what a function returns",
        _case(
            "pass",
            before="import pytest\ndef on(f): return unittest.TestCase\n@pytest.mark.skip\n@on\ndef f(): pass",
        ),
    ),
    (
        "pytest's frames",
        _case("with pytest.raises(ValueError) as e: rungs(-1)", "e.traceback[0].frame", before="import pytest"),
    ),
    ("pytest's warnings", _case("with pytest.warns(UserWarning): rungs(-1)", before="import pytest")),
    ("pytest's runner", _case("pytest.main()", before="import pytest")),
    ("pytest's imports", _case("pytest.importorskip('os')", before="import pytest")),
    ("import under a kept name", _case("rungs(1)", before="import math as self")),
    ("__import__", _case("__import__('os')")),
    ("eval", _case("eval('1')")),
    ("open", _case("open('x')")),
    ("globals", _case("globals()['x'] = 1")),
    ("__builtins__", _case("__builtins__")),
    ("__class__", _case("().__class__.__base__")),
    ("frames of generators", _case("(n for n in 'x').gi_frame")),
    ("attribute of any object that is set", _case("Ladder(3).low = 1")),
    ("private attributes", _case("rungs(1)._private")),
    ("methods of arrays that write files", _case("rungs(1).tofile('x')")),
    ("functions of random by another name", _case("f = random", "f.setstate(1)", before="import random")),
    ("frames by names of its own", _case("self.gi_frame = self.f_back = 1", "(n for n in 'x').gi_frame.f_back")),
    ("tracebacks", _case("try: 1 / 0", "except ZeroDivisionError as e: e.__traceback__")),
    ("format that reads attributes", _case("'{0.__class__}'.format(self)")),
    ("format that is computed", _case("('{0' + '.x}').format(self)")),
    ("type with three arguments", _case("type('A', (), {'__reduce__': print})")),
    ("type under another name", _case("make = type")),
    ("metaclass", _case("rungs(1)", before="class Meta(type): pass\nclass A(metaclass=Meta): pass")),
    ("__reduce_ex__", _case("rungs(1)", before="class A:\n    def __reduce_ex__(self, _): return 1")),
    ("__del__", _case("rungs(1)", before="class A:\n    def __del__(self): pass")),
    ("__init_subclass__", _case("rungs(1)", before="class A:\n    def __init_subclass__(self): pass")),
    (
        "self that is a module",
        _case("TestRungs.put(math)", before="import math") + "    def put(self): self.pi = 3\n",
    ),
    (
        "self that is a module, by the class",
        _case("TestRungs.bend(math)", before="import math") + "    def bend(self): self.pi = 3\n",
    ),
    (
        "self that is a module, by super",
        _case(
            "super(B, B).bend(math)", before="import math\nclass A:\n    def bend(self): self.pi = 3\nclass B(A): pass"
        ),
    ),
    (
        "self that comes second",
        _case("self.bend(math)", before="import math") + "    def bend(mine, /, self): self.pi = 3\n",
    ),
    ("self that is an argument", _case("put(math)", before="import math\ndef put(self): self.pi = 3")),
    ("self of a lambda", _case("put = lambda self: self.add(1)")),
    ("self of a static method", _case("self.put(math)") + "    @staticmethod\n    def put(self): self.pi = 3\n"),
    ("self that is bound anew", _case("self = math", "self.pi = 3", before="import math")),
    ("self of nobody", _case("put()", before="def put(): self.pi = 3")),
    ("a method called in the body of its class", _case("pass") + "    def put(self): self.pi = 3\n    put(math)\n"),
    (
        "a decorated method",
        _case("pass", before="def on(f): f(math)\n") + "    @on\n    def put(self): self.pi = 3\n",
    ),
    (
        "a class method that calls another",
        _case("pass") + "    def put(self): self.pi = 3\n    @classmethod\n    def on(cls): cls.put(math)\n",
    ),
    (
        "classmethod that is its own",
        _case("pass", before="def classmethod(f): return f") + "    @classmethod\n    def put(cls): cls.pi = 3\n",
    ),
    (
        "a generator that goes on when it is collected",
        _case("pass", before="def f():\n    try: yield\n    finally: pass"),
    ),
    ("async", _case("pass", before="async def f(): pass")),
    ("match", _case("match self:", "    case unittest.TestCase(_outcome=o): pass")),
    ("MemoryError", _case("self.assertRaises(MemoryError, rungs)")),
    ("result of the test", _case("self._outcome.result.stop()")),
    ("mock", _case("pass", before="from unittest import mock")),
    ("unittest.main", _case("unittest.main()")),
    ("sys.setrecursionlimit", _case("sys.setrecursionlimit(60)", before="import sys")),
    ("decimal.getcontext", _case("decimal.getcontext().prec = 2", before="import decimal")),
    ("deep nesting", _case(f"self.assertEqual({'-' * 6000}1, 1)")),
    ("not Python", "class TestRungs("),
    ("a megabyte", _case(*["rungs(1)"] * 60_000)),
]


@pytest.mark.parametrize("test", [test for _, test in HARMLESS], ids=[name for name, _ in HARMLESS])
def test_what_a_test_usually_does_is_harmless(test: str) -> None:
    ast.parse(test)
    assert is_harmless(test)


@pytest.mark.parametrize("written", [written for _, written in WRITTEN], ids=[name for name, _ in WRITTEN])
def test_what_writers_usually_begin_with_is_harmless(written: str) -> None:
    [test] = recorded_tests(written, "rungs").sources
    assert is_harmless(test)


@pytest.mark.parametrize("test", [test for _, test in HARMFUL], ids=[name for name, _ in HARMFUL])
def test_what_could_reach_further_is_not_harmless(test: str) -> None:
    assert not is_harmless(test)


@pytest.mark.parametrize("attack", [*ATTACKS_BY_TESTS, *SPIES], ids=lambda attack: attack.name)
def test_no_attack_is_harmless(attack: object) -> None:
    assert not is_harmless(attack.trick)  # type: ignore[attr-defined]


HARMLESS_PARTS = {"abc", "copy", "exceptions", "random"}
"""Modules in other modules of which no attribute that a test may name of any object does harm."""


@pytest.mark.parametrize("module", sorted(MODULES))
def test_what_a_test_may_name_of_any_object_leads_to_no_other_module(module: str) -> None:
    """A module may stand in any variable."""
    found = pytest.importorskip(module) if module == "numpy" else importlib.import_module(module)
    names = ATTRIBUTES | frozenset[str]().union(*MODULES.values())
    parts = {name for name in names - MODULES[module] if isinstance(getattr(found, name, None), types.ModuleType)}
    assert parts <= HARMLESS_PARTS


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_name_on_the_lists_is_special(module: str) -> None:
    assert not [name for name in MODULES[module] | ATTRIBUTES if name.startswith("_")]
