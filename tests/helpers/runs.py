"""Run directories as far as comparisons read them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

from helpers.cli import write_rows


def write_graded_run(folder: Path, scores: str, programs: Sequence[str] = ()) -> None:
    """A run directory of so many problems, with two samples of each; the pick is right where there is a 1.

    `programs`: the picks of the first problems; by default all the same.
    """
    folder.mkdir()
    tasks = {f"demo/{n}": score == "1" for n, score in enumerate(scores.replace(" ", ""))}
    pick = {"evidence": {"chosen": 0, "ties": [0], "rewards": [1.0, 0.0], "tests_used": 1, "confidence": 0.7}}
    verdicts = {"candidates": [[0], [1]], "tests": [[0]], "verdicts": ["P", "F"], "selections": pick}
    summary = {
        **{"benchmark": "demo", "dataset_sha256": "ab" * 32, "select": "evidence", "rules": {"evidence": {}}},
        **{"n_candidates": 2, "tests_per_problem": 1.0},
        **{"settings": {"n": None}, "inputs": {"samples": None, "tests": None}},
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    write_rows(folder / "verdicts.jsonl", [{"task_id": task, **verdicts} for task in tasks])
    graded = {True: "pass", False: "fail"}
    grades = [[{"samples": [0], "gold": graded[right]}, {"samples": [1], "gold": "fail"}] for right in tasks.values()]
    write_rows(folder / "grades.jsonl", [{"task_id": t, "grades": g} for t, g in zip(tasks, grades, strict=True)])
    picked = itertools.chain(programs, itertools.repeat("def f(): pass"))
    write_rows(folder / "chosen.jsonl", [{"task_id": t, "solution": p} for t, p in zip(tasks, picked, strict=False)])
