"""What the page shows of each problem: candidates by behaviour, tests by agreement, and why the pick won."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coderm_eval.core.records import Grade
from coderm_eval.report.rows import read_grade
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.texts_of_run import by_task, test_sources

__all__ = ["problem_rows"]

_PASSED = "P"


def problem_rows(directory: RunDirectory, rule: str, *, with_programs: bool) -> list[dict[str, Any]]:
    """One object for each problem, as the page's script takes it.

    "candidates" are rows of the matrix, the most rewarded first and those of equal verdicts together; "tests" are its
    columns, those that most candidates pass first; "runner_up" is the best row of other verdicts than the pick's.

    Args:
        directory: of a finished run.
        rule: whose picks and rewards are shown.
        with_programs: whether the programs and the tests are there as text.

    Raises:
        InputError: a file cannot be read.
        KeyError or ValueError: the files do not belong together.
    """
    grades = {row["task_id"]: row["grades"] for row in _rows_if_there(directory, "grades.jsonl")}
    programs = by_task(directory.rows("samples.jsonl"), "solution") if with_programs else {}
    tests = by_task(directory.rows("tests.jsonl"), "test") if with_programs else {}
    return [
        _problem(row, rule, grades.get(row["task_id"]), programs.get(row["task_id"]), tests.get(row["task_id"]))
        for row in directory.rows("verdicts.jsonl")
    ]


def _problem(
    row: Mapping[str, Any],
    rule: str,
    grades: Sequence[Mapping[str, Any]] | None,
    programs: Sequence[str] | None,
    tests: Sequence[str] | None,
) -> dict[str, Any]:
    selection, verdicts, samples = row["selections"][rule], row["verdicts"], row["candidates"]
    graded = _grades(samples, grades)
    right = [grade.passed for grade in graded]
    rewards = selection["rewards"]
    order = sorted(range(len(samples)), key=lambda n: (-(rewards[n] or 0), verdicts[n], samples[n]))
    columns = sorted(range(len(row["tests"])), key=lambda m: -sum(v[m] == _PASSED for v in verdicts))
    sources = test_sources(row["tests"], tests) if tests else {}
    pick = next(n for n in order if selection["chosen"] in samples[n])
    known = [(bool(r), len(s)) for r, s in zip(right, samples, strict=True) if r is not None]
    return {
        "task_id": row["task_id"],
        "right": right[pick],
        "oracle": any(found for found, _ in known) if known else None,
        "rate": round(sum(n for found, n in known if found) / sum(n for _, n in known), 4) if known else None,
        "confidence": selection["confidence"],
        "ties": len(selection["ties"]),
        "tests_used": selection["tests_used"],
        "pick": order.index(pick),
        "runner_up": next((place for place, n in enumerate(order) if verdicts[n] != verdicts[pick]), None),
        "candidates": [
            {
                "samples": samples[n],
                "reward": rewards[n],
                "right": right[n],
                "grades": graded[n].statuses,
                "verdicts": "".join(verdicts[n][m] for m in columns),
                **({"program": programs[samples[n][0]]} if programs else {}),
            }
            for n in order
        ],
        "tests": [{"samples": row["tests"][m], **({"source": sources[m]} if tests else {})} for m in columns],
    }


def _grades(samples: Sequence[Sequence[int]], grades: Sequence[Mapping[str, Any]] | None) -> list[Grade]:
    """Return the grade of each candidate; an empty one where it was not graded."""
    if grades is None:
        return [Grade() for _ in samples]
    found = {tuple(row["samples"]): read_grade(row) for row in grades}
    return [found[tuple(each)] for each in samples]


def _rows_if_there(directory: RunDirectory, name: str) -> list[dict[str, Any]]:
    return directory.rows(name) if (directory.folder / name).exists() else []
