"""What a budget policy sees of a problem between two rounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coderm_eval.core.records import Candidate, Selection, UnitTest, Verdicts
from coderm_eval.selection.groups import Groups, group_rows
from coderm_eval.selection.picks import select

__all__ = ["ProblemState", "current_pick"]


def current_pick(rule: str, standing: ProblemState) -> Selection:
    """What the rule picks while more tests may come."""
    found = select([rule], standing.candidates, standing.tests, standing.verdicts, stopped="not yet")
    return found[rule]


@dataclass(frozen=True)
class ProblemState:
    """One problem: how many test samples were asked for, and what became of them."""

    requested: int
    """Those in flight included; some may have been no tests."""
    candidates: tuple[Candidate, ...]
    tests: tuple[UnitTest, ...]
    verdicts: Verdicts
    select: Callable[[ProblemState], Selection]
    """The run's rule."""
    in_flight: bool = False
    """Its last tests are still being written or run; `tests` and `verdicts` are those before."""

    @cached_property
    def selection(self) -> Selection:
        """What the run's rule picks as things stand."""
        return self.select(self)

    @property
    def agreement(self) -> float:
        """The largest share of the samples that behave alike: the same verdicts with the same answers."""
        sizes = self._behaviours.sizes
        return float(sizes.max() / sizes.sum())

    def agreement_with(self, row: int) -> float:
        """The share of the samples that behave like the candidate in this row."""
        groups = self._behaviours
        return float(groups.sizes[groups.group_of[row]] / groups.sizes.sum())

    @cached_property
    def _behaviours(self) -> Groups:
        rows = np.hstack([self.verdicts.matrix, self.verdicts.outputs])
        return group_rows(rows, np.array([c.multiplicity for c in self.candidates]))
