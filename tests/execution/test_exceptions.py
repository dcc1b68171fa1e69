"""What a program raises is raised in a test as an exception of the same class, bases, attributes and text."""

from __future__ import annotations

import textwrap

import pytest
from helpers.execution import verdicts_by_name

from coderm_eval.core.records import Verdict
from coderm_eval.execution.sandbox.exceptions import exception, exception_class

RIGHT = """
import decimal
import json
import statistics
from dataclasses import dataclass


class TideError(Exception):
    pass


class Ebb(TideError):
    def __init__(self, by):
        super().__init__(by)
        self.by = by

    def __str__(self):
        return f"fell by {self.by}"


class Locked(TideError, PermissionError):
    pass


class Unreadable(json.JSONDecodeError):
    pass


@dataclass(frozen=True)
class Gauge:
    height: int


def tide(metres):
    if metres < 0:
        raise Ebb(-metres)
    if metres > 90:
        raise Locked("no way", metres)
    return metres


def parse(text):
    return json.loads(text)


def read(text):
    raise Unreadable("not read", text, 1)


def height(metres):
    return statistics.mean(metres)


def exact(text):
    return decimal.Decimal(text)
"""
WRONG = RIGHT.replace("raise", "return").replace("json.loads(text)", "text").replace("frozen=True", "order=True")
WRONG = WRONG.replace("statistics.mean(metres)", "sum(metres)").replace("decimal.Decimal(text)", "0")

BODIES = {
    "a base of its own": "with self.assertRaises(TideError): tide(-1)",
    "caught by the base": "try:\n    tide(-1)\nexcept (KeyError, TideError) as error:\n    assert error.by == 1\n"
    "else:\n    self.fail()",
    "no other's": "with self.assertRaises(TideError) as raised: tide(-1)\n"
    "assert not isinstance(raised.exception, Locked) and issubclass(Ebb, TideError)",
    "several bases": "with self.assertRaises(PermissionError) as raised: tide(99)\n"
    "assert isinstance(raised.exception, TideError) and raised.exception.args == ('no way', 99)",
    "a text of its own": "with self.assertRaisesRegex(Ebb, '^fell by 3$'): tide(-3)",
    "of json": "with self.assertRaises(json.JSONDecodeError) as raised: parse('{')\nassert raised.exception.pos == 1",
    "a message of json": "with self.assertRaisesRegex(ValueError, 'Expecting'): parse('{')",
    "its own of json": "with self.assertRaises(json.JSONDecodeError): read('{')",
    "of statistics": "with self.assertRaises(statistics.StatisticsError): height([])",
    "of decimal": "with self.assertRaises(decimal.InvalidOperation): exact('a')",
    "of dataclasses": "with self.assertRaises(dataclasses.FrozenInstanceError): Gauge(1).height = 2",
}

ALWAYS_FAILING = {
    "another of its own": "with self.assertRaises(Locked): tide(-1)",
    "a base for the class": "with self.assertRaises(Ebb): raise TideError",
    "of another library": "with self.assertRaises(decimal.InvalidOperation): parse('{')",
}


def _test(body: str) -> str:
    imports = "import dataclasses\nimport decimal\nimport json\nimport statistics\nimport unittest\n\n\n"
    method = "    def test_it(self):\n" + textwrap.indent(body, " " * 8)
    return f"{imports}class TestIt(unittest.TestCase):\n{method}\n"


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], Verdict]:
    tests = {name: _test(body) for name, body in {**BODIES, **ALWAYS_FAILING}.items()}
    return verdicts_by_name({"right": RIGHT, "wrong": WRONG}, tests, "tide")


@pytest.mark.parametrize("name", BODIES)
def test_an_exception_is_what_the_program_raised(found: dict[tuple[str, str], Verdict], name: str) -> None:
    assert (found["right", name], found["wrong", name]) == (Verdict.PASSED, Verdict.FAILED)


@pytest.mark.parametrize("name", ALWAYS_FAILING)
def test_an_exception_is_no_other(found: dict[tuple[str, str], Verdict], name: str) -> None:
    assert found["right", name] == Verdict.FAILED


@pytest.mark.parametrize(
    ("name", "module"),
    [
        *(("SkipTest", "unittest.case"), ("UnknownAnswerError", "coderm_eval.execution.sandbox.known_answers")),
        *(("EndlessError", "coderm_eval.execution.wire.untagging"), ("JSONDecodeError", "json.no_such_module")),
    ],
)
def test_a_program_raises_no_class_of_the_tests_side(name: str, module: str) -> None:
    of = [name, ["Exception"], module]
    assert type(exception("Exception", name, ["x"], {}, of)) is exception_class(of)
    assert exception_class(of).__bases__ == (Exception,)


@pytest.mark.parametrize("of", [5, [], ["X"], ["X", [5], ""], ["loads", [], "json"], ["X", "ab", ""], "print", "x"])
def test_a_class_that_is_none_is_an_error_and_no_exception_of_the_test(of: object) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        exception_class(of)


_UNSET = """
def f(x):
    if x < 0:
        {name} = x
    return {name}
"""
_ASKS_FOR_A_NAME = """
import unittest


class TestF(unittest.TestCase):
    def test_text(self):
        with self.assertRaisesRegex(UnboundLocalError, "'depth'"):
            f(1)
"""


def test_the_name_of_a_variable_in_an_exception_is_the_programs_own() -> None:
    """Programs that differ in such names alone are run once where no answer shows one."""
    programs = {name: _UNSET.format(name=name) for name in ("depth", "height", "level")}
    asked = {
        "text": _ASKS_FOR_A_NAME,
        "answer": _ASKS_FOR_A_NAME.replace("f(1)", "raise UnboundLocalError(f\"'depth'{f(-1)}\")"),
    }
    found = verdicts_by_name(programs, asked, "f")
    assert {name: found[name, "text"] for name in programs} == {
        "depth": Verdict.PASSED,
        "height": Verdict.FAILED,
        "level": Verdict.FAILED,
    }
    assert {found[name, "answer"] for name in programs} == {Verdict.PASSED}
