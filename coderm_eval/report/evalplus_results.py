"""The results file of `evalplus.evaluate`, written: `coderm-eval grade` and `evalplus.coderm` give the same one.

{"date", "hash", "eval": {task: [{"task_id", "solution", "base_status", "plus_status", "base_fail_tests",
"plus_fail_tests"}, ...]}}

A benchmark with other suites has their names in place of `base` and `plus`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from coderm_eval.core.files import write_text
from coderm_eval.core.records import Grade

__all__ = ["Rows", "results_rows", "results_text", "write_results"]

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""A row for each sample, in the samples' order, by task id."""


def results_rows(programs: Mapping[str, Sequence[str]], grades: Mapping[tuple[str, str], Grade]) -> Rows:
    """Rows of the samples that could be graded; a task without any has none.

    EvalPlus has no status for a sample that could not be graded: it counts every status but "pass" as wrong.

    Args:
        programs: the samples of each task.
        grades: by task id and program.
    """
    graded = {
        task: [_row(task, program, grades[task, program]) for program in listed if grades[task, program].statuses]
        for task, listed in programs.items()
    }
    return {task: rows for task, rows in graded.items() if rows}


def write_results(path: Path, dataset_hash: str, rows: Rows) -> None:
    """Write the file of these rows, as of now."""
    write_text(path, results_text(dataset_hash, rows, datetime.now()))


def results_text(dataset_hash: str, rows: Rows, date: datetime | None) -> str:
    """The file of these rows; EvalPlus does not look at the date."""
    said = date.strftime("%Y-%m-%d %H:%M") if date else None
    return json.dumps({"date": said, "hash": dataset_hash, "eval": rows})


def _row(task_id: str, program: str, grade: Grade) -> dict[str, Any]:
    """Failed inputs are left empty: a grade says whether all inputs passed, not which one failed."""
    statuses: dict[str, str | None] = dict(grade.statuses)
    if "base" in statuses:
        statuses.setdefault("plus", None)  # what EvalPlus writes with --base-only
    return {
        "task_id": task_id,
        "solution": program,
        **{f"{suite}_status": status for suite, status in statuses.items()},
        **{f"{suite}_fail_tests": [] for suite in statuses},
    }
