"""Tiers in place of ranks: rules that this many problems cannot tell apart stand together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coderm_eval.report.statistics import GAIN_OVER_ITSELF, Interval, gain_interval

__all__ = ["Standing", "standings"]


class Standing(NamedTuple):
    """Where a rule stands."""

    tier: int
    """1 is the best."""
    behind: Interval
    """The best of its tier minus this rule, problem by problem; of the best itself 0, without an interval."""


def standings(scores: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, Standing]:
    """The standing of each rule, the best first.

    A rule begins a new tier if the 95 % interval of its paired difference from the best of the tier is above zero. So
    two rules of one tier may differ, but none of them is known to be worse than the best of it.

    Args:
        scores: by rule, of the same problems in the same order.
    """
    found: dict[str, Standing] = {}
    best = ""
    for rule in sorted(scores, key=lambda name: (-scores[name].mean(), name)):
        behind = gain_interval(scores[best] - scores[rule]) if best else GAIN_OVER_ITSELF
        if not best or behind.low > 0:
            tier = found[best].tier + 1 if best else 1
            best, behind = rule, GAIN_OVER_ITSELF
        else:
            tier = found[best].tier
        found[rule] = Standing(tier, behind)
    return found
