"""What is answered where a run abstains from picks that are unlikely to be right, and how good that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.report.rows import interval_row, json_number
from coderm_eval.report.scores import pick_scores
from coderm_eval.report.statistics import score_interval

__all__ = ["abstention"]


def abstention(
    results: Sequence[RerankResult], rule: str, below: float | None, grades: Sequence[Sequence[Grade]]
) -> dict[str, Any] | None:
    """The entry `abstention` of summary.json: scores of the answered problems and of the others, each by itself.

    Args:
        results: of each problem.
        rule: whose picks are looked at.
        below: the confidence below which a pick is no answer; None: there is no such entry.
        grades: of each problem's candidates; empty where grading was not asked for.
    """
    if below is None:
        return None
    answered = np.array([result.selections[rule].is_answer(below) for result in results])
    scores: Mapping[str, Any] | None = None
    if grades:
        right = pick_scores(results, rule, grades)
        parts = {"answered": right[answered], "abstained": right[~answered]}
        scores = {name: interval_row(score_interval(part)) for name, part in parts.items()}
    return {
        "below": below,
        "answered": int(answered.sum()),
        "abstained": int((~answered).sum()),
        "coverage": json_number(float(answered.mean())),
        "pass@1": scores,
    }
