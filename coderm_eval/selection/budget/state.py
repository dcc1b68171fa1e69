"""Problems and picks as a budget policy sees them between two rounds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coderm_eval.core.records import Candidate, Selection, UnitTest, Verdicts
from coderm_eval.selection.groups import Groups, group_rows
from coderm_eval.selection.picks import select

__all__ = ["LazyPicks", "ProblemState", "current_pick"]


@dataclass(frozen=True)
class ProblemState:
    """One problem: how many test samples were requested for it, and what became of them."""

    requested: int
    """Test samples, those in flight included; some may have held no test."""
    candidates: tuple[Candidate, ...]
    tests: tuple[UnitTest, ...]
    verdicts: Verdicts
    in_flight: bool = False
    """True while its last tests are being written or run; `tests` and `verdicts` are those before."""

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


def current_pick(rule: str, state: ProblemState) -> Selection:
    """The rule's pick while more tests may come."""
    return select([rule], state.candidates, state.tests, state.verdicts, stopped="not yet")[rule]


class LazyPicks(Mapping[str, Selection]):
    """Picks by task id, each found when it is looked up: not every policy looks at every pick.

    Args:
        tasks: the task ids, in order.
        pick: finds the pick of one.
    """

    def __init__(self, tasks: Collection[str], pick: Callable[[str], Selection]) -> None:
        self._tasks = tasks
        self._pick = pick

    def __getitem__(self, task_id: str) -> Selection:
        return self._pick(task_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)
