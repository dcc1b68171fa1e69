"""Whether picks are as often right as their confidence says, and what is right if doubtful ones are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.report.rows import json_number

__all__ = ["calibration"]

_Floats = npt.NDArray[np.float64]

_BINS = 5
_COVERAGES = (0.25, 0.5, 0.75, 1.0)


def calibration(results: Sequence[RerankResult], rule: str, grades: Sequence[Sequence[Grade]]) -> dict[str, Any]:
    """The entry `confidence` of summary.json: of the picks of `rule`, those without a grade left out.

    Args:
        results: of each problem.
        rule: whose picks are looked at.
        grades: of each problem's candidates; empty where grading was not asked for.

    Returns:
        {"mean", "brier": the mean squared difference of confidence and outcome (Brier 1950), "reliability": by fifths
        of confidence, "coverage": pass@1 of the most confident picks, by how many they are}; the last three are None
        without grades.
    """
    picks = [result.selections[rule] for result in results]
    expected = np.array([pick.confidence for pick in picks])
    summary = {"mean": json_number(float(expected.mean())), "brier": None, "reliability": None, "coverage": None}
    passed = [row[pick.chosen].passed for row, pick in zip(grades, picks, strict=True)] if grades else []
    graded = np.array([grade is not None for grade in passed], np.bool_)
    if not graded.any():
        return summary
    right = np.array([bool(grade) for grade in passed], np.float64)[graded]
    expected = expected[graded]
    return {
        **summary,
        "brier": json_number(float(np.mean((expected - right) ** 2))),
        "reliability": list(_reliability(expected, right)),
        "coverage": list(_coverage(expected, right)),
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


def _coverage(expected: _Floats, right: _Floats) -> Iterator[dict[str, Any]]:
    order = np.argsort(-expected, kind="stable")
    for share in _COVERAGES:
        kept = order[: max(1, round(share * len(order)))]
        yield {
            "picks": len(kept),
            "least_confidence": json_number(float(expected[kept[-1]])),
            "pass@1": json_number(float(right[kept].mean())),
        }
