"""Intervals, summaries of draws, and the probability of an order."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from coderm_eval.report.statistics import (
    Interval,
    gain_interval,
    mean_interval,
    order_probability,
    score_interval,
    summarise_draws,
)


def test_an_undefined_problem_is_left_out_of_the_mean() -> None:
    assert mean_interval(np.array([1.0, math.nan, 0.0])).value == 0.5


def test_the_interval_is_seeded_and_holds_the_mean() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    one, two = mean_interval(values), mean_interval(values)
    assert one == two
    assert one.low <= one.value <= one.high


def test_the_interval_of_a_binary_score_is_near_the_normal_one() -> None:
    """400 problems, half right: standard error 0.025, so about 0.451 to 0.549."""
    interval = mean_interval(np.array([0.0, 1.0] * 200))
    assert (interval.low, interval.high) == pytest.approx((0.451, 0.549), abs=0.006)


WILSON = [(0, 20, 0.0, 0.1611), (20, 20, 0.8389, 1.0), (81, 263, 0.2553, 0.3662), (1, 1, 0.2065, 1.0)]
"""(right, problems, low, high); the third is Newcombe's first example (Statistics in Medicine 17, 1998, table I)."""


@pytest.mark.parametrize(("right", "problems", "low", "high"), WILSON)
def test_a_share_of_problems_has_wilsons_interval(right: int, problems: int, low: float, high: float) -> None:
    found = score_interval(np.repeat([1.0, 0.0], [right, problems - right]))
    assert (found.value, found.low, found.high) == pytest.approx((right / problems, low, high), abs=1e-4)


def test_the_interval_of_partial_scores_is_the_bootstrap() -> None:
    scores = np.array([0.0, 0.25, 1.0, 1.0])
    assert score_interval(scores) == gain_interval(scores) == mean_interval(scores)


@pytest.mark.parametrize("interval", [score_interval, gain_interval])
def test_equal_values_leave_room_for_problems_not_seen(interval: Callable[..., Interval]) -> None:
    few, many = interval(np.full(3, 0.5)), interval(np.full(300, 0.5))
    assert few.low < many.low < 0.5 < many.high < few.high <= 1
    assert many.high - many.low < 0.03


def test_no_gain_on_any_problem_may_be_a_loss_elsewhere() -> None:
    """As many problems may differ as Wilson allows where none of 20 did: 0.1611."""
    found = gain_interval(np.full(20, 1 / 3) - 1 / 3)
    assert (found.low, found.value, found.high) == pytest.approx((-0.1611, 0, 0.1611), abs=1e-4)


def test_without_a_problem_nothing_is_defined() -> None:
    for interval in (score_interval, gain_interval, mean_interval):
        assert all(map(math.isnan, interval(np.array([math.nan]))))


def test_the_standard_error_is_lm_evals() -> None:
    from lm_eval.api.metrics import mean_stderr

    values = [0.0, 1.0, 1.0, 0.25]
    assert mean_interval(np.array(values)).stderr == pytest.approx(mean_stderr(values))


def test_a_summary_of_draws_has_their_quantiles_and_standard_deviation() -> None:
    """0 to 100 in steps of 1: the deviation is that of one draw, not of the mean."""
    found = summarise_draws(np.arange(101.0))
    assert (found.value, found.low, found.high) == pytest.approx((50, 2.5, 97.5))
    assert found.stdev == pytest.approx(math.sqrt((101**2 - 1) / 12))


def test_the_order_of_equal_rules_is_a_coin_flip() -> None:
    same = np.array([0.0, 1.0, 1.0, 0.5])
    assert order_probability(same, same) == 0.5


def test_the_order_probability_is_the_exact_bootstrap_one() -> None:
    """One rule wins 3 problems of 8, the other 1, the rest are equal: P(more wins than losses) over all draws."""
    difference = np.array([1, 1, 1, -1, 0, 0, 0, 0], dtype=float)
    exact = sum(
        binom.pmf(decided, 8, 0.5) * (binom.sf(decided / 2, decided, 0.75) + binom.pmf(decided / 2, decided, 0.75) / 2)
        for decided in range(9)
    )
    assert order_probability(difference, np.zeros(8)) == pytest.approx(exact, abs=0.015)


def test_the_order_probability_is_seeded() -> None:
    above, below = np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    assert order_probability(above, below) == order_probability(above, below)
