"""How often picks are wrong if only the surest are answered: the risk-coverage curve (El-Yaniv and Wiener 2010)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coderm_eval.report.rows import json_number

__all__ = ["RiskCoverage", "best_aurc", "risk_coverage"]

_Floats = npt.NDArray[np.float64]

_PERCENTS = range(100, 0, -10)


@dataclass(frozen=True)
class RiskCoverage:
    """A point for each confidence that occurs, the surest first: picks of equal confidence are answered together."""

    answered: npt.NDArray[np.int64]
    """How many picks have at least that confidence."""
    confidence: _Floats
    risk: _Floats
    """The share of wrong ones among them."""

    @property
    def aurc(self) -> float:
        """The area under the curve: the mean risk, each point counted once for every pick of its confidence."""
        return float(np.average(self.risk, weights=np.diff(self.answered, prepend=0)))

    def rows(self) -> Iterator[dict[str, Any]]:
        """The fewest surest picks that are 100, 90, ..., 10 per cent of all."""
        for percent in _PERCENTS:
            wanted = -(-percent * self.answered[-1] // 100)
            at = int(np.searchsorted(self.answered, wanted))
            yield {
                "coverage": json_number(float(self.answered[at] / self.answered[-1])),
                "picks": int(self.answered[at]),
                "least_confidence": json_number(float(self.confidence[at])),
                "risk": json_number(float(self.risk[at])),
            }


def risk_coverage(confidence: _Floats, right: _Floats) -> RiskCoverage:
    """The curve of at least one pick; `right` is 1 or 0 for each."""
    order = np.argsort(-confidence)
    falling = confidence[order]
    last = np.flatnonzero(np.append(np.diff(falling) != 0, True))  # of each group of equals
    return RiskCoverage(last + 1, falling[last], np.cumsum(1 - right[order])[last] / (last + 1))


def best_aurc(right: _Floats) -> float:
    """The `aurc` of the best order, all right picks before all wrong ones; that of a random order is the mean risk."""
    wrong = np.sort(1 - right)
    return float(np.mean(np.cumsum(wrong) / np.arange(1, len(wrong) + 1)))
