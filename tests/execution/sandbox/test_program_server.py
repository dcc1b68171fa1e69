"""What every program inherits, and what none leaves to the next."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from helpers.execution import run_tests
from helpers.other_hosts import HOSTS, Host, on, skip_unless
from helpers.paths import ROOT

from coderm_eval.core.records import Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest

_IMPORTED = """
import sys
import coderm_eval.execution.sandbox.worker
print(*sys.modules)
"""


def test_programs_inherit_neither_unittest_nor_a_large_library() -> None:
    """numpy alone makes every fork 1.4 ms dearer; what tests and grades are made of is none of a program's business."""
    done = subprocess.run([sys.executable, "-c", _IMPORTED], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    unwanted = {"numpy", "unittest", "pydantic", "coderm_eval.core.records", "coderm_eval.benchmarks"}
    assert loaded.isdisjoint(unwanted) and len(loaded) < 160, sorted(loaded)


_STDIN = """
import json, sys
sys.path.insert(0, sys.argv[1])
from coderm_eval.core.programs.forms import to_callable
from coderm_eval.core.records import Problem
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from helpers.execution import run_tests

problem = Problem("ladder", "solve", "", "", form="stdin")
test = (
    "import unittest\\nclass TestRungs(unittest.TestCase):\\n    def test_rungs(self):\\n"
    "        self.assertEqual(solve('3').strip(), '9')\\n"
)
right = "print(int(input()) * 3)\\nMARK = {n}"
bad = "import os\\nos.remove('stdin')\\nos.remove('stdout')\\nos.chmod('.', 0o555)\\nprint(4)"
programs = {"bad": bad, **{f"right {n}": right.format(n=n) for n in range(5)}}
tests = [
    ProgramTest(name, to_callable(program, problem), test, "ladder", "solve", process_per_call=True)
    for name, program in programs.items()
]
found = run_tests(tests, Limits(timeout_s=5), workers=1)
print(json.dumps({result.key: result.verdict.name for result in found}))
"""


@pytest.mark.parametrize("host", HOSTS, ids=[host[0] for host in HOSTS])
def test_a_program_that_spoils_its_folder_costs_no_later_one_a_verdict(host: Host) -> None:
    _, unshare, first, _ = host
    skip_unless(unshare, first)
    done = on(unshare, first, "-c", _STDIN, str(ROOT / "tests"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"bad": "FAILED", **{f"right {n}": "PASSED" for n in range(5)}}


_TEST = "import unittest\nclass TestF(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(f(1), 2)\n"

FILLS = {
    "empty answers": "bytes(len(memory) - 12)",
    "one answer": "struct.pack('=dI', 0.0, len(memory) - 24) + b'x' * (len(memory) - 24)",
    "NUL": "struct.pack('=dI', 0.0, len(memory) - 24) + bytes(len(memory) - 24)",
}


@pytest.mark.parametrize("filling", FILLS.values(), ids=FILLS.keys())
def test_memory_full_of_forged_answers_is_charged_to_its_program(filling: str) -> None:
    forges = (
        "import gc, mmap, os, struct\n\n\ndef f(x):\n    for memory in gc.get_objects():\n"
        "        if isinstance(memory, mmap.mmap):\n"
        f"            memory[:] = struct.pack('III', len(memory), 0, 0) + {filling}\n            os._exit(0)\n"
    )
    forges = forges.replace("gc.get_objects()", "[getattr(o, '_memory', None) for o in gc.get_objects()]")
    right = "def f(x):\n    return x + 1\n"
    tests = [ProgramTest("forges", forges, _TEST, "p", "f"), ProgramTest("right", right, _TEST, "p", "f")]
    limits = Limits(timeout_s=5, output_mb=256)
    verdicts = {result.key: result.verdict for result in run_tests(tests, limits, workers=1)}
    assert verdicts["right"] is Verdict.PASSED
    assert verdicts["forges"] in (Verdict.FAILED, Verdict.CRASHED)
