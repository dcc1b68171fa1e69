"""Intervals, paired differences and the order of two rules: the only place with a bootstrap."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["DrawSummary", "Interval", "mean_interval", "order_probability", "summarise_draws"]

_RESAMPLES = 9_999
"""Bootstrap samples: with the sample itself 10,000, so that 2.5 % of them is a whole number."""
_SEED = 0


class Interval(NamedTuple):
    """A mean over problems with its 95 % bootstrap interval; NaN where it is undefined."""

    value: float
    low: float
    high: float
    stderr: float
    """Standard error of the mean."""


class DrawSummary(NamedTuple):
    """The mean of a number over random draws, with the interval that holds 95 % of the draws."""

    value: float
    low: float
    high: float
    stdev: float
    """Standard deviation over the draws: how far one draw may be from their mean."""


def mean_interval(values: npt.NDArray[np.float64]) -> Interval:
    """Mean, percentile bootstrap over problems (seeded) and standard error; NaNs are left out."""
    known = values[~np.isnan(values)]
    if known.size == 0:
        return Interval(math.nan, math.nan, math.nan, math.nan)
    mean = float(known.mean())
    if known.size == 1:
        return Interval(mean, math.nan, math.nan, math.nan)
    interval = stats.bootstrap(
        (known,),
        np.mean,
        n_resamples=_RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    stderr = float(known.std(ddof=1) / math.sqrt(known.size))
    return Interval(mean, float(interval.low), float(interval.high), stderr)


def summarise_draws(draws: npt.NDArray[np.float64]) -> DrawSummary:
    """Mean, 2.5 % and 97.5 % quantiles and standard deviation of the draws."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return DrawSummary(float(draws.mean()), float(low), float(high), float(draws.std()))


def order_probability(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64]) -> float:
    """Share of bootstrap samples of the problems (seeded) in which the mean of `above` is higher; ties count half."""
    if above.size == 0:
        return math.nan
    difference = np.round(_bootstrap_counts(above.size) @ (above - below), 9)
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


@functools.lru_cache(maxsize=1)  # the next pair of rules is compared on the same problems
def _bootstrap_counts(problems: int) -> npt.NDArray[np.int64]:
    """How often each bootstrap sample has each problem; shape (_RESAMPLES, problems)."""
    rng = np.random.default_rng(_SEED)
    return rng.multinomial(problems, np.full(problems, 1 / problems), size=_RESAMPLES)
