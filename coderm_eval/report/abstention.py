"""What is answered where a run abstains from picks that are unlikely to be right, and how good that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coderm_eval.report.rows import interval_row, json_number
from coderm_eval.report.statistics import score_interval
from coderm_eval.report.tally import Tally

__all__ = ["abstention"]


def abstention(tally: Tally, below: float | None) -> dict[str, Any] | None:
    """The entry `abstention` of summary.json: scores of the answered problems and of the others, each by itself.

    Args:
        tally: of the run.
        below: the confidence below which a pick is no answer; None: there is no such entry.
    """
    if below is None:
        return None
    answered = tally.column("confidence") >= below
    scores: Mapping[str, Any] | None = None
    if tally.is_graded:
        right = tally.scores("coderm")
        parts = {"answered": right[answered], "abstained": right[~answered]}
        scores = {name: interval_row(score_interval(part)) for name, part in parts.items()}
    return {
        "below": below,
        "answered": int(answered.sum()),
        "abstained": int((~answered).sum()),
        "coverage": json_number(float(answered.mean())),
        "pass@1": scores,
    }
