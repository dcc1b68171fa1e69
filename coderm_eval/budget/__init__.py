"""Policies that decide how many more tests each problem gets: pure functions of what is known so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from coderm_eval.budget.greedy import GreedyBudget
from coderm_eval.budget.standing import Standing
from coderm_eval.budget.uniform import UniformBudget

__all__ = ["BudgetPolicy", "GreedyBudget", "Standing", "UniformBudget"]


class BudgetPolicy(Protocol):
    """Decides the next round of test writing."""

    def next_round(self, problems: Mapping[str, Standing]) -> dict[str, int]:
        """How many more tests each problem gets, by task id, given how all of them stand; empty: stop."""

    def stopped(self, task_id: str) -> str:
        """Why `task_id` gets no more tests."""
