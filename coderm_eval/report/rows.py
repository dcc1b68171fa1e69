"""The lines of each file of a run directory; numbers have six digits, and undefined is null."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import NO_TEST, Candidate, Grade, ProblemCandidates, RerankResult, Selection, Verdict
from coderm_eval.generation.shown_candidate import round_robin
from coderm_eval.report.quality import MisleadingTest
from coderm_eval.report.statistics import DrawSummary, Interval

__all__ = [
    "chosen_row",
    "draw_summary_row",
    "grade_row",
    "interval_row",
    "json_number",
    "lines_of_tests",
    "misleading_row",
    "read_grade",
    "read_interval",
    "read_verdicts",
    "sample_rows",
    "test_rows",
    "verdict_row",
]


_VERDICTS = {verdict.code: verdict for verdict in Verdict}


def json_number(value: float) -> float | None:
    """JSON has no NaN: undefined is null."""
    return None if math.isnan(value) else round(value, 6)


def interval_row(interval: Interval) -> dict[str, Any]:
    return {
        "value": json_number(interval.value),
        "ci95": [json_number(interval.low), json_number(interval.high)],
        "stderr": json_number(interval.stderr),
    }


def read_interval(row: Mapping[str, Any]) -> Interval:
    """The interval that `interval_row` made this of."""
    numbers = (row["value"], *row["ci95"], row["stderr"])
    return Interval(*(math.nan if number is None else number for number in numbers))


def draw_summary_row(draws: DrawSummary) -> dict[str, Any]:
    return {
        "value": json_number(draws.value),
        "draws95": [json_number(draws.low), json_number(draws.high)],
        "stdev": json_number(draws.stdev),
    }


def sample_rows(work: ProblemCandidates) -> Iterable[dict[str, Any]]:
    by_sample = {s: c.program for c in work.candidates for s in c.samples}
    for sample in sorted(by_sample):
        yield {"task_id": work.problem.task_id, "solution": by_sample[sample]}


def lines_of_tests(tests: Iterable[Sequence[int]]) -> list[int]:
    """The column of each of a problem's lines in tests.jsonl: one for each test of each sample that holds any.

    Args:
        tests: the samples of each test, by column.
    """
    return [column for _, column in sorted((sample, n) for n, samples in enumerate(tests) for sample in samples)]


def test_rows(result: RerankResult) -> Iterable[dict[str, Any]]:
    lines = lines_of_tests(test.samples for test in result.tests)
    for column in lines:
        yield {"task_id": result.problem.task_id, "test": result.tests[column].source}
    if not lines:
        yield {"task_id": result.problem.task_id, "test": NO_TEST}


def chosen_row(result: RerankResult, rule: str, abstain_below: float | None) -> dict[str, Any]:
    pick = result.selections[rule]
    row = {"task_id": result.problem.task_id, "solution": result.candidates[pick.chosen].program}
    return row if abstain_below is None else {**row, "abstained": not pick.is_answer(abstain_below)}


def verdict_row(result: RerankResult, shown: Mapping[str, Sequence[int | None]]) -> dict[str, Any]:
    task_id = result.problem.task_id
    conditions = shown.get(task_id)
    return {
        "task_id": task_id,
        "shown": conditions and [[round_robin(conditions, s) for s in test.samples] for test in result.tests],
        "candidates": [candidate.samples for candidate in result.candidates],
        "tests": [test.samples for test in result.tests],
        "verdicts": result.verdicts.rows(),
        "selections": {
            rule: _selection_row(selection, result.candidates) for rule, selection in sorted(result.selections.items())
        },
    }


def read_verdicts(row: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    """The verdicts in a row of verdicts.jsonl, of the shape (candidates, tests).

    Raises:
        KeyError or ValueError: they are none, or too many or too few.
    """
    cells = [[_VERDICTS[code] for code in line] for line in row["verdicts"]]
    return np.array(cells, np.uint8).reshape(len(row["candidates"]), len(row["tests"]))


def _selection_row(selection: Selection, candidates: Sequence[Candidate]) -> dict[str, Any]:
    return {
        "chosen": candidates[selection.chosen].samples[0],
        "ties": sorted(sample for row in selection.ties for sample in candidates[row].samples),
        "rewards": [json_number(reward) for reward in selection.rewards],
        "tests_used": selection.tests_used,
        "stopped": selection.stopped,
        "confidence": json_number(selection.confidence),
    }


def misleading_row(result: RerankResult, found: MisleadingTest) -> dict[str, Any]:
    return {
        "task_id": found.task_id,
        "wrong": found.wrong,
        "right": found.right,
        "accepted_wrong": json_number(found.accepted_wrong),
        "accepted_right": json_number(found.accepted_right),
        "test": result.tests[found.test].source,
    }


def grade_row(result: RerankResult, grades: Sequence[Grade]) -> dict[str, Any]:
    return {
        "task_id": result.problem.task_id,
        "grades": [
            {"samples": candidate.samples, **grade.statuses}
            for candidate, grade in zip(result.candidates, grades, strict=True)
        ],
    }


def read_grade(row: Mapping[str, Any]) -> Grade:
    """The grade in one of the `grades` of `grade_row`."""
    return Grade({suite: status for suite, status in row.items() if suite != "samples"})
