"""What each row of a harness's table has of each problem."""

from __future__ import annotations

import math
from collections.abc import Collection

from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.reporter import RunReport
from coderm_eval.report.scores import ROWS
from coderm_eval.selection import ALL_RULES

__all__ = ["HIGHER_IS_BETTER", "UNGRADED_ROWS", "Scores", "scores_by_problem", "table_rows"]

HIGHER_IS_BETTER = {"pass@1": True, "pass@1_answered": True, "coverage": True, "tests_per_problem": False}
"""The metrics of a reranked task."""

Scores = dict[str, dict[str, dict[str, float]]]
"""By task id, row and metric."""


def table_rows(settings: Settings) -> tuple[str, ...]:
    """Rows of the result table; with `select: all` there is one for each rule as well, without tests no vote."""
    rules = settings.compared if settings.select == ALL_RULES else ()
    voted = settings.tests.backend != "none"
    return tuple(sorted(row for row in {*ROWS, *rules} if voted or row != "majority"))


UNGRADED_ROWS = ("coderm",)
"""Rows of a run without grades: what its picks rest on, and no score."""


def scores_by_problem(report: RunReport, settings: Settings, rows: Collection[str]) -> Scores:
    """The scores of all problems of a run.

    An undefined one (of a program that could not be graded, or of a run without grades) is not there, so that it is in
    no mean of the harness.
    """
    used, confidence = (report.tally.column(name).tolist() for name in ("tests_used", "confidence"))
    return {
        task_id: {
            row: _defined({"pass@1": score, **(_of_pick(tests, sure, score, settings) if row == "coderm" else {})})
            for row in rows
            for score in (right.get(row, math.nan),)
        }
        for (task_id, right), tests, sure in zip(report.tally.scores_by_task().items(), used, confidence, strict=True)
    }


def _of_pick(used: float, confidence: float, right: float, settings: Settings) -> dict[str, float]:
    """What only the row `coderm` has; an abstained pick is left out of `pass@1_answered`."""
    scores = {"tests_per_problem": used}
    if settings.abstain_below is None:
        return scores
    answered = confidence >= settings.abstain_below
    return {**scores, "coverage": float(answered), "pass@1_answered": right if answered else math.nan}


def _defined(scores: dict[str, float]) -> dict[str, float]:
    return {metric: value for metric, value in scores.items() if not math.isnan(value)}
