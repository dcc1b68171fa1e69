"""Intervals, paired differences and the order of two rules: the only place with a bootstrap.

A percentile bootstrap never leaves the values that were seen: of 20 problems that are all right it makes the interval
from 1 to 1. Therefore scores that are all 0 or 1 get Wilson's interval, and values that are all equal one that allows
for problems which were not seen.

The formulas are written out: scipy.stats would take longer to import than the report of a small run, and what its
bootstrap returns has changed in the last bit between its versions.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "GAIN_OVER_ITSELF",
    "RESAMPLES",
    "DrawSummary",
    "Interval",
    "gain_interval",
    "mean_interval",
    "order_probability",
    "score_interval",
    "summarise_draws",
]

RESAMPLES = 9_999
"""Bootstrap samples: with the sample itself 10,000, so that 2.5 % of them is a whole number."""
MANY = 2_500
"""From so many problems on, the normal approximation takes the bootstrap's place: RESAMPLES x problems numbers would
fill 200 MB and more, and the two intervals differ by less than a fiftieth of their width."""
_SEED = 0
_CONFIDENCE = 0.95
_DEVIATIONS = 1.959963984540054
"""So many standard deviations around its mean hold _CONFIDENCE of a normal distribution."""
_EQUAL = 1e-9
"""Values that differ by no more are equal: differences of the same scores are rounded differently."""


class Interval(NamedTuple):
    """A mean over problems with its 95 % interval; NaN where it is undefined."""

    value: float
    low: float
    high: float
    stderr: float
    """Standard error of the mean."""


GAIN_OVER_ITSELF = Interval(0.0, math.nan, math.nan, math.nan)
"""Zero by definition: there is nothing to estimate."""


class DrawSummary(NamedTuple):
    """The mean of a number over random draws, with the interval that holds 95 % of the draws."""

    value: float
    low: float
    high: float
    stdev: float
    """Standard deviation over the draws: how far one draw may be from their mean."""


def score_interval(scores: npt.NDArray[np.float64]) -> Interval:
    """Mean of scores from 0 to 1: Wilson's interval where each is 0 or 1, else that of `mean_interval`.

    NaNs are left out, as in the other two.
    """
    known = _known(scores)
    if known.size and np.isin(known, (0, 1)).all():
        low, high = _wilson(int(known.sum()), known.size)
        return _moments(known)._replace(low=low, high=high)
    return _bounded(known, 0.0, 1.0)


def gain_interval(gains: npt.NDArray[np.float64]) -> Interval:
    """Mean of the differences of two scores, from -1 to 1, problem by problem."""
    return _bounded(_known(gains), -1.0, 1.0)


def mean_interval(values: npt.NDArray[np.float64]) -> Interval:
    """Mean, percentile bootstrap over problems (seeded; of MANY problems the normal approximation), standard error."""
    known = _known(values)
    found = _moments(known)
    if known.size < 2:
        return found
    if known.size >= MANY:
        half = _DEVIATIONS * found.stderr
        return found._replace(low=found.value - half, high=found.value + half)
    drawn = np.random.default_rng(_SEED).integers(0, known.size, (RESAMPLES, known.size))
    means = np.sort(known[drawn].mean(axis=1))
    outside = (1 - _CONFIDENCE) / 2
    return found._replace(low=_quantile(means, outside), high=_quantile(means, 1 - outside))


def _quantile(ascending: npt.NDArray[np.float64], share: float) -> float:
    """Linear between the two values that are next to it."""
    place = share * ascending.size + (1 - share)  # from 1
    below = int(place)
    above = place - below
    return float((1 - above) * ascending[below - 1] + above * ascending[below])


def _bounded(known: npt.NDArray[np.float64], lowest: float, highest: float) -> Interval:
    """The interval of `mean_interval`, unless all values are equal.

    Then at most a share h of all problems has another value, where h is Wilson's upper bound for 0 of n, and at worst
    these have the `lowest` or the `highest`.
    """
    if known.size == 0 or np.ptp(known) > _EQUAL:
        return mean_interval(known)
    found = _moments(known)
    (_, unseen), value = _wilson(0, known.size), found.value
    return found._replace(low=value - unseen * (value - lowest), high=value + unseen * (highest - value))


def _known(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return values[~np.isnan(values)]


def _moments(known: npt.NDArray[np.float64]) -> Interval:
    """Mean and standard error, without an interval yet."""
    mean = float(known.mean()) if known.size else math.nan
    stderr = float(known.std(ddof=1) / math.sqrt(known.size)) if known.size > 1 else math.nan
    return Interval(mean, math.nan, math.nan, stderr)


def _wilson(right: int, problems: int) -> tuple[float, float]:
    share, width = right / problems, 2 * (problems + _DEVIATIONS**2)
    middle = (2 * problems * share + _DEVIATIONS**2) / width
    half = _DEVIATIONS / width * math.sqrt(4 * problems * share * (1 - share) + _DEVIATIONS**2)
    return middle - half if right else 0.0, middle + half if right < problems else 1.0


def summarise_draws(draws: npt.NDArray[np.float64]) -> DrawSummary:
    """Mean, 2.5 % and 97.5 % quantiles and standard deviation of the draws."""
    low, high = np.quantile(draws, [0.025, 0.975])
    return DrawSummary(float(draws.mean()), float(low), float(high), float(draws.std()))


def order_probability(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64]) -> float:
    """Share of bootstrap samples of the problems (seeded) in which the mean of `above` is higher; ties count half."""
    if above.size == 0:
        return math.nan
    if above.size >= MANY:
        from scipy.special import ndtr

        gap = _moments(above - below)
        return float(ndtr(gap.value / gap.stderr)) if gap.stderr else (np.sign(gap.value) + 1) / 2
    difference = np.round(_bootstrap_counts(above.size) @ (above - below), 9)
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


@functools.lru_cache(maxsize=1)  # the next pair of rules is compared on the same problems
def _bootstrap_counts(problems: int) -> npt.NDArray[np.int64]:
    """How often each bootstrap sample has each problem; shape (RESAMPLES, problems)."""
    rng = np.random.default_rng(_SEED)
    return rng.multinomial(problems, np.full(problems, 1 / problems), size=RESAMPLES)
