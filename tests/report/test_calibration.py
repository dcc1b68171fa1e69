"""Confidence against outcome: the Brier score, reliability and coverage of a few picks that are counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.results import grades, problem

from coderm_eval.core.records import RerankResult, Selection
from coderm_eval.report.calibration import calibration


def picked(task: str, confidence: float) -> RerankResult:
    """A problem whose first candidate was picked with this confidence."""
    pick = Selection("majority", 0, (1.0, 0.0), (0,), tests_used=2, stopped="limit", confidence=confidence)
    return replace(problem(task, "PP", "FF"), selections={"majority": pick})


RESULTS = [picked("a", 0.9), picked("b", 0.85), picked("c", 0.3), picked("d", 0.1)]
RIGHT, WRONG, UNGRADED = grades(True, False), grades(False, True), grades(None, True)


def test_without_grades_only_the_mean_is_known() -> None:
    found = calibration(RESULTS, "majority", ())
    assert found == {"mean": 0.5375, "brier": None, "reliability": None, "coverage": None}


def test_the_brier_score_and_the_bins_are_counted_by_hand() -> None:
    found = calibration(RESULTS, "majority", [RIGHT, WRONG, RIGHT, WRONG])
    assert found["brier"] == pytest.approx((0.1**2 + 0.85**2 + 0.7**2 + 0.1**2) / 4)
    bins = {(row["from"], row["to"]): (row["picks"], row["confidence"], row["right"]) for row in found["reliability"]}
    assert bins == {(0.0, 0.2): (1, 0.1, 0.0), (0.2, 0.4): (1, 0.3, 1.0), (0.8, 1.0): (2, 0.875, 0.5)}


def test_coverage_begins_with_the_most_confident_picks() -> None:
    found = calibration(RESULTS, "majority", [RIGHT, WRONG, RIGHT, WRONG])
    rows = [(row["picks"], row["least_confidence"], row["pass@1"]) for row in found["coverage"]]
    assert rows == [(1, 0.9, 1.0), (2, 0.85, 0.5), (3, 0.3, pytest.approx(2 / 3, abs=1e-6)), (4, 0.1, 0.5)]


def test_a_pick_without_a_grade_is_neither_right_nor_wrong() -> None:
    found = calibration(RESULTS, "majority", [RIGHT, UNGRADED, RIGHT, WRONG])
    assert sum(row["picks"] for row in found["reliability"]) == found["coverage"][-1]["picks"] == 3
    assert calibration(RESULTS, "majority", [UNGRADED] * 4)["brier"] is None
