"""The interface of a budget: how many tests each problem gets next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from coderm_eval.core.records import Selection
from coderm_eval.selection.budget.state import ProblemState

__all__ = ["BudgetPolicy"]


class BudgetPolicy(Protocol):
    """Decides the next round of test writing."""

    def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
        """Return how many more tests each problem gets, by task id; an empty mapping stops the run.

        A problem that is in flight gets none yet, and others may have to wait for their turn: what they were given is
        in `requested`. A policy may return nothing and go on later only while a problem is in flight.

        Args:
            states: every problem as it stands.
            picks: what the run's rule picks as things stand; found when it is looked up.
        """

    def stopped(self, task_id: str) -> str:
        """Return why `task_id` gets no more tests: "limit", "budget" or "decided"."""

    @property
    def change_probabilities(self) -> Mapping[str, float]:
        """The probability, by task id, that the pick would change with as many tests as the problem may get.

        Empty where the policy does not look at picks.
        """
        return {}
