"""Invented problems of one line: candidates of which some are right, and tests of which some mislead."""

from __future__ import annotations

import random
from pathlib import Path

from helpers.cli import write_rows

__all__ = ["sums", "write_sums"]

TASKS = 17
_FAULTS = ("{n}", "{n} + (a > 2)", "{n} + b % 2", "{n} - 1")


def sums() -> list[str]:
    """The ids of the tasks, in their order."""
    return [f"sums/{n}" for n in range(TASKS)]


def write_sums(folder: Path) -> None:
    """problems.jsonl, samples.jsonl with four candidates of each problem, and tests.jsonl with up to five tests."""
    problems, samples, tests, rng = [], [], [], random.Random(7)
    for n, task in enumerate(sums()):
        name = f"add_{n}"
        problems.append(
            {
                "task_id": task,
                "entry_point": name,
                "question": f"Write a function `{name}(a, b)` that returns the sum of a, b and {n}.",
                "gold_tests": [f"assert {name}(1, 1) == {n + 2}", f"assert {name}(3, 2) == {n + 5}"],
            }
        )
        for fault in rng.choices(_FAULTS, k=4):
            program = f"def {name}(a, b):\n    return a + b + {fault.format(n=n)}\n"
            samples.append({"task_id": task, "solution": program})
        for _ in range(5 - n % 3):
            a, b, wrong = rng.randint(0, 4), rng.randint(0, 4), rng.random() < 0.3
            tests.append({"task_id": task, "test": f"assert {name}({a}, {b}) == {a + b + n + wrong}"})
    for name_of_file, rows in (("problems", problems), ("samples", samples), ("tests", tests)):
        write_rows(folder / f"{name_of_file}.jsonl", rows)
