"""What the loop asks of a budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from coderm_eval.selection.budget.state import ProblemState

__all__ = ["BudgetPolicy"]


class BudgetPolicy(Protocol):
    """Decides the next round of test writing."""

    def next_round(self, problems: Mapping[str, ProblemState]) -> dict[str, int]:
        """How many more tests each problem gets, by task id, given how all of them stand.

        A busy problem gets none yet, and others may have to wait for their turn: what they were given is in `asked`.
        Empty while no problem is busy: stop.
        """

    def stopped(self, task_id: str) -> str:
        """Why `task_id` gets no more tests."""

    @property
    def change_probabilities(self) -> Mapping[str, float]:
        """By task id, how likely the pick is to differ from that after as many tests as the problem may get.

        Empty where the policy does not look at picks.
        """
        return {}
