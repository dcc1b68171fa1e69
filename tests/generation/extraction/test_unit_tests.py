"""Unit tests out of answers and recorded lines: what is kept, what is dropped, and that the rest still runs."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from helpers.plain_verdicts import verdict
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.programs.source import parse
from coderm_eval.generation.extraction.unit_tests import (
    NO_CLASS,
    NO_CODE,
    NO_METHOD,
    NOT_ONE_CLASS,
    NOT_PYTHON,
    extract_tests,
    recorded_tests,
)

RIGHT = "def ebb(levels):\n    return [b - a for a, b in zip(levels, levels[1:]) if b < a]"
WRONG = "def ebb(levels):\n    return []"

PLAIN = dedent("""\
    import unittest

    class TestEbb(unittest.TestCase):
        def test_fall(self):
            # one fall
            self.assertEqual(ebb([5, 3]), [-2])
    """)


def answer(code: str) -> str:
    return f"Here are the tests:\n```python\n{code}\n```\n"


def cleaned(code: str, entry_point: str = "ebb") -> str:
    """The one test in an answer that holds `code`."""
    extracted = extract_tests(answer(dedent(code)), entry_point)
    assert extracted.rejected is None
    (source,) = extracted.sources
    return source


def body(statement: str, bases: str = "unittest.TestCase", before: str = "") -> str:
    """A test class with one method."""
    return f"import unittest\n{before}\nclass TestEbb({bases}):\n    def test_fall(self):\n        {statement}\n"


CASES = "for levels, falls in CASES: self.assertEqual(ebb(levels), falls); CASES[0]"
CHECK = "self.assertEqual(ebb([5, 3, 4, 1]), [-2, -3])"

TELLS_RIGHT_FROM_WRONG = {
    "plain": PLAIN,
    "imports the candidate": body(CHECK, before="from solution import ebb"),
    "imports the candidate's package": body(CHECK, before="from my.solution import ebb"),
    "relative import": body(CHECK, before="from .solution import ebb"),
    "imports everything": body(CHECK, before="from your_module import *"),
    "candidate under another name": body("self.assertTrue(drop([2, 1]))", before="from solution import ebb as drop"),
    "restates the candidate": body(CHECK, before=RIGHT),
    "restates it wrongly": body(CHECK, before=WRONG),
    "restates it as a lambda": body(CHECK, before="ebb = lambda levels: []"),
    "restates it with a type": body(CHECK, before="from typing import Any\nebb: Any = lambda levels: []"),
    "restates a Solution": body(CHECK, before="class Solution:\n    def ebb(self, x): ...\nebb = Solution().ebb"),
    "a library function of that name": body(CHECK, before="from operator import neg as ebb"),
    "a library of that name": body(CHECK, before="import math as ebb"),
    "alias of TestCase": body(CHECK, "T", "from unittest import TestCase as T"),
    "alias of unittest": body(CHECK, "ut.TestCase", "import unittest as ut"),
    "bare TestCase": body(CHECK, "TestCase", "from unittest import TestCase"),
    "async": "import unittest\nclass TestEbb(unittest.IsolatedAsyncioTestCase):\n"
    "    async def test_fall(self):\n        self.assertEqual(ebb([5, 3]), [-2])\n",
    "base class with setUp": body(
        "self.assertEqual(ebb(self.levels), [-2])",
        "Base",
        "class Base(unittest.TestCase):\n    def setUp(self):\n        self.levels = [5, 3]\n",
    ),
    "mixin": "import unittest\nclass Cases:\n    def test_fall(self):\n        self.assertEqual(ebb([5, 3]), [-2])\n"
    "class TestEbb(Cases, unittest.TestCase):\n    pass\n",
    "constants": body("self.assertEqual(ebb(FALL), LOSS)", before="FALL, LOSS = [5, 3], [-2]\nSIZE: int = 3"),
    "helper": body("check(self, [5, 3])", before="def check(case, levels):\n    case.assertTrue(ebb(levels))"),
    "helper class": body(
        "self.assertEqual(ebb(Gauge([5, 3]).levels), [-2])",
        before="from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Gauge:\n    levels: list\n",
    ),
    "numpy": body("self.assertEqual(ebb(list(np.array([5, 3]))), [-2])", before="import numpy as np"),
    "patch": "import unittest\nfrom unittest.mock import patch\n\n@patch('builtins.print')\n"
    "class TestEbb(unittest.TestCase):\n    @patch('math.floor')\n"
    "    def test_fall(self, *mocks):\n        self.assertEqual(ebb([5, 3]), [-2])\n",
    "future import": "from __future__ import annotations\n" + body(CHECK),
    "two classes": PLAIN + "\n\nclass TestEmpty(unittest.TestCase):\n    def test_empty(self):\n"
    "        self.assertEqual(ebb([]), [])\n",
    "subTest": body("with self.subTest(): " + CHECK),
    "main, double quotes": PLAIN + '\nif __name__ == "__main__":\n    unittest.main()\n',
    "main, single quotes": PLAIN + "\nif __name__ == '__main__':\n    unittest.main()\n",
    "main with arguments": PLAIN + "\nunittest.main(argv=[''], exit=False)\n",
    "a runner": PLAIN + "\nunittest.TextTestRunner().run(unittest.TestSuite())\nraise SystemExit\n",
    "asks for input": PLAIN + "\nfor _ in range(3):\n    input()\n",
    "tabs": PLAIN.replace("    ", "\t"),
    "Windows line ends": PLAIN.replace("\n", "\r\n"),
    "docstring with a fence": body('"""\n        ```\n        ebb([1])\n        ```\n        """\n        ' + CHECK),
    "list filled by append": body(CASES, before="CASES = []\nCASES.append(([5, 3], [-2]))"),
    "list filled by +=": body(CASES, before="CASES = []\nCASES += [([5, 3], [-2])]"),
    "list filled by a loop": body(CASES, before="CASES = []\nfor n in (3, 4):\n    CASES.append(([5, n], [n - 5]))"),
    "list filled by extend and sorted": body(CASES, before="CASES = []\nCASES.extend([([5, 3], [-2])])\nCASES.sort()"),
    "dict filled by keys": body("self.assertEqual(ebb(D[1]), [-2])", before="D = {}\nD[1] = [5, 3]\nD.update(x=2)"),
    "comprehension and del": body(CASES, before="CASES = [([5, n], [n - 5]) for n in (3, 4)]\ndel CASES[0]"),
    "with at the top": body(
        CASES, before="import io\nwith io.StringIO('5 3') as f:\n    CASES = [(list(map(int, f.read().split())), [-2])]"
    ),
    "if at the top": body(
        CASES, before="import sys\nif sys.version_info > (3,):\n    CASES = [([5, 3], [-2])]\nelse:\n    CASES = []"
    ),
    "set-up by a helper": body(CASES, before="CASES = []\ndef add(n):\n    CASES.append(([5, n], [n - 5]))\nadd(3)"),
    "a runner that is kept in a name": PLAIN
    + "\nresult = unittest.TextTestRunner().run(None)\nprint(result.x)\nassert result.x\n",
    "a function that runs the tests": PLAIN + "\ndef main():\n    unittest.main()\n\nmain()\n",
    "a path that is added": body(
        CHECK, before="import os, sys\nsys.path.append(os.path.dirname(__file__))\nfrom solution import ebb"
    ),
    "a module": body("self.assertEqual(solution.ebb([5, 3]), [-2])", before="import solution"),
    "a module under another name": body("self.assertEqual(m.ebb([5, 3]), [-2])", before="import your_module as m"),
    "a module from a package": body("self.assertEqual(solution.ebb([5, 3]), [-2])", before="from src import solution"),
    "a module of a package": body("self.assertEqual(src.solution.ebb([5, 3]), [-2])", before="import src.solution"),
    "a relative module": body("self.assertEqual(tides.ebb([5, 3]), [-2])", before="from . import tides"),
    "a module of the function's name": body("self.assertEqual(ebb.ebb([5, 3]), [-2])", before="import ebb"),
    "a module imported by name": body(
        "self.assertEqual(m.ebb([5, 3]), [-2])", before="import importlib\nm = importlib.import_module('solution')"
    ),
    "two modules at once": body("self.assertEqual(b.ebb([5, 3]), [-2])", before="import math, solution as b"),
    "imported in a method": body("from solution import ebb as e; self.assertEqual(e([5, 3]), [-2])"),
    "a module imported in a method": body("import solution; self.assertEqual(solution.ebb([5, 3]), [-2])"),
    "imported in a try": body(CHECK, before="try:\n    from solution import ebb\nexcept ImportError:\n    pass"),
    "without import unittest": PLAIN.partition("\n\n")[2],
    "without from unittest import": body(CHECK, "TestCase").partition("\n")[2],
    "without import math": body("self.assertEqual(ebb([5, math.floor(3.5)]), [-2])"),
    "pytest.raises": body("with pytest.raises(ValueError): int('x' + str(ebb([5, 3])[0]))", before="import pytest"),
    "pytest without import": body("self.assertEqual(ebb([5, 3])[0], pytest.approx(-2))"),
    "a missing library that is not used": body(CHECK, before="import ddt\nfrom parameterized import parameterized"),
    "a missing library in a try": body(CHECK, before="try:\n    import ddt\nexcept ImportError:\n    ddt = None\nddt"),
    "pytest's function": "def test_fall():\n    assert ebb([5, 3]) == [-2]\n",
    "pytest's functions": "import solution as s\ndef test_a():\n    assert True\n\ndef test_b():\n"
    "    assert s.ebb([5, 3]) == [-2]\n",
    "pytest's class": "class TestEbb:\n    def setup_method(self, method):\n"
    "        self.levels = [5, 3]\n\n    def test_fall(self):\n        assert ebb(self.levels) == [-2]\n",
    "pytest's parametrize": "import pytest\n\n"
    "@pytest.mark.parametrize('levels, falls', [([5, 3], [-2]), ([1], [])])\n"
    "def test_it(levels, falls):\n    assert ebb(levels) == falls\n",
    "async function": "async def test_fall():\n    assert ebb([5, 3]) == [-2]\n",
    "a function main that fills a list": body(
        CASES, before="CASES = []\ndef main():\n    CASES.append(([5, 3], [-2]))\nmain()"
    ),
    "a builder that may end the process": body(
        CASES,
        before="import sys\ndef build():\n    if not ebb: sys.exit()\n    return [([5, 3], [-2])]\nCASES = build()",
    ),
    "a function that ends the process": PLAIN + "\nimport sys\ndef end():\n    sys.exit(0)\n\nend()\n",
    "constants under the main guard": body(
        CASES, before='if __name__ == "__main__":\n    fall = [-2]\n    CASES = [([5, 3], fall)]\n    print(ebb(None))'
    ),
    "a list that is filled within a print": body(CASES, before="CASES = []\nprint(CASES.append(([5, 3], [-2])))"),
    "candidate under a capital name": body("self.assertTrue(E([2, 1]))", before="from solution import ebb as E"),
    "imported by __import__": body("self.assertEqual(m.ebb([5, 3]), [-2])", before="m = __import__('solution')"),
    "abstract tests": "import unittest\nclass Base:\n    class Tests(unittest.TestCase):\n        levels = None\n"
    "        def test_fall(self):\n            self.assertEqual(ebb(self.levels), [-2])\n"
    "class TestEbb(Base.Tests):\n    levels = [5, 3]\n",
    "runTest": body(CHECK).replace("test_fall", "runTest"),
    "methods that are set": "import unittest\nclass TestEbb(unittest.TestCase):\n    pass\ndef make(levels, falls):\n"
    "    return lambda self: self.assertEqual(ebb(levels), falls)\n"
    "setattr(TestEbb, 'test_fall', make([5, 3], [-2]))\n",
    "a method that is assigned": "import unittest\nclass TestEbb(unittest.TestCase):\n    pass\n"
    "TestEbb.test_fall = lambda self: self.assertEqual(ebb([5, 3]), [-2])\n",
    "class in an if": "import unittest\nif True:\n    class TestEbb(unittest.TestCase):\n"
    "        def test_fall(self):\n            self.assertEqual(ebb([5, 3]), [-2])\n",
    "class in a function": "import unittest\ndef make():\n    class TestEbb(unittest.TestCase):\n"
    "        def test_fall(self):\n            self.assertEqual(ebb([5, 3]), [-2])\n    return TestEbb\n"
    "TestEbb = make()\n",
    "a Solution that calls it": body(
        "self.assertEqual(Solution().ebb([5, 3]), [-2])",
        before="class Solution:\n    def ebb(self, levels):\n        return ebb(levels)",
    ),
    "signs as in a web page": body("a = 2 &gt; 1; self.assertTrue(a &amp; (len(ebb([5, 3])) &gt; 0))"),
    "check of HumanEval": "METADATA = {}\n\ndef check(candidate):\n    assert candidate([5, 3]) == [-2]\n"
    "\ncheck(ebb)\n",
}


@pytest.mark.parametrize("code", TELLS_RIGHT_FROM_WRONG.values(), ids=TELLS_RIGHT_FROM_WRONG.keys())
def test_a_usable_test_tells_a_right_program_from_a_wrong_one(code: str) -> None:
    source = cleaned(code)
    assert (verdict(source, RIGHT), verdict(source, WRONG)) == ("PASS", "FAIL")


@pytest.mark.parametrize("code", TELLS_RIGHT_FROM_WRONG.values(), ids=TELLS_RIGHT_FROM_WRONG.keys())
def test_cleaning_a_clean_test_again_changes_nothing(code: str) -> None:
    source = cleaned(code)
    assert extract_tests(source, "ebb").sources == recorded_tests(source, "ebb").sources == (source,)


@pytest.mark.parametrize(
    ("before", "made"),
    [
        ("import solution", "solution.Solution()"),
        ("import your_module as m", "m.Solution()"),
        ("from src import solution", "solution.Solution()"),
        ("import src.tides", "src.tides.Solution()"),
        ("import math, tides as t\nmade = t.Solution()", "made"),
    ],
)
def test_a_module_that_has_the_class_stands_for_the_candidate(before: str, made: str) -> None:
    source = cleaned(body(f"tide = {made}; self.assertEqual(tide.ebb([5, 3]), [-2])", before=before))
    method = "class Solution:\n    def ebb(self, levels):\n        return ebb(levels)\n"
    assert [verdict(source, f"{ebb}\n{method}") for ebb in (RIGHT, WRONG)] == ["PASS", "FAIL"]


def test_comments_inside_a_class_are_kept() -> None:
    assert "# one fall" in cleaned(PLAIN)


def test_statements_without_effect_are_dropped() -> None:
    source = cleaned(f'"""Tests of ebb."""\nprint("start")\n{PLAIN}\nCASES = [1]\nCASES += [2]\nCASES\n')
    assert [type(node) for node in ast.parse(source).body] == [ast.Import, ast.ClassDef, ast.Assign, ast.AugAssign]


def test_an_import_of_several_modules_keeps_those_that_exist() -> None:
    source = cleaned("import solution, math, unittest\n" + PLAIN.partition("\n")[2])
    assert source.startswith("import math, unittest\n")


def test_an_alias_of_a_library_function_of_that_name_is_kept() -> None:
    before = "from math import gcd as reference, gcd, lcm"
    source = cleaned(body("self.assertEqual(gcd(4, 6), reference(4, 6))", before=before), "gcd")
    assert "from math import gcd as reference, lcm\n" in source
    assert verdict(source, "def gcd(a, b):\n    return 1") == "FAIL"


def test_of_an_unknown_module_only_new_names_are_defined() -> None:
    source = cleaned(body(CHECK, before="from solution import helper as h, ebb, ebb as ebb, ebb as drop"))
    assert "\ndrop = ebb\n" in source
    assert "helper" not in source


def test_a_name_that_stands_for_a_helper_of_the_candidate_is_kept() -> None:
    before = "from solution import LIMIT as L, helper as h, other as o"
    source = cleaned(body("self.assertEqual(L + h(), 3)", before=before))
    assert "other" not in source
    assert verdict(source, "LIMIT = 1\ndef helper(): return 2") == "PASS"


def test_names_of_html_in_a_text_stay() -> None:
    assert "'&gt;'" in cleaned(body("self.assertEqual(ebb('&gt;'), '>')"))


def test_a_restated_solution_that_calls_a_function_within_is_dropped() -> None:
    before = "class Solution:\n    def ebb(self, x):\n        def ebb(y): return y\n        return ebb(x)"
    assert "Solution" not in cleaned(body(CHECK, before=before))


def test_a_decorated_class_keeps_its_decorators_whatever_ends_the_lines() -> None:
    code = "import unittest\rLEVELS = [2, 1]\r@unittest.skip\r" + PLAIN.partition("\n\n")[2]
    assert "\n@unittest.skip\nclass TestEbb" in recorded_tests(code, "ebb").sources[0]


def test_the_test_is_taken_from_the_block_that_has_a_test_class() -> None:
    text = (
        f"The function:\n```python\n{WRONG}\n```\nIts tests:\n```python\n{PLAIN}```\nRun:\n```\npython -m unittest\n```"
    )
    assert extract_tests(text, "ebb").sources == (cleaned(PLAIN),)


def test_a_test_class_that_was_reasoned_about_is_not_the_answer() -> None:
    assert extract_tests(f"<think>{answer(PLAIN)}</think>I cannot test this.", "ebb").rejected == NO_CODE


# Answers without a test

REJECTED = [
    ("", NO_CODE),
    ("I cannot write tests for this.", NO_CODE),
    ("<think>Let me see", NO_CODE),
    (answer("assert [2, 1]"), NO_CLASS),
    (answer("def f():\n    assert ebb([2, 1]) == [-1]"), NO_CLASS),
    (answer("class TestEbb(TestCases):\n    def test_fall(self): ..."), NO_CLASS),
    (answer(PLAIN + "        self.assertEqual(ebb([1, 2"), NOT_PYTHON),
    (answer(body(CHECK).replace("test_fall", "check_fall")), NO_METHOD),
    (answer("import unittest\nclass TestEbb(unittest.TestCase): ..."), NO_METHOD),
    (answer("import unittest\nclass E(unittest.TestCase): ...\nclass F:\n    def test_fall(self): ..."), NO_METHOD),
]


@pytest.mark.parametrize(("text", "reason"), REJECTED, ids=range(len(REJECTED)))
def test_an_answer_without_a_test_is_rejected_with_the_reason(text: str, reason: str) -> None:
    assert extract_tests(text, "ebb") == ((), reason)


MISSING = {
    "parameterized": "from parameterized import parameterized\n" + body("parameterized"),
    "ddt": "import ddt\n\n@ddt.ddt\n" + body(CHECK).partition("\n")[2].lstrip(),
    "shapely": "import shapely.geometry\n" + body("shapely.geometry.Point(ebb([5, 3]))"),
    "hamcrest": "from hamcrest import assert_that, equal_to\n" + body("assert_that(ebb([5, 3]), equal_to([-2]))"),
    "nose": body("from nose import tools; tools.eq_(ebb([5, 3]), [-2])"),
}


@pytest.mark.parametrize("module", MISSING)
def test_a_test_that_needs_a_missing_module_is_rejected_by_its_name(module: str) -> None:
    for extracted in (extract_tests(answer(MISSING[module]), "ebb"), recorded_tests(MISSING[module], "ebb")):
        assert extracted == ((), f"module {module} is not installed")


CALLED = {
    "at the top": "def run_checks():\n    assert ebb([5, 3]) == [-2]\n    print('ok')\n\nrun_checks()\n",
    "under the main guard": "CASES = [([5, 3], [-2])]\ndef main():\n    for levels, falls in CASES:\n"
    "        assert ebb(levels) == falls, levels\n\nif __name__ == '__main__':\n    main()\n",
    "beside another": "def verify(n=3):\n    assert ebb([5, n]) == [-2]\n\ndef more():\n    assert ebb([]) == []\n\n"
    "if __name__ == '__main__':\n    verify()\n    more()\n",
}


@pytest.mark.parametrize("where", CALLED)
def test_a_function_of_asserts_that_the_module_calls_is_a_test(where: str) -> None:
    for extracted in (extract_tests(answer(CALLED[where]), "ebb"), recorded_tests(CALLED[where], "ebb")):
        (source,) = extracted.sources
        assert [verdict(source, program) for program in (RIGHT, "def ebb(levels):\n    return [2]\n")] == [
            "PASS",
            "FAIL",
        ]


def test_a_function_of_asserts_with_arguments_is_a_helper() -> None:
    sources = recorded_tests("def is_fall(x):\n    assert x == [-2]\n\nis_fall(ebb([5, 3]))\n", "ebb").sources
    assert sources == ()


def test_a_module_of_which_only_the_class_is_used_stands_for_the_candidate() -> None:
    code = body("self.assertEqual(sea.tides.Solution().ebb([5, 3]), [-2])", before="import sea.tides")
    (source,) = recorded_tests(code, "ebb").sources
    solution = "class Solution:\n    def ebb(self, levels):\n        return [-2]\n"
    assert verdict(source, f"{solution}\ndef ebb(levels):\n    return Solution().ebb(levels)\n") == "PASS"


# Answers that the limit of tokens cut off

WHOLE = dedent("""\
    import unittest

    class TestEbb(unittest.TestCase):
        def setUp(self):
            self.levels = [5, 3]

        def test_fall(self):
            self.assertEqual(ebb(self.levels), [-2])

        @unittest.skipIf(False, "never")
        def test_rise(self):
            text = \'\'\'
            def test_is_no_method(self):
            \'\'\'
            self.assertEqual(ebb([1, 2]), [])
    """)

CUT_AT = ["# the end", "ebb([1, 2])", "def test_is_no", "'''", "def test_rise", "@unittest", "skipIf(Fa"]


@pytest.mark.parametrize("mark", CUT_AT)
def test_of_a_truncated_answer_the_complete_methods_are_kept(mark: str) -> None:
    cut = f"```python\n{WHOLE}# the end"
    cut = cut[: cut.index(mark) + len(mark)]
    (source,) = extract_tests(cut, "ebb", truncated=True).sources
    assert (verdict(source, RIGHT), verdict(source, WRONG)) == ("PASS", "FAIL")
    assert "def test_fall" in source and "test_rise" not in source


@pytest.mark.parametrize("mark", ["import", "class", "def setUp", "def test_fall", "ebb(self"])
def test_a_truncated_answer_without_a_complete_method_is_rejected(mark: str) -> None:
    cut = f"```python\n{WHOLE}"
    assert extract_tests(cut[: cut.index(mark) + len(mark)], "ebb", truncated=True).rejected


def test_code_that_was_complete_before_the_cut_is_kept_whole() -> None:
    (source,) = extract_tests(f"{answer(WHOLE)}These tests", "ebb", truncated=True).sources
    assert "test_rise" in source


def test_paper_mode_drops_a_truncated_answer() -> None:
    cut = f"```python\n{WHOLE}"
    assert extract_tests(cut, "ebb", "paper", truncated=True).rejected
    assert extract_tests(cut, "ebb", truncated=True).sources


def test_a_truncated_answer_that_repeats_itself_does_not_end_the_run() -> None:
    endless = (
        "```python\nimport unittest\nclass T(unittest.TestCase):\n" + "    def test_a(self):\n        x = (\n" * 3_000
    )
    assert extract_tests(endless, "ebb", truncated=True).rejected


# Lines of a tests file


def test_a_recorded_class_is_cleaned_as_an_answer_is() -> None:
    code = f"from solution import ebb\n{PLAIN}\nunittest.main()\n"
    assert recorded_tests(code, "ebb") == extract_tests(answer(code), "ebb")


def test_each_plain_assert_is_a_test_of_its_own() -> None:
    sources = recorded_tests("assert ebb([2, 1]) == [-1]\nassert ebb([1, 2]) == []; assert ebb([1, 2])", "ebb").sources
    assert [verdict(source, RIGHT) for source in sources] == ["PASS", "PASS", "FAIL"]
    assert [verdict(source, WRONG) for source in sources] == ["FAIL", "PASS", "FAIL"]


USABLE_ASSERTS = [
    "levels = []\nlevels.append(2)\nlevels += [1]\nassert ebb(levels)",
    "for levels in ([2, 1], [3, 1]):\n    assert ebb(levels)",
    "import solution\nassert solution.ebb([2, 1])",
    "assert ebb([2, 1]) == [-1]",
    "assert ebb([2, 1]) == [-1], 'one fall'  # of a metre",
    "assert (\n    ebb([2, 1])\n== [-1]\n)",
    "assert ebb([2, 1]) \\\n== [-1]",
    "assert '''\na'''.strip() == 'a' and ebb([2, 1])",
    "import math\nassert ebb([2, math.floor(1.5)])",
    "import solution\nfrom solution import ebb\nassert ebb([2, 1])",
    "from __future__ import annotations\nassert ebb([2, 1])",
    "levels = [2, 1]\nassert ebb(levels)",
    "levels = [2, 1]\nassert ebb(levels)\nlevels = None",
    "def pair(x):\n    return [x, x - 1]\nassert ebb(pair(2))",
    f"{WRONG}\nassert ebb([2, 1])",
    "print(ebb(None))\nassert ebb([2, 1])",
    "if __name__ == '__main__':\n    levels = [2, 1]\n    assert ebb(levels)",
    "assert ebb([2, 1]); exit()",
    "assert ebb([\t2, 1])\r\n",
    "assert 'é' and ebb([2, 1])",
    "assert ebb([2, " + "1 + " * 300 + "1 - 300])",
    "assert ebb([2, (" + "1 +\n" * 300 + "1 - 300)])",
]


@pytest.mark.parametrize("line", USABLE_ASSERTS, ids=range(len(USABLE_ASSERTS)))
def test_an_assert_runs_with_what_stands_above_it(line: str) -> None:
    (source,) = recorded_tests(line, "ebb").sources
    assert (verdict(source, RIGHT), verdict(source, WRONG)) == ("PASS", "FAIL")


def test_a_multi_line_string_in_an_assert_is_not_indented() -> None:
    (source,) = recorded_tests('assert ebb([2, 1]) and """\nx""" == "\\nx"', "ebb").sources
    assert verdict(source, RIGHT) == "PASS"


def test_equal_asserts_become_equal_tests() -> None:
    """So that they share a column of verdicts."""
    one, other = (recorded_tests(f"{line}assert ebb([2, 1])", "ebb").sources for line in ("", "print(1)\n\n"))
    assert one == other


UNUSABLE_LINES = [
    ("", NO_CLASS),
    ("x = 1", NO_CLASS),
    ("assert ebb([2, 1) == [-1]", NOT_PYTHON),
    ("not python at all", NOT_PYTHON),
    ("impor t unittest\n" + PLAIN, NOT_PYTHON),
    (answer("impor t unittest\n"), NOT_PYTHON),
    ("```\n```\n", NOT_PYTHON),
    (answer("x = 1"), NO_CLASS),
    (answer(MISSING["parameterized"]), "module parameterized is not installed"),
    ("import unittest\nclass TestEbb(unittest.TestCase): ...\nassert ebb([2, 1])", NO_METHOD),
]


@pytest.mark.parametrize(("line", "reason"), UNUSABLE_LINES, ids=range(len(UNUSABLE_LINES)))
def test_a_line_without_a_test_is_rejected_with_the_reason(line: str, reason: str) -> None:
    assert recorded_tests(line, "ebb") == ((), reason)


FENCED_LINES = {
    "a class": (answer(PLAIN), PLAIN),
    "a class alone": (f"```python\n{PLAIN}```", PLAIN),
    "without a label": (f"```\n{PLAIN}```\n", PLAIN),
    "waved": (f"~~~py\n{PLAIN}~~~\n", PLAIN),
    "left open": (f"```python\n{PLAIN}", PLAIN),
    "asserts": ("```python\nassert ebb([2, 1]) == [-1]\n```", "assert ebb([2, 1]) == [-1]"),
}


@pytest.mark.parametrize("form", FENCED_LINES)
def test_a_recorded_line_in_fences_is_read_as_an_answer(form: str) -> None:
    fenced, plain = FENCED_LINES[form]
    sources = recorded_tests(fenced, "ebb").sources
    assert len(sources) == 1
    assert [verdict(sources[0], program) for program in (RIGHT, WRONG)] == ["PASS", "FAIL"]
    assert sources == recorded_tests(plain, "ebb").sources


def test_plain_asserts_of_an_answer_are_tests_as_in_a_tests_file() -> None:
    code = "assert ebb([2, 1]) == [-1]\nassert ebb([1, 2]) == []"
    assert extract_tests(answer(code), "ebb").sources == recorded_tests(code, "ebb").sources


# The paper's way


def paper(code: str) -> str:
    extracted = extract_tests(answer(code), "ebb", "paper")
    assert extracted.rejected is None
    (source,) = extracted.sources
    return source


def test_paper_mode_keeps_imports_and_the_class() -> None:
    source = paper(f"from math import *\n{PLAIN}")
    assert source.split("\n", 1)[0] == "from math import *"
    assert (verdict(source, RIGHT), verdict(source, WRONG)) == ("PASS", "FAIL")


@pytest.mark.parametrize("quote", ["'", '"'])
def test_paper_mode_drops_the_main_block(quote: str) -> None:
    assert paper(f"{PLAIN}\nif __name__ == {quote}__main__{quote}:\n    unittest.main()") == paper(PLAIN)


def test_paper_mode_drops_helpers_constants_and_the_restated_function() -> None:
    """The authors' script loses them, although a test may need them; its results are reproduced as they are."""
    code = (
        f"import unittest\nLEVELS = [2, 1]\n\n{WRONG}\n\n{PLAIN.partition('import unittest')[2]}\ndef helper(): ...\n"
    )
    assert paper(code) == paper(PLAIN)


def test_paper_mode_drops_only_the_import_of_the_placeholder_module() -> None:
    source = paper(f"from your_module import ebb\nfrom solution import ebb\n{PLAIN}")
    assert "your_module" not in source
    assert "from solution import ebb" in source


PAPER_REJECTED = [
    ("", NO_CODE),
    (PLAIN, NO_CODE),
    (answer(PLAIN) + answer(PLAIN), NO_CODE),
    ("assert ebb([2, 1]) == [1, 2]", NO_CODE),
    (answer("assert ebb([]) == []") + answer("assert ebb([1]) == [1]"), NO_CODE),
    (">>> ebb([2, 1])\n[1, 2]\n", NO_CODE),
    (answer(PLAIN + "\nclass Gauge: ..."), NOT_ONE_CLASS),
    (answer(body("class Inner: ...")), NOT_ONE_CLASS),
    (answer("assert ebb([2, 1])"), NOT_ONE_CLASS),
    (answer(PLAIN + "        self.assertEqual(ebb([1, 2"), NOT_ONE_CLASS),
    (answer("import unittest\nif True:\n    class T(unittest.TestCase): ..."), NOT_ONE_CLASS),
]


@pytest.mark.parametrize(("text", "reason"), PAPER_REJECTED, ids=range(len(PAPER_REJECTED)))
def test_paper_mode_rejects_what_is_not_one_block_with_one_class(text: str, reason: str) -> None:
    assert extract_tests(text, "ebb", "paper") == ((), reason)


# Invariants

PIECES = [
    *("import unittest\n", "from unittest import TestCase as T\n", "from solution import ebb as e\n", "import ebb\n"),
    *("class A(unittest.TestCase):\n", "class B(A):\n", "class C(T, x.y):\n", "class D(1 + f()):\n", "class E:\n"),
    *("    def test_a(self): pass\n", "    async def test_b(self): pass\n", "    x = 1\n", "@d\n", "@e(\n'')\n"),
    *("assert ebb(1) == 1\n", "assert (1,\n2)\n", "x = 1\n", "ebb = 2\n", "x: int\n", "if 1:\n", "'''", "\\\n", "; "),
    *("\n", "\r\n", "\r", "\x0c", " ", "\t", "é", "\ud800", "\0", "```", "```python\n", "</think>", "# note\n"),
    *("if __name__ == '__main__':\n    unittest.main()\n", "def ebb(): pass\n", "\nclass ", "\ndef "),
]
codes = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=20).map("".join))


@given(codes, st.sampled_from(["ebb", ""]))
def test_an_answer_gives_either_tests_or_a_reason(text: str, entry_point: str) -> None:
    for extracted in (
        extract_tests(text, entry_point),
        extract_tests(answer(text), entry_point),
        extract_tests(answer(text), entry_point, "paper"),
        recorded_tests(text, entry_point),
    ):
        assert bool(extracted.sources) != bool(extracted.rejected)


@given(codes.map(lambda text: text + PLAIN))
def test_a_cleaned_test_does_not_redefine_the_function_under_test(text: str) -> None:
    for source in (*extract_tests(answer(text), "ebb").sources, *recorded_tests(text, "ebb").sources):
        tree = parse(source)
        assert tree is not None
        assert "ebb" not in {getattr(node, "name", None) for node in tree.body}


@given(st.lists(st.tuples(st.lists(st.integers(), max_size=3), st.booleans()), min_size=1, max_size=5))
def test_asserts_keep_their_order_and_their_meaning(lines: list[tuple[list[int], bool]]) -> None:
    text = "\n".join(f"assert {'' if holds else 'not '}len(ebb({levels})) >= 0" for levels, holds in lines)
    sources = recorded_tests(text, "ebb").sources
    assert [verdict(source, RIGHT) for source in sources] == ["PASS" if holds else "FAIL" for _, holds in lines]


NESTED_TOO_DEEP = [
    "import unittest\nclass A(" + "1 + " * 500 + "1):\n    def test_a(self): ...",
    body("x = " + "-" * 5000 + "1"),
    "assert " + "not " * 3000 + "ebb",
    "assert " + "(" * 3000 + "ebb" + ")" * 3000,
]


@pytest.mark.parametrize("code", NESTED_TOO_DEEP, ids=range(len(NESTED_TOO_DEEP)))
def test_a_repetition_loop_in_the_model_does_not_end_the_run(code: str) -> None:
    for extracted in (extract_tests(answer(code), "ebb"), recorded_tests(code, "ebb")):
        assert bool(extracted.sources) != bool(extracted.rejected)
