"""What a budget policy sees of a problem between two rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coderm_eval.groups import group_rows
from coderm_eval.records import Candidate, UnitTest, Verdicts

__all__ = ["Standing"]


@dataclass(frozen=True)
class Standing:
    """One problem: how many test samples were asked for, and what became of them."""

    asked: int
    """Some may have been no tests."""
    candidates: tuple[Candidate, ...]
    tests: tuple[UnitTest, ...]
    verdicts: Verdicts

    @property
    def agreement(self) -> float:
        """The largest share of the samples that behave alike: the same verdicts with the same answers."""
        rows = np.hstack([self.verdicts.matrix, self.verdicts.outputs])
        sizes = group_rows(rows, np.array([c.multiplicity for c in self.candidates])).sizes
        return float(sizes.max() / sizes.sum())
