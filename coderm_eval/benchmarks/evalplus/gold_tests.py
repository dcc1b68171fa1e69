"""EvalPlus's tests as the executor runs them: a unittest class for each suite of a problem.

Facts of EvalPlus's grader (evalplus.eval): the base inputs and the extra ones are two suites, each in a process of its
own; the first wrong answer is the last; a call may take the longer of 1 s and 4 times what the reference solution took,
and an exception that ends it makes the program wrong; a process that dies, or does not end, is a timeout.
"""

from __future__ import annotations

import binascii
import functools
import inspect
import json
import marshal
import re
from collections.abc import Mapping

from coderm_eval.benchmarks.evalplus import comparison
from coderm_eval.benchmarks.evalplus import suite as suite_module
from coderm_eval.benchmarks.evalplus.comparison import BROKEN_TASK
from coderm_eval.benchmarks.evalplus.dataset import Row
from coderm_eval.benchmarks.evalplus.reference_answers import Answers
from coderm_eval.core.programs.source import after_future
from coderm_eval.core.records import Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.static_analysis import PURE_MODULES

__all__ = [
    "LIBRARIES",
    "LIMITS",
    "REVISION",
    "accepts_any_solution",
    "gold_program",
    "loads_test",
    "statuses",
    "suite_test",
]

_MOST_S = 61.0
"""Seconds after which EvalPlus ends a suite, whatever its limits."""

LIMITS = Limits(
    output_mb=256,
    file_mb=64,
    per_call=True,
    load_timeout_s=_MOST_S,
    process_s=_MOST_S,
    patience_s=0.05,
    test_timeout_s=_MOST_S,
)
"""All limits but the seconds of a call, which depend on the problem, and the memory, which depends on a variable of
EvalPlus's."""

REVISION = 3
"""Part of the keys of stored grades, in place of the tests' text. Raise it when a change here, in `suite` or in
`comparison` can change a status."""

_LOADS = """
import unittest as _unittest


def _judged_calls():
    return ['["{name}"]']


def _judge_answer(number, answer):
    return "P"


class _TestLoads(_unittest.TestCase):
    def test_it_loads(self):
        pass
"""

_SUITE = """
import binascii as _binascii
import marshal as _marshal
import sys as _sys
import types as _types
import unittest as _unittest

for _name, _code in {modules!r}:
    if _name not in _sys.modules:
        _sys.modules[_name] = _types.ModuleType(_name)
        exec(_marshal.loads(_binascii.a2b_base64(_code)), vars(_sys.modules[_name]))

_SUITE = _sys.modules[_name].Suite({name!r}, {contents!r}, {atol!r}, {solution!r})


def _judged_calls():
    return _SUITE.calls()


def _judge_answer(number, answer):
    return _SUITE.judge(number, answer)


class _TestGold(_unittest.TestCase):
    def test_all_inputs(self):
        _SUITE.check({name})
"""
"""It brings the code of what it uses of this package, which a sandbox hides. Its names begin with an underscore,
since Mbpp/56 asks for a function `check`."""

LIBRARIES = ("evalplus.eval", "evalplus.gen.util")
"""Modules that these tests import, which takes half a second."""


@functools.cache
def accepts_any_solution() -> bool:
    """Return whether the installed EvalPlus lets a solution of BROKEN_TASK pass, which is tried with one."""
    from evalplus.eval import untrusted_check

    right = f"def {BROKEN_TASK}(xs):\n    return 2.0\n"
    status, _ = untrusted_check("humaneval", right, [[[-2.0, 1.0]]], BROKEN_TASK, [2.0], 1e-4, [0.0], fast_check=True)
    return bool(status == "pass")


def loads_test(row: Row) -> str:
    """Return a test that passes unless the program ends, or runs out of time, while it is loaded."""
    return _LOADS.format(name=row["entry_point"])


def suite_test(row: Row, answers: Answers) -> str:
    """Return a unittest class that calls the program with all inputs of a suite, where answers are large for a digest.

    A program cannot know a digest without the answer.
    """
    return _SUITE.format(
        modules=_modules(),
        name=row["entry_point"],
        contents=json.dumps([answers.inputs, answers.texts, answers.digests]),
        atol=row["atol"],
        solution=row["prompt"] + row["canonical_solution"],
    )


@functools.cache
def _modules() -> list[tuple[str, str]]:
    """Return names and code of modules in the order in which they import each other.

    Compiled: to do that takes a test's process a tenth of its time. With assertions, whatever this process does.
    """
    sources = [(module.__name__, inspect.getsource(module)) for module in (comparison, suite_module)]
    codes = [(name, compile(source, name, "exec", dont_inherit=True, optimize=0)) for name, source in sources]
    return [(name, binascii.b2a_base64(marshal.dumps(code), newline=False).decode()) for name, code in codes]


def gold_program(program: str) -> str:
    """Return `program` with EvalPlus's guard before it, if it may notice that.

    The guard removes functions of `os` and others, so that some libraries, such as matplotlib, cannot be imported.
    """
    return after_future(program, _guard()) if _MAY_NOTICE.search(program) else program


_BROKEN = ("pandas", "sklearn")
"""Libraries that cannot be imported after the guard, so that they must not have been imported before it."""
_OTHER_IMPORTS = rf"^[^\S\n]*(?:import[^\n]*,|(?:import|from)\s+(?!(?:{'|'.join(sorted(PURE_MODULES))})\b))"
_MAY_NOTICE = re.compile(rf"\bopen\b|\b__import__\b|{_OTHER_IMPORTS}", re.MULTILINE)
"""Matches a program that may use more than modules that compute."""


@functools.cache
def _guard() -> str:
    """Return a statement that runs the installed EvalPlus's guard and leaves no name; its limits are the executor's.

    It can run once in a process: it takes away what it uses itself. Its source is read from the installed package
    and not copied here: what it takes away differs between versions, and a grade is that of the installed version.
    It is pasted and not imported, which would load all of EvalPlus in every program's process, for half a second each.
    """
    from evalplus.eval.utils import WriteOnlyStringIO, reliability_guard

    imports = "import faulthandler\nimport io\nimport sys\nfrom typing import Optional\n"
    made = "".join(f"\n{inspect.getsource(what)}" for what in (WriteOnlyStringIO, reliability_guard))
    standard = f"sys.stdin = sys.stdout = sys.stderr = {WriteOnlyStringIO.__name__}()\n"
    forgotten = f"for name in [*sys.modules]:\n    name.partition('.')[0] in {_BROKEN} and sys.modules.pop(name)\n"
    called = f"{imports}{made}\n{standard}{forgotten}{reliability_guard.__name__}()\n"
    return f"__import__('os').putenv and exec({called!r}, {{}})"


def statuses(verdicts: Mapping[str, Verdict], *, unpassable: bool = False) -> dict[str, str]:
    """Return EvalPlus's statuses by suite, from the verdicts of the suites and of "loads"; none if one was not run."""
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
