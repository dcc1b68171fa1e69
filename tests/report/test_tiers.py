"""Tiers by paired intervals."""

from __future__ import annotations

import numpy as np

from coderm_eval.report.tiers import tiers

ALL, HALF = np.ones(40), np.repeat([1.0, 0.0], 20)
"""Of 40 problems."""


def test_what_differs_in_two_problems_stands_in_one_tier() -> None:
    nearly = ALL.copy()
    nearly[:2] = 0
    assert tiers({"half": HALF, "nearly": nearly, "all": ALL}) == [["all", "nearly"], ["half"]]


def test_a_difference_counts_by_problem_and_not_by_score() -> None:
    """0.75 and 0.55 are as far apart in both cases, and their own intervals overlap."""
    above = np.repeat([1.0, 0.0], [30, 10])
    nested, crossed = np.repeat([1.0, 0.0], [22, 18]), np.repeat([0.0, 1.0], [18, 22])
    assert tiers({"above": above, "nested": nested}) == [["above"], ["nested"]]
    assert tiers({"above": above, "crossed": crossed}) == [["above", "crossed"]]


def test_a_tier_is_measured_from_its_first() -> None:
    """Each of a row of close neighbours is like the next, and the last is not like the first."""
    row = {str(right): np.repeat([1.0, 0.0], [right, 40 - right]) for right in (40, 38, 36, 34, 32)}
    assert tiers(row) == [["40", "38"], ["36", "34"], ["32"]]


def test_equal_scores_stand_together_by_name() -> None:
    assert tiers({"b": HALF, "a": HALF}) == [["a", "b"]]
    assert tiers({}) == []
