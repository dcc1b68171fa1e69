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
from coderm_eval.core.programs.source import all_nodes, parse
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

REVISION = 2
"""Part of the keys of stored grades, in place of the tests' text. Raise it when a change here or in `official_stdin`
can change a grade."""

LIMITS = Limits(timeout_s=6.0, memory_mb=4096, output_mb=64, file_mb=64, per_call=True)
"""The official 6 s for a case; and 4 GiB, which the official code names but does not set."""

ENTRY_POINT = "called_by_the_grader"
"""The function that tests call: a name that no program uses for something else."""

_TEST = """
import unittest

from coderm_eval.execution.wire.encoding import decode, encode

CASES = {cases!r}
{is_right}

def arguments(given):
    return {arguments}


def _judged_calls():
    called = (encode([{name!r}, arguments(given), {{}}, False]) for given, _ in CASES)
    return [encode([{name!r}]), *called]


def _judge_answer(number, answer):
    if number == 0:
        return "" if answer == '["function"]' else None
    try:
        return None if '{{"' in answer else _judged(number, *decode(answer))
    except Exception:
        return None


def _judged(number, what, value, *more):
    if what == "raised":
        return "F" if len(more) == 2 and value not in ("KeyboardInterrupt", "SystemExit") else None
    if what != "returned" or more != (None, None):
        return None
    if not is_right(value, CASES[number - 1][1]):
        return "F"
    return "" if number < len(CASES) else "P"


class TestGold(unittest.TestCase):
    def test_all_cases(self):
        for given, wanted in CASES:
            self.assertTrue(is_right({name}.value(*arguments(given)), wanted))
"""
"""It asks for the value that is returned, and not for what has become of the arguments. `_judge_answer` says the same
of plain answers, those without a tag, as `judgement` has it."""

_IS_RIGHT_VALUE = f"""
{PYTHON_LIMITS}
import json


def is_right(answer, wanted):
    if isinstance(answer, tuple):
        answer = list(answer)
    return answer == json.loads(wanted)
"""

_IS_RIGHT_TEXT = """
import decimal


def lines(text):
    return [line.strip() for line in text.strip().split("\\n")]


def numbers(line):
    return [decimal.Decimal(word) for word in line.split()]


def is_right(printed, wanted):
    if printed == wanted:
        return True
    ours, theirs = lines(printed), lines(wanted)
    try:
        return len(ours) == len(theirs) and all(a == b or numbers(a) == numbers(b) for a, b in zip(ours, theirs))
    except decimal.InvalidOperation:
        return False
"""


def functional_test(cases: Sequence[Case]) -> str:
    """Return a unittest class that calls the function ENTRY_POINT with the arguments of each case."""
    return _test(cases, _IS_RIGHT_VALUE, ENTRY_POINT, r'[*map(json.loads, given.split("\n"))]')


def stdin_test(cases: Sequence[Case]) -> str:
    """Return a unittest class that calls `solve` with the input of each case."""
    return _test(cases, _IS_RIGHT_TEXT, "solve", "[given]")


def _test(cases: Sequence[Case], is_right: str, name: str, arguments: str) -> str:
    return _TEST.format(cases=[case[:2] for case in cases], is_right=is_right, name=name, arguments=arguments)


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
    nodes = all_nodes(parse(program) or ast.Module([], []))
    stored = any(isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) for node in nodes)
    made = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return stored or not made.isdisjoint({"__init__", "__new__"}) or not used.isdisjoint({"setattr", "vars"})
