"""Votes by method: which tests a source becomes, and that each does what its method did."""

from __future__ import annotations

from textwrap import dedent

import pytest
from helpers.execution import verdicts_by_name

from coderm_eval.core.records import Verdict
from coderm_eval.generation.extraction.method_tests import by_method
from coderm_eval.generation.extraction.unit_tests import MOST_TEXT, extract_tests, recorded_tests

DOUBLE = "def f(x):\n    return x * 2"
CASE = "class TestF(unittest.TestCase):\n"


def parts(code: str) -> tuple[str, ...]:
    """The tests by method of a source, once it is cleaned as a recorded line is."""
    (source,) = recorded_tests(f"import unittest\n{dedent(code)}", "f").sources
    return by_method(source)


APART = {
    "set-up, helpers and constants": """\
        STEP = 2
        def twice(x): return x * STEP
        class TestF(unittest.TestCase):
            factor = 1
            @classmethod
            def setUpClass(cls): cls.one = 1
            def setUp(self): self.two = 2
            def expect(self, x): self.assertEqual(f(x), twice(x) * self.factor)
            def test_one(self): self.expect(self.one)
            def test_wrong(self): self.assertEqual(f(self.two), 5)
            def test_two(self): self.expect(self.two)
        """,
    "several classes, methods of one name": """\
        class TestF(unittest.TestCase):
            def test_it(self): self.assertEqual(f(1), 2)
        class TestG(unittest.TestCase):
            def test_it(self): self.assertEqual(f(1), 3)
            def test_other(self): self.assertEqual(f(2), 4)
        """,
    "a subclass": """\
        class TestF(unittest.TestCase):
            def setUp(self): self.x = 1
            def test_one(self): self.assertEqual(f(self.x), 2)
            def test_wrong(self): self.assertEqual(f(self.x), 3)
        class TestG(TestF):
            def setUp(self): self.x = 1
            def test_two(self): self.assertEqual(f(2), 4)
        """,
    "a class that others mix in": """\
        class Checks:
            def test_one(self): self.assertEqual(f(1), 2)
            def test_wrong(self): self.assertEqual(f(1), 3)
        class TestF(Checks, unittest.TestCase):
            def test_two(self): self.assertEqual(f(2), 4)
        """,
    "functions": """\
        def test_one(): assert f(1) == 2
        def test_wrong(): assert f(1) == 3
        def test_two(): assert f(2) == 4
        """,
    "a class of pytest's style": """\
        class TestF:
            def setup_method(self): self.x = 1
            def test_one(self): assert f(self.x) == 2
            def test_wrong(self): assert f(self.x) == 3
            def test_two(self): assert f(2) == 4
        """,
    "a fixture and parameters": """\
        import pytest
        @pytest.fixture
        def one(): return 1
        def test_one(one): assert f(one) == 2
        def test_wrong(one): assert f(one) == 3
        @pytest.mark.parametrize("x", [2, 3])
        def test_two(x): assert f(x) == 2 * x
        """,
    "decorators and comments": """\
        class TestF(unittest.TestCase):
            # the first
            @unittest.skipIf(False, "")
            def test_one(self): self.assertEqual(f(1), 2)
            # the second
            @unittest.skipIf(False, "")
            def test_wrong(self): self.assertEqual(f(1), 3)

            '''no docstring'''
            def test_two(self): self.assertEqual(f(2), 4)
        """,
    "one that is always skipped": """\
        class TestF(unittest.TestCase):
            def test_one(self): self.assertEqual(f(1), 2)
            def test_wrong(self): self.assertEqual(f(1), 3)
            @unittest.skip("later")
            def test_later(self): self.fail()
            def test_two(self): self.assertEqual(f(2), 4)
        @unittest.skip
        class TestG(unittest.TestCase):
            def test_later(self): self.fail()
        """,
    "data of a class under a test's name": """\
        class TestF(unittest.TestCase):
            test_cases = [(1, 2), (2, 4)]
            def test_one(self): self.assertEqual(f(self.test_cases[0][0]), 2)
            def test_wrong(self): self.assertEqual(f(1), 3)
            def test_two(self): self.assertEqual(f(self.test_cases[1][0]), 4)
        """,
}


@pytest.fixture(scope="module")
def verdicts() -> dict[tuple[str, str], Verdict]:
    """The executor's verdicts: {(program, name in APART and number of the part): verdict}."""
    tests = {f"{name} {number}": part for name, code in APART.items() for number, part in enumerate(parts(code))}
    return verdicts_by_name({"right": DOUBLE, "wrong": "def f(x):\n    return None"}, tests, "f")


@pytest.mark.parametrize("name", APART)
def test_each_method_is_a_test_and_a_wrong_one_silences_no_other(
    name: str, verdicts: dict[tuple[str, str], Verdict]
) -> None:
    numbers = range(len(parts(APART[name])))
    assert [verdicts["right", f"{name} {n}"].code for n in numbers] == [*"PFP"]
    assert [verdicts["wrong", f"{name} {n}"].code for n in numbers] == [*"FFF"]


WHOLE = {
    "a single method": CASE + "    def test_one(self): self.assertEqual(f(1), 2)\n",
    "one calls another": CASE
    + "    def test_one(self): self.assertEqual(f(1), 2)\n"
    + "    def test_two(self):\n        self.test_one()\n        self.assertEqual(f(2), 4)\n",
    "one by the name of another": CASE
    + "    def test_one(self): self.assertEqual(f(1), 2)\n"
    + "    def test_two(self): getattr(self, 'test_one')()\n",
    "an alias": CASE
    + "    def test_one(self): self.assertEqual(f(1), 2)\n    test_two = test_one\n"
    + "    def test_three(self): self.assertEqual(f(3), 6)\n",
    "made by a function": "def made(x): return lambda self: self.assertEqual(f(x), 2 * x)\n"
    + CASE
    + "    test_one = made(1)\n    def test_two(self): self.assertEqual(f(2), 4)\n"
    + "    def test_three(self): self.assertEqual(f(3), 6)\n",
    "set later": CASE
    + "    def test_one(self): self.assertEqual(f(1), 2)\n    def test_two(self): self.assertEqual(f(2), 4)\n"
    + "setattr(TestF, 'test_three', lambda self: self.assertEqual(f(3), 6))\n",
    "an override": CASE
    + "    def test_one(self): self.assertEqual(f(1), 7)\n"
    + "class TestG(TestF):\n    def test_one(self): self.assertEqual(f(1), 2)\n",
    "a class of that name twice": CASE
    + "    def test_one(self): self.assertEqual(f(1), 7)\n"
    + CASE
    + "    def test_two(self): self.assertEqual(f(2), 4)\n",
    "within a condition": CASE
    + "    if True:\n        def test_one(self): self.assertEqual(f(1), 2)\n"
    + "    def test_two(self): self.assertEqual(f(2), 4)\n    def test_three(self): self.assertEqual(f(3), 6)\n",
    "a base that is an expression": "def base(): return unittest.TestCase\n"
    + "class TestF(base(), unittest.TestCase):\n"
    + "    def test_one(self): self.assertEqual(f(1), 2)\n    def test_two(self): self.assertEqual(f(2), 4)\n",
    "all are skipped": CASE
    + "    @unittest.skip('')\n    def test_one(self): pass\n    @unittest.skip('')\n    def test_two(self): pass\n",
}


@pytest.mark.parametrize("code", WHOLE.values(), ids=WHOLE.keys())
def test_a_source_whose_methods_cannot_be_told_apart_is_one_test(code: str) -> None:
    (source,) = recorded_tests(f"import unittest\n{code}", "f").sources
    assert by_method(source) == (source,)


def test_a_part_is_what_was_written_but_for_the_other_methods() -> None:
    code = """\
        class TestF(unittest.TestCase):
            \"\"\"Of f.\"\"\"

            # the first
            @unittest.skipIf(False, "")
            def test_one(self):
                self.assertEqual(f(1), 2)  # as is

            def helper(self): ...

            # the second
            def test_two(self):
                self.assertEqual(f(2), 4)
        """
    first, second = parts(code)
    lines = dedent(code).splitlines(keepends=True)
    assert first == "import unittest\n\n" + "".join(lines[:9])
    assert second == "import unittest\n\n" + "".join([*lines[:2], *lines[7:]])


def test_a_part_is_cleaned_to_itself_and_has_no_parts() -> None:
    for code in APART.values():
        for part in parts(code):
            assert by_method(part) == (part,)
            assert recorded_tests(part, "f").sources == extract_tests(part, "f").sources == (part,)


def test_methods_that_two_samples_share_are_the_same_test() -> None:
    one, two, three = (f"    def test_{x}(self):\n        self.assertEqual(f({x}), {2 * x})\n\n" for x in (1, 2, 3))
    assert len({*parts(CASE + one + two), *parts(CASE + one + three)}) == 3


def test_a_source_whose_parts_would_be_too_long_is_one_test() -> None:
    methods = "".join(f"    def test_{n}(self): self.assertEqual(f({n}), {2 * n})\n" for n in range(10))
    source = f"import unittest\n{CASE}{methods}DATA = '{'x' * (MOST_TEXT // 10)}'\n"
    assert by_method(source) == (source,)
    assert len(by_method(source.replace("x" * 100, ""))) == 10
