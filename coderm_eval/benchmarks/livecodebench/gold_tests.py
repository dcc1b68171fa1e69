"""LiveCodeBench's own tests as the executor runs them: one unittest class for all cases of a problem.

Facts of the official grader (lcb_runner/evaluation/testing_util.py): a case has 6 s; values are compared with ==, a
tuple that is the whole answer as a list; printed text line by line without surrounding blanks, a line that differs as
the numbers in it; all cases have to pass, and the first that does not is the last.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence

from coderm_eval.benchmarks.livecodebench import official_stdin
from coderm_eval.benchmarks.livecodebench.test_cases import Case
from coderm_eval.core.programs.prelude import FULL_PRELUDE, prelude
from coderm_eval.core.programs.prelude import LIMITS as PYTHON_LIMITS
from coderm_eval.core.programs.source import parse
from coderm_eval.execution.limits import Limits

__all__ = [
    "ENTRY_POINT",
    "LIMITS",
    "REVISION",
    "functional_program",
    "functional_test",
    "official_stdin_program",
    "stdin_test",
]

REVISION = 1
"""Part of the keys of stored grades, in place of the tests' text. Raise it when a change here or in `official_stdin`
can change a grade."""

LIMITS = Limits(timeout_s=6.0, memory_mb=4096, output_mb=64, file_mb=64, per_call=True)
"""The official 6 s for a case; and 4 GiB, which the official code names but does not set."""

ENTRY_POINT = "called_by_the_grader"
"""The function that tests call: a name that no program uses for something else."""

_FUNCTIONAL = (
    PYTHON_LIMITS
    + """
import json
import unittest

CASES = {cases!r}


class TestGold(unittest.TestCase):
    def test_all_cases(self):
        for given, wanted in CASES:
            answer = {name}(*map(json.loads, given.split("\\n")))
            if isinstance(answer, tuple):
                answer = list(answer)
            self.assertTrue(answer == json.loads(wanted))
"""
)

_STDIN = """
import decimal
import unittest

CASES = {cases!r}


def lines(text):
    return [line.strip() for line in text.strip().split("\\n")]


def numbers(line):
    return [decimal.Decimal(word) for word in line.split()]


class TestGold(unittest.TestCase):
    def test_all_cases(self):
        for given, wanted in CASES:
            printed, wanted = lines(solve(given)), lines(wanted)
            self.assertEqual(len(printed), len(wanted))
            for ours, theirs in zip(printed, wanted):
                self.assertTrue(ours == theirs or numbers(ours) == numbers(theirs))
"""


def functional_test(cases: Sequence[Case]) -> str:
    """Return a unittest class that calls the function ENTRY_POINT with the arguments of each case."""
    return _FUNCTIONAL.format(cases=[case[:2] for case in cases], name=ENTRY_POINT)


def stdin_test(cases: Sequence[Case]) -> str:
    """Return a unittest class that calls `solve` with the input of each case."""
    return _STDIN.format(cases=[case[:2] for case in cases])


def functional_program(program: str, name: str) -> str:
    """Return `program` after what the official grader puts before it, with ENTRY_POINT, which calls what it would call.

    It calls a method of one `Solution` for all cases where that name of a class is in the text, else a function.
    """
    before = prelude(program) + "".join(
        f"sys.modules[{name!r}] = None\n" for name in official_stdin.WITHHELD if name in program
    )
    if "class Solution" not in program:
        called, kept = name, ""
    elif _keeps_a_state(program):
        called, kept = f"_solution.{name}", "_solution = Solution()\n"
    else:
        called, kept = f"Solution().{name}", ""
    return f"{before}{program}\n{kept}\n\ndef {ENTRY_POINT}(*arguments):\n    return {called}(*arguments)\n"


def official_stdin_program(program: str) -> str:
    """Return `program` as a function `solve`, with the official grader's defects."""
    source = inspect.getsource(official_stdin)
    return f"{source}\n\nPROGRAM = {program!r}\nPRELUDE = {FULL_PRELUDE!r}\n"


def _keeps_a_state(program: str) -> bool:
    """Return whether one instance for all cases may differ from a new one for each, which is faster to run."""
    nodes = list(ast.walk(parse(program) or ast.Module([], [])))
    stored = any(isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) for node in nodes)
    made = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return stored or not made.isdisjoint({"__init__", "__new__"}) or not used.isdisjoint({"setattr", "vars"})
