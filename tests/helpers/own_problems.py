"""A small file of invented problems of one's own, with two candidates and a test of each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from helpers.cli import write_rows

__all__ = ["ADD", "MEAN", "PROBLEMS", "RIGHT", "TOTAL", "WRONG", "install_package", "write_own_problems"]

TOTAL: dict[str, Any] = {
    "task_id": "sums/total",
    "entry_point": "total",
    "question": "Write a function `total` that returns the sum of a list of numbers.",
    "gold_tests": ["assert total([1, 2]) == 3", "assert total([]) == 0"],
}
MEAN: dict[str, Any] = {
    "task_id": "sums/mean",
    "entry_point": "mean",
    "form": "method",
    "prompt": 'class Solution:\n    def mean(self, numbers):\n        """The mean; 0 of nothing."""\n',
    "gold_tests": "assert mean([1, 2]) == 1.5\nassert mean([]) == 0",
}
ADD: dict[str, Any] = {
    "task_id": "io/add",
    "form": "stdin",
    "question": "Read two integers and print their sum.",
    "gold_tests": ["assert solve('1 2\\n').strip() == '3'"],
}
PROBLEMS = [TOTAL, MEAN, ADD]

RIGHT = {
    "sums/total": "def total(numbers):\n    return sum(numbers)\n",
    "sums/mean": "class Solution:\n    def mean(self, numbers):\n        return sum(numbers) / (len(numbers) or 1)\n",
    "io/add": "print(sum(map(int, input().split())))\n",
}
WRONG = {
    "sums/total": "def total(numbers):\n    return sum(numbers[1:], numbers[0])\n",
    "sums/mean": "class Solution:\n    def mean(self, numbers):\n        return sum(numbers) / len(numbers)\n",
    "io/add": "print(input())\n",
}


def write_own_problems(folder: Path) -> None:
    """problems.jsonl, unlabelled.jsonl (the same without gold tests), own_samples.jsonl and own_tests.jsonl."""
    write_rows(folder / "problems.jsonl", PROBLEMS)
    write_rows(folder / "unlabelled.jsonl", [{k: v for k, v in row.items() if k != "gold_tests"} for row in PROBLEMS])
    samples = [{"task_id": t, "solution": p} for by_task in (WRONG, RIGHT) for t, p in by_task.items()]
    write_rows(folder / "own_samples.jsonl", samples)
    tests = {"sums/total": "assert total([4, 5]) == 9\nassert total([]) == 0", "sums/mean": "assert mean([]) == 0"}
    tests["io/add"] = "assert solve('2 2').split() == ['4']"
    write_rows(folder / "own_tests.jsonl", [{"task_id": task, "test": test} for task, test in tests.items()])


_LOAD = """
from pathlib import Path

from coderm_eval.benchmarks.problem_file import load_problem_file


def load():
    return load_problem_file(Path(__file__).with_name("problems.jsonl"))
"""
_PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sums"
version = "1.0"

[project.entry-points."coderm_eval.benchmarks"]
sums = "sums:load"
"""


def install_package(folder: Path) -> Path:
    """Install a package with these problems as the benchmark `sums` into a folder for PYTHONPATH, which is returned.

    By pip, from a project as a user has it, and without the network: hatchling, which builds it, is at hand.
    """
    project, site = folder / "sums-project", folder / "sums-site"
    (project / "sums").mkdir(parents=True)
    (project / "pyproject.toml").write_text(_PROJECT)
    (project / "sums" / "__init__.py").write_text(_LOAD)
    write_rows(project / "sums" / "problems.jsonl", PROBLEMS)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(project)], check=True, capture_output=True)
    return site
