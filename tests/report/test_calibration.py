"""Confidence against outcome: the Brier score, reliability and risk of a few picks that are counted by hand."""

from __future__ import annotations

import pytest
from helpers.results import grades, picked, tallied

from coderm_eval.report.calibration import calibration

RESULTS = [picked("a", 0.9), picked("b", 0.85), picked("c", 0.3), picked("d", 0.1)]
RIGHT, WRONG, UNGRADED = grades(True, False), grades(False, True), grades(None, True)


def test_without_grades_only_the_mean_is_known() -> None:
    found = calibration(tallied(RESULTS))
    assert found == {"mean": 0.5375, "brier": None, "reliability": None, "risk_coverage": None}


def test_the_brier_score_and_the_bins_are_counted_by_hand() -> None:
    found = calibration(tallied(RESULTS, [RIGHT, WRONG, RIGHT, WRONG]))
    assert found["brier"] == pytest.approx((0.1**2 + 0.85**2 + 0.7**2 + 0.1**2) / 4)
    bins = {(row["from"], row["to"]): (row["picks"], row["confidence"], row["right"]) for row in found["reliability"]}
    assert bins == {(0.0, 0.2): (1, 0.1, 0.0), (0.2, 0.4): (1, 0.3, 1.0), (0.8, 1.0): (2, 0.875, 0.5)}


def test_the_risk_is_that_of_the_surest_picks() -> None:
    found = calibration(tallied(RESULTS, [RIGHT, WRONG, RIGHT, WRONG]))["risk_coverage"]
    rows = {row["picks"]: (row["coverage"], row["least_confidence"], row["risk"]) for row in found["points"]}
    third = pytest.approx(1 / 3, abs=1e-6)
    assert rows == {4: (1.0, 0.1, 0.5), 3: (0.75, 0.3, third), 2: (0.5, 0.85, 0.5), 1: (0.25, 0.9, 0.0)}
    assert found["aurc"] == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4, abs=1e-6)
    assert found["aurc_of_random_order"] == 0.5
    assert found["aurc_of_best_order"] == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4, abs=1e-6)


def test_a_pick_without_a_grade_is_neither_right_nor_wrong() -> None:
    found = calibration(tallied(RESULTS, [RIGHT, UNGRADED, RIGHT, WRONG]))
    assert sum(row["picks"] for row in found["reliability"]) == 3
    assert found["risk_coverage"]["points"][0]["picks"] == 3
    assert calibration(tallied(RESULTS, [UNGRADED] * 4))["brier"] is None
