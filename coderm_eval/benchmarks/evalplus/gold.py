"""EvalPlus's tests as the executor runs them: a unittest class for each suite of a problem.

Facts of EvalPlus's grader (evalplus.eval): the base inputs and the extra ones are two suites, each in a process of its
own; the first wrong answer is the last; a call may take the longer of 1 s and 4 times what the reference solution took,
and an exception that ends it makes the program wrong; a process that dies, or does not end, is a timeout.
"""

from __future__ import annotations

import functools
import importlib.resources
import inspect
import re
from collections.abc import Mapping

from coderm_eval.benchmarks.evalplus.answers import Answers
from coderm_eval.benchmarks.evalplus.dataset import Row
from coderm_eval.execution.plain import encode
from coderm_eval.execution.policy import Policy
from coderm_eval.execution.sources import PURE_MODULES
from coderm_eval.records import Verdict
from coderm_eval.syntax import after_future

__all__ = ["LIMITS", "LOADS", "UNPASSABLE", "can_be_passed", "gold_program", "statuses", "suite_test"]

LIMITS = Policy(output_mb=256, file_mb=64, per_call=True, test_timeout_s=60.0)
"""But for the seconds, which depend on the problem, and the memory, which depends on EvalPlus's variable."""

LOADS = "import unittest\n\n\nclass TestLoads(unittest.TestCase):\n    def test_it_loads(self):\n        pass\n"
"""Passes unless the program ends, or runs out of time, before it is called."""

_SUITE = """

import copy
import unittest

from coderm_eval.execution.plain import decode
from evalplus.gen.util import trusted_exec

INPUTS = decode({inputs!r})
EXPECTED = list(map(decode, {expected!r}))
DIGESTS = {digests!r}


class TestGold(unittest.TestCase):
    assert_right = staticmethod(check)

    def test_all_inputs(self):
        for number, (given, wanted, atol) in enumerate(zip(INPUTS, EXPECTED, tolerances(EXPECTED, {atol!r}))):
            digest = DIGESTS.get(str(number))
            if digest:
                if digest_of_answer(*copy.deepcopy(given)) == digest:
                    continue
                [wanted] = trusted_exec({solution!r}, [given], {name!r})
            self.assert_right({name!r}, given, {name}(*given), wanted, atol)
"""

_DIGEST = """


def digest_of_answer(*arguments):
    return sha256_of_answer({name}(*arguments))
"""

UNPASSABLE = "find_zero"
"""The function of HumanEval/32, all of whose solutions EvalPlus 0.3.1 calls wrong, its own included: it has an oracle
of its own there, and after that forgets to count the input as passed."""


@functools.cache
def can_be_passed() -> bool:
    """Whether the installed EvalPlus lets any solution of UNPASSABLE pass; it is asked about one."""
    from evalplus.eval import untrusted_check

    right = f"def {UNPASSABLE}(xs):\n    return 2.0\n"
    status, _ = untrusted_check("humaneval", right, [[[-2.0, 1.0]]], UNPASSABLE, [2.0], 1e-4, [0.0], fast_check=True)
    return bool(status == "pass")


def suite_test(row: Row, suite: str, answers: Answers) -> str:
    """A unittest class that asks for the answers to all inputs of a suite, of large ones for their digest first.

    A program knows no digest that it has not made an answer for.
    """
    return _text_of("oracle.py") + _SUITE.format(
        inputs=encode(row[f"{suite}_input"]),
        expected=answers.texts,
        digests=answers.digests,
        solution=row["prompt"] + row["canonical_solution"],
        name=row["entry_point"],
        atol=row["atol"],
    )


def gold_program(program: str, row: Row, answers: Mapping[str, Answers]) -> str:
    """`program` with what its tests ask for beside its function, and with EvalPlus's guard where it may notice that.

    The guard takes functions of `os` and others away, and with them the import of some libraries, such as matplotlib.
    """
    if _MAY_NOTICE.search(program):
        program = after_future(program, _guard())
    large = any(found.digests for found in answers.values())
    if not large:
        return program
    return f"{program}\n\n{_text_of('digest.py')}{_DIGEST.format(name=row['entry_point'])}"


_OTHER_IMPORTS = rf"^[^\S\n]*(?:import[^\n]*,|(?:import|from)\s+(?!(?:{'|'.join(sorted(PURE_MODULES))})\b))"
_MAY_NOTICE = re.compile(rf"\bopen\b|\b__import__\b|{_OTHER_IMPORTS}", re.MULTILINE)
"""What a program has that uses more than modules which compute."""


@functools.cache
def _guard() -> str:
    """A statement that runs the installed EvalPlus's, where no name of it stays; the limits are the executor's.

    It can run once in a process: it takes away what it uses itself.
    """
    from evalplus.eval.utils import reliability_guard

    imports = "import faulthandler\nfrom typing import Optional\n"
    called = f"{imports}{inspect.getsource(reliability_guard)}\n{reliability_guard.__name__}()\n"
    return f"__import__('os').putenv and exec({called!r}, {{}})"


def _text_of(file: str) -> str:
    return importlib.resources.files(__package__).joinpath(file).read_text(encoding="utf-8")


def statuses(verdicts: Mapping[str, Verdict], *, unpassable: bool = False) -> dict[str, str]:
    """EvalPlus's statuses by suite, of the verdicts of the suites and of "loads"; nothing if one was not run."""
    if unpassable:
        verdicts = {suite: Verdict.FAILED if v is Verdict.PASSED else v for suite, v in verdicts.items()}
    if Verdict.NOT_RUN in verdicts.values():
        return {}
    loads = verdicts["loads"] not in (Verdict.TIMED_OUT, Verdict.CRASHED)
    return {suite: _STATUS[verdict] if loads else "timeout" for suite, verdict in verdicts.items() if suite != "loads"}


_STATUS = {
    Verdict.PASSED: "pass",
    Verdict.FAILED: "fail",
    Verdict.TIMED_OUT: "fail",
    Verdict.CRASHED: "timeout",
}
