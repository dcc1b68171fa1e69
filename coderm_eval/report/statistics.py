"""Intervals and paired differences: the only place with a bootstrap."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["Interval", "mean_interval", "order_probability", "percentile_interval"]

_DRAWS = 9_999


def percentile_interval(found: npt.NDArray[np.float64]) -> Interval:
    """Mean, 2.5 % and 97.5 % quantiles and standard deviation."""
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(float(found.mean()), float(low), float(high), float(found.std()))


@functools.lru_cache(maxsize=1)  # for the next pair of rules
def _draws(problems: int) -> npt.NDArray[np.int64]:
    """Shape (9,999, problems): how often each problem is drawn."""
    return np.random.default_rng(_SEED).multinomial(problems, np.full(problems, 1 / problems), size=_DRAWS)


def order_probability(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64]) -> float:
    """Share of bootstrap draws of problems (9,999, seeded) in which the mean of `above` is higher; ties count half."""
    if above.size == 0:
        return float("nan")
    difference = np.round(_draws(above.size) @ (above - below), 9)
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


_RESAMPLES = 9_999
_SEED = 0


class Interval(NamedTuple):
    """A mean over problems with its 95 % bootstrap interval; NaN where it is undefined."""

    value: float
    low: float
    high: float
    stderr: float


def mean_interval(values: npt.NDArray[np.float64]) -> Interval:
    """Mean, percentile bootstrap over problems (9,999 resamples, seeded) and standard error; NaNs are left out."""
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
