"""LiveCodeBench's own tests as text: what they say of answers one by one is what they say of a program."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.judged_calls import calls_of_judge, calls_of_test

from coderm_eval.benchmarks.livecodebench.gold_tests import ENTRY_POINT, functional_test, stdin_test
from coderm_eval.benchmarks.livecodebench.test_cases import Case
from coderm_eval.execution.wire.encoding import encode

VALUES: list[tuple[str, Any]] = [
    ("2", 2),
    ("2", 2.0),
    ("2", "2"),
    ("2", 3),
    ("1", True),
    ("null", None),
    ("[1, 2]", [1, 2]),
    ("[1, 2]", (1, 2)),
    ("[1, 2]", [1, 3]),
    ("[[1]]", [(1,)]),
    ('["a", "\\u00e9"]', ["a", "é"]),
    ('"{\\"int\\": 1}"', '{"int": 1}'),
    ('{"a": 1}', {"a": 1}),
    (f"{10**30}", 10**30),
    ("NaN", float("nan")),
    ("[1, 2]", {1, 2}),
]

PRINTED: list[tuple[str, str]] = [
    ("6\n", "6\n"),
    ("6\n", "6"),
    ("6\n", "6.0\n\n"),
    ("6\n", "7\n"),
    ("YES\n", "NO\n"),
    ("1 2\n3\n", " 1 2.0 \n3.00\n"),
    ("1 2\n3\n", "1 2 3\n"),
    ("é\n", "é"),
    ("", "\n"),
    ("1\n", "sNaN\n"),
]


def _names(test: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "test_candidate"}
    exec(compile(test, "test.py", "exec"), names)
    return names


def _passes(names: dict[str, Any], entry_point: str, call: Callable[..., object]) -> bool:
    names[entry_point] = SimpleNamespace(value=call)
    return bool(names["TestGold"]("test_all_cases").run(unittest.TestResult()).wasSuccessful())


def _judged(names: dict[str, Any], number: int, value: object) -> Any:
    return names["_judge_answer"](number, f'["returned",{encode(value)},null,null]')


def _agree(names: dict[str, Any], entry_point: str, value: Any) -> None:
    passes = _passes(names, entry_point, lambda *_: value)
    assert _judged(names, 1, value) in (None, "P" if passes else "F")


@pytest.mark.parametrize(("wanted", "value"), VALUES)
def test_a_value_is_judged_as_the_test_does(wanted: str, value: object) -> None:
    _agree(_names(functional_test([Case("1", wanted, "functional")])), ENTRY_POINT, value)


@pytest.mark.parametrize(("wanted", "printed"), PRINTED)
def test_a_text_is_judged_as_the_test_does(wanted: str, printed: str) -> None:
    _agree(_names(stdin_test([Case("1", wanted, "stdin")])), "solve", printed)


def test_the_calls_of_a_judge_are_those_of_the_test() -> None:
    cases = [Case('[1, {"a": "é"}]\n"b"', "2", "functional"), Case("1\n2", "3", "functional")]
    test, printed = functional_test(cases), stdin_test(cases)
    assert calls_of_judge(test) == calls_of_test(test, ENTRY_POINT)
    assert calls_of_judge(printed) == calls_of_test(printed, "solve")


def test_ordinary_answers_are_judged_without_the_test() -> None:
    """And the test goes on after each right answer but the last."""
    names = _names(functional_test([Case("1", "[1]", "functional"), Case("2", "[2]", "functional")]))
    assert names["_judge_answer"](0, '["function"]') == ""
    assert [_judged(names, 1, [1]), _judged(names, 2, [2]), _judged(names, 2, [1])] == ["", "P", "F"]
    assert names["_judge_answer"](1, '["raised","KeyError","KeyError",["x"]]') == "F"


ODD = [
    '["function"',
    '["returned",[1]]',
    '["returned",[1],[[[1]],{"dict":[]}],null]',
    '["raised","SystemExit","SystemExit",[]]',
    '["raised","Exception","SkipTest",[],{"dict":[]},["SkipTest",["Exception"],"unittest"],null]',
    "7",
    "[" * 999,
]


@pytest.mark.parametrize("answer", ODD)
def test_of_an_answer_that_is_not_ordinary_it_says_nothing(answer: str) -> None:
    names = _names(functional_test([Case("1", "[1]", "functional")]))
    assert names["_judge_answer"](1, answer) is None
