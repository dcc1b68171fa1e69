"""EvalPlus's tests as the executor runs them: a unittest class for each suite of a problem.

Facts of EvalPlus's grader (evalplus.eval): base and extra inputs are two suites, each in a process of its own; the
first wrong answer is the last; a call may take the longer of 1 s and 4 times what the reference solution took.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from coderm_eval.benchmarks.evalplus import oracle

__all__ = ["LOADS", "suite_test"]

LOADS = "import unittest\n\n\nclass TestLoads(unittest.TestCase):\n    def test_it_loads(self):\n        pass\n"
"""Passes unless the program ends, or runs out of time, before a call is made of it."""

_SUITE = """

import sys
import types
import unittest

from evalplus.gen.util import trusted_exec

inf, nan = float("inf"), float("nan")
INPUTS = {inputs!r}


def expected():
    if "expected_{suite}" not in sys.modules:
        module = sys.modules["expected_{suite}"] = types.ModuleType("expected_{suite}")
        not_none = {name!r} in MBPP_OUTPUT_NOT_NONE_TASKS
        module.answers = trusted_exec({solution!r}, INPUTS, {name!r}, output_not_none=not_none)
    return sys.modules["expected_{suite}"].answers


class TestGold(unittest.TestCase):
    assert_right = staticmethod(check)

    def test_all_inputs(self):
        for given, wanted, atol in zip(INPUTS, expected(), tolerances(expected(), {atol!r})):
            self.assert_right({name!r}, given, {name}(*given), wanted, atol)
"""


def suite_test(problem: Mapping[str, Any], suite: str) -> str:
    """A unittest class that asks for the answers to all inputs of a row of EvalPlus's; `suite` is base or plus."""
    return inspect.getsource(oracle) + _SUITE.format(
        inputs=problem[f"{suite}_input"],
        solution=problem["prompt"] + problem["canonical_solution"],
        name=problem["entry_point"],
        atol=problem["atol"],
        suite=suite,
    )
