"""The calls that statements show."""

from __future__ import annotations

import pytest

from coderm_eval.core.records import Form, Problem
from coderm_eval.execution.probing.inputs import probing_inputs
from coderm_eval.execution.probing.statement import shown_calls
from coderm_eval.execution.wire.encoding import encode


def call(*arguments: object, **keywords: object) -> str:
    return encode(["f", list(arguments), keywords])


HEAD = "def f(nums, k):\n"
ONE = "def f(text):\n"
METHOD = "class Solution:\n    def f(self, nums: List[int], k: int = 0) -> int:\n        "

SHOWN: dict[str, tuple[str, list[str]]] = {
    "a doctest": ("    >>> f([1, 2], 3)\n    4\n", [call([1, 2], 3)]),
    "an assert": ("assert f('a') == 'b'\n", [call("a")]),
    "an assert of a part": ("assert set(f((3, 4), (5,))) == set((4,))", [call((3, 4), (5,))]),
    "an equation": ("f(-1) == 2", [call(-1)]),
    "a promise": ("f(1.5) returns 2", [call(1.5)]),
    "an arrow": ("f(2) -> 3, f(4) ➞ 5 and f(6) => 7", [call(2), call(4), call(6)]),
    "a method": ("Solution().f([1])", [call([1])]),
    "keywords": ("f(1, deep=True)", [call(1, deep=True)]),
    "parentheses in text": ("f('a)(b') == 1", [call("a)(b")]),
    "several lines": ("f([1,\n   2])", [call([1, 2])]),
    "plain data": ("f({1: (2, None)}, {3})", [call({1: (2, None)}, {3})]),
    "twice": ("f(1)\nf(1)", [call(1), call(1)]),
    "named values": (f"{HEAD}Input: nums = [1, 2], k = 3\nOutput: 6", [call([1, 2], 3)]),
    "named values of a method": (f'{METHOD}"""\nInput: nums = [-1], k = 3', [call([-1], 3)]),
    "named values in a sentence": (f'{ONE}For text = "AB" the output should be 1.', [call("AB")]),
    "named values with colons": (f"{HEAD}nums : [[0, 1]]\n    k : 1", [call([[0, 1]], 1)]),
    "JSON": (f"{HEAD}nums = [true, null], k = 1.5", [call([True, None], 1.5)]),
    "the only value": (f"{ONE}Input: [4, 2]\nOutput: 2", [call([4, 2])]),
    "calls before named values": (f"{ONE}text = 'a'\ntext = \"b\"\nf('c')", [call("c"), call("b")]),
    "another function": ("g(1), f_f(2), ff(3)", []),
    "the definition": (f"{HEAD}    pass", []),
    "a name": ("f(x) == 1, f(aa)", []),
    "an expression": ("f([0] * 9), f(g(1)), f(*[1])", []),
    "one of two values": (f"{HEAD}nums = [1, 2] is sorted", []),
    "values of other names": (f"{HEAD}numbers = [1], kk = 2", []),
    "no end": ("f(1, 2", []),
    "a far end": (f"f([{'1, ' * 1_000}])", []),
    "no Python": ("f(1 2), f(,)", []),
    "bytes": ("f(b'a')", []),
    "deep": (f"f({'(' * 500}1{')' * 500})", []),
    "nothing": ("", []),
}
"""Texts, and the calls of f."""


@pytest.mark.parametrize(("text", "calls"), SHOWN.values(), ids=SHOWN)
def test_calls_of_the_function_are_found_wherever_they_stand(text: str, calls: list[str]) -> None:
    assert shown_calls(Problem("list/1", "f", text, "")) == calls
    assert shown_calls(Problem("list/1", "f", "", text, form="method")) == calls


SAMPLES: dict[str, tuple[str, list[str]]] = {
    "atcoder": (
        "Sample Input 1\n\n3 2\n1 2 3\n\nSample Output 1\n\n6\n\nSample Input 2\n\n1\n\nSample Output 2\n",
        ["3 2\n1 2 3\n", "1\n"],
    ),
    "codeforces": ("an answer).Sample Input 1:\n2\n\nabc\n\nacb\n\n\n\nSample Output 1:\n\nYES\n", ["2\nabc\nacb\n"]),
    "an example": ("Example\n\nInput\n5 7\nOutput\n12\n", ["5 7\n"]),
    "a fence": ("Example Input:\n```\n5\n```\nExample Output:\n", ["5\n"]),
    "the format": ("Input\n\nThe Input is given in the following format:\n\nN\n\nOutput\n\nPrint N.", []),
}


@pytest.mark.parametrize(("text", "inputs"), SAMPLES.values(), ids=SAMPLES)
def test_sample_inputs_are_what_programs_read(text: str, inputs: list[str]) -> None:
    assert shown_calls(Problem("list/1", "f", text, "", form="stdin")) == [call(given) for given in inputs]


@pytest.mark.parametrize("form", ["function", "method", "stdin"])
def test_inputs_can_be_made_of_them(form: Form) -> None:
    problem = Problem("list/1", "f", "f([1, 2])\nSample Input 1\n1 2\nSample Output 1\n", "", form=form)
    assert len(probing_inputs(shown_calls(problem), "f", 10)) == 10
