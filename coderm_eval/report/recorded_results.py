"""The results of a run, read back from its directory, which has no outputs, CPU seconds and probing inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import (
    NO_OUTPUT,
    Candidate,
    Grade,
    Problem,
    RerankResult,
    Selection,
    UnitTest,
    Verdicts,
    deduplicate_candidates,
)
from coderm_eval.report.rows import read_grade, read_verdicts
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.texts_of_run import by_task, test_sources

__all__ = ["RecordedRun", "read_recorded_run"]


@dataclass(frozen=True)
class RecordedRun:
    """What a run directory says, in the order of verdicts.jsonl."""

    summary: Mapping[str, Any]
    results: list[RerankResult]
    grades: list[list[Grade]]
    """Of each problem's candidates; empty where the run was not graded."""
    chosen: Mapping[str, str]
    """The program in chosen.jsonl, by task id."""
    problems_of_benchmark: int


def read_recorded_run(directory: RunDirectory, problems: Mapping[str, Problem]) -> RecordedRun:
    """Read the files of a run together.

    Args:
        directory: of a finished run.
        problems: the benchmark's, by task id.

    Raises:
        InputError: a file is missing, or two of them say what cannot both be.
    """
    programs, tests = (
        by_task(directory.rows("samples.jsonl"), "solution"),
        by_task(directory.rows("tests.jsonl"), "test"),
    )
    results = []
    for row in directory.rows("verdicts.jsonl"):
        task = str(row.get("task_id"))
        try:
            results.append(_result(row, problems[task], programs.pop(task), tests.pop(task)))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise InputError(
                f"{directory}: what verdicts.jsonl says of {task} does not fit to its programs in samples.jsonl and "
                "its tests in tests.jsonl"
            ) from None
    for name, left in (("samples.jsonl", programs), ("tests.jsonl", tests)):
        if left:
            raise InputError(f"{directory}: {name} has {', '.join(left)}, and verdicts.jsonl has not")
    graded = (directory.folder / "grades.jsonl").exists()
    return RecordedRun(
        summary=directory.summary(),
        results=results,
        grades=_grades(directory, results) if graded else [],
        chosen=_once(directory, "chosen.jsonl", "solution"),
        problems_of_benchmark=len(problems),
    )


def _result(row: Mapping[str, Any], problem: Problem, programs: list[str], sources: list[str]) -> RerankResult:
    candidates = deduplicate_candidates(programs)
    if [list(candidate.samples) for candidate in candidates] != row["candidates"]:
        raise ValueError
    by_column = test_sources(row["tests"], sources)
    tests = tuple(UnitTest(by_column[column], tuple(samples)) for column, samples in enumerate(row["tests"]))
    shape = len(candidates), len(tests)
    verdicts = Verdicts(read_verdicts(row), np.zeros(shape), np.full(shape, NO_OUTPUT, np.int64))
    selections = {rule: _selection(rule, found, candidates) for rule, found in row["selections"].items()}
    return RerankResult(problem, candidates, tests, verdicts, selections)


def _selection(rule: str, found: Mapping[str, Any], candidates: tuple[Candidate, ...]) -> Selection:
    rows = {sample: row for row, candidate in enumerate(candidates) for sample in candidate.samples}
    return Selection(
        rule=rule,
        chosen=rows[found["chosen"]],
        rewards=tuple(math.nan if reward is None else reward for reward in found["rewards"]),
        ties=tuple(sorted({rows[sample] for sample in found["ties"]})),
        tests_used=found["tests_used"],
        stopped=found["stopped"],
        confidence=math.nan if found["confidence"] is None else found["confidence"],
    )


def _grades(directory: RunDirectory, results: list[RerankResult]) -> list[list[Grade]]:
    rows = _once(directory, "grades.jsonl", "grades")
    try:
        return [[_grade(rows[result.problem.task_id], each) for each in result.candidates] for result in results]
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{directory}: grades.jsonl has not one grade for each program of samples.jsonl") from None


def _once(directory: RunDirectory, name: str, field: str) -> dict[str, Any]:
    """Return a field of each row by task id; raises InputError where a task has two rows."""
    rows = directory.rows(name)
    found = {row["task_id"]: row[field] for row in rows}
    if len(found) < len(rows):
        raise InputError(f"{directory}: {name} has two lines for a task")
    return found


def _grade(rows: list[dict[str, Any]], candidate: Candidate) -> Grade:
    [found] = [row for row in rows if row["samples"] == list(candidate.samples)]
    return read_grade(found)
