"""What is in the memory that every program inherits."""

from __future__ import annotations

import subprocess
import sys

from helpers.paths import ROOT

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
    assert loaded.isdisjoint(unwanted) and len(loaded) < 150, sorted(loaded)
