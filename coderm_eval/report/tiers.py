"""Tiers in place of ranks: what cannot be told apart stands together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from coderm_eval.report.statistics import gain_interval

__all__ = ["tiers"]


def tiers(scores: Mapping[str, npt.NDArray[np.float64]]) -> list[list[str]]:
    """Names in tiers, the best first, by paired intervals.

    A tier begins with the best that is left. It goes down to the first one whose scores are lower, problem by problem,
    by an interval that is above 0. So the firsts of two tiers that follow each other do differ, and nothing in a tier
    differs from its first.

    Args:
        scores: by name, the scores of the same problems in the same order.
    """
    found: list[list[str]] = []
    for name in sorted(scores, key=lambda name: (-float(np.nanmean(scores[name])), name)):
        if found and _is_like(scores[found[-1][0]], scores[name]):
            found[-1].append(name)
        else:
            found.append([name])
    return found


def _is_like(best: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> bool:
    return gain_interval(best - other).low <= 0
