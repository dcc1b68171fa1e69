"""Answers whose tests, or what they need, stand in several fences."""

from __future__ import annotations

import pytest
from helpers.plain_verdicts import verdict

from coderm_eval.generation.extraction.unit_tests import NO_CLASS, extract_tests

RIGHT = "def f(x):\n    return x * 2"
ZERO = "def f(x):\n    return 0"
TRIPLE = "def f(x):\n    return x * 3"
PLUS = "def f(x):\n    return x + 1"

ONE = "class TestOne(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(f(1), 2)\n"
ZEROS = "class TestZero(unittest.TestCase):\n    def test_zero(self):\n        self.assertEqual(f(0), 0)\n"
USES = "class TestAll(unittest.TestCase):\n    def test_all(self):\n        self.assertEqual(f(3), {})\n"
TEMPLATE = "class TestMore(unittest.TestCase):\n    def test_more(self):\n        pass  # add more\n"
WRONG_ONE = ONE.replace("2", "5")


def fenced(*codes: str) -> str:
    return "\n".join(f"Next:\n```python\n{code}```" for code in codes)


def verdicts(answer: str) -> list[str]:
    """Of the one test of an answer: on a right program, and on three wrong ones."""
    (source,) = extract_tests(answer, "f").sources
    return [verdict(source, program) for program in (RIGHT, ZERO, TRIPLE, PLUS)]


BOTH = ["PASS", "FAIL", "FAIL", "FAIL"]
ONLY_ONE = ["PASS", "FAIL", "FAIL", "PASS"]

ANSWERS = {
    "two classes": (fenced("import unittest\n" + ONE, "import unittest\n" + ZEROS), BOTH),
    "a future import in the second": (fenced(ONE, "from __future__ import annotations\n" + ZEROS), BOTH),
    "three classes, one corrected": (fenced(WRONG_ONE, ZEROS, ONE), BOTH),
    "a corrected class": (fenced(WRONG_ONE, ONE), ONLY_ONE),
    "a corrected method": (fenced(WRONG_ONE.replace("TestOne", "TestF"), ONE), ONLY_ONE),
    "one class twice": (fenced(ONE, ONE), ONLY_ONE),
    "a template behind": (fenced(ONE, TEMPLATE), ONLY_ONE),
    "a template before": (fenced(TEMPLATE, ONE), ONLY_ONE),
    "another constant of that name": (
        fenced(
            "N = 7\n" + WRONG_ONE.replace("5", "N"), "N = 2\n" + ONE.replace("TestOne", "TestF").replace("_one", "_f")
        ),
        ["PASS", "FAIL", "FAIL", "PASS"],
    ),
    "one constant in both": (fenced("N = 2\n" + ONE, "N = 2\n" + ZEROS), BOTH),
    "a constant": (fenced("WANTED = 6\n", USES.format("WANTED")), ["PASS", "FAIL", "FAIL", "FAIL"]),
    "a list that is filled": (fenced("L = []\nL.append(6)\n", USES.format("L[0]")), ["PASS", "FAIL", "FAIL", "FAIL"]),
    "a helper": (fenced("def g(x):\n    return 2 * x\n", USES.format("g(3)")), ["PASS", "FAIL", "FAIL", "FAIL"]),
    "a helper of a helper": (
        fenced("K = 2\n", "def g(x):\n    return K * x\n", USES.format("g(3)")),
        ["PASS", "FAIL", "FAIL", "FAIL"],
    ),
    "an import": (
        fenced("from operator import mul\n", USES.format("mul(2, 3)")),
        ["PASS", "FAIL", "FAIL", "FAIL"],
    ),
    "a constant of the corrected tests": (
        fenced("WANTED = 6\n" + USES.format("WANTED + 1"), USES.format("WANTED")),
        ["PASS", "FAIL", "FAIL", "FAIL"],
    ),
    "a command": (fenced(ONE) + "\n```bash\npython -m unittest\n```\n", ONLY_ONE),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_the_tests_of_all_fences_count_unless_a_later_one_has_them(answer: str, expected: list[str]) -> None:
    assert verdicts(answer) == expected


def test_a_restated_program_lends_no_class_to_the_test() -> None:
    program = "class Node:\n    pass\ndef f(x):\n    return Node()\n"
    test = "class TestF(unittest.TestCase):\n    def test_f(self):\n        self.assertIsInstance(f(1), Node)\n"
    (source,) = extract_tests(fenced(program, test), "f").sources
    assert verdict(source, program) == "PASS"


def test_an_answer_of_many_fences_gives_its_last_tests() -> None:
    many = [ONE.replace("One", f"One{n}").replace("_one", f"_{n}") for n in range(300)]
    (source,) = extract_tests(fenced(*many), "f").sources
    assert "TestOne299" in source and "TestOne0(" not in source


# Plain asserts

SAYS = "assert f(1) == 2\n"


def values(*codes: str) -> list[str]:
    """What the asserts of an answer say, without the classes around them."""
    sources = extract_tests(fenced(*codes), "f").sources
    return [source.rpartition("assert ")[2].strip() for source in sources]


def test_the_asserts_of_all_fences_are_tests_each_once() -> None:
    assert values(SAYS, SAYS + "assert f(0) == 0\n") == ["f(1) == 2", "f(0) == 0"]
    assert values(f"{RIGHT}\n{SAYS}", f"{ZERO}\n{SAYS}", "assert f(3) == 6\n") == ["f(1) == 2", "f(3) == 6"]


def test_asserts_about_a_helper_that_the_answer_made_up_are_no_tests() -> None:
    helper = "def g(x):\n    return 7\n\nassert g(1) == 7\n"
    assert values(f"{RIGHT}\n\n{helper}{SAYS}") == ["f(1) == 2"]
    assert extract_tests(fenced(f"{RIGHT}\n\n{helper}"), "f").rejected == NO_CLASS


@pytest.mark.parametrize("before", ["", f"{RIGHT}\n```\nThe tests:\n```\n", "The tests:\n\n"])
def test_asserts_before_the_one_in_which_an_answer_breaks_off_are_kept(before: str) -> None:
    answer = f"```python\n{before}{SAYS}assert f([3]) == [3, 3]\nassert f('a') == 'a"
    sources = extract_tests(answer, "f", truncated=True).sources
    assert [source.rpartition("assert ")[2].strip() for source in sources] == ["f(1) == 2", "f([3]) == [3, 3]"]
