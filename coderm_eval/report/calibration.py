"""Whether picks are as often right as their confidence says, and how often if doubtful ones are left out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from coderm_eval.report.risk_coverage import best_aurc, risk_coverage
from coderm_eval.report.rows import json_number
from coderm_eval.report.tally import Tally

__all__ = ["calibration"]

_Floats = npt.NDArray[np.float64]

_BINS = 5


def calibration(tally: Tally) -> dict[str, Any]:
    """The entry `confidence` of summary.json: of the picks, those without a grade left out.

    Returns:
        {"mean", "brier": the mean squared difference of confidence and outcome (Brier 1950), "reliability": by fifths
        of confidence, "risk_coverage": how often the surest picks are wrong}; the last three are None without grades.
    """
    expected = tally.column("confidence")
    summary = {"mean": json_number(float(expected.mean())), "brier": None, "reliability": None, "risk_coverage": None}
    right = tally.scores("coderm") if tally.is_graded else np.full(len(tally), math.nan)
    graded = ~np.isnan(right)
    if not graded.any():
        return summary
    expected, right = expected[graded], right[graded]
    return {
        **summary,
        "brier": json_number(float(np.mean((expected - right) ** 2))),
        "reliability": list(_reliability(expected, right)),
        "risk_coverage": _risk_coverage(expected, right),
    }


def _reliability(expected: _Floats, right: _Floats) -> Iterator[dict[str, Any]]:
    bins = np.minimum((expected * _BINS).astype(int), _BINS - 1)
    for number in np.unique(bins):
        inside = bins == number
        yield {
            "from": number / _BINS,
            "to": (number + 1) / _BINS,
            "picks": int(inside.sum()),
            "confidence": json_number(float(expected[inside].mean())),
            "right": json_number(float(right[inside].mean())),
        }


def _risk_coverage(expected: _Floats, right: _Floats) -> dict[str, Any]:
    curve = risk_coverage(expected, right)
    return {
        "aurc": json_number(curve.aurc),
        "aurc_of_random_order": json_number(1 - float(right.mean())),
        "aurc_of_best_order": json_number(best_aurc(right)),
        "points": list(curve.rows()),
    }
