"""Policies that decide how many more tests each problem gets: pure functions of what is known so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from coderm_eval.budget.uniform import UniformBudget

__all__ = ["POLICIES", "BudgetPolicy", "UniformBudget"]


class BudgetPolicy(Protocol):
    """Decides the next round of test writing."""

    def next_round(self, asked: Mapping[str, int]) -> dict[str, int]:
        """How many more tests each problem gets, by task id, given how many were asked for; empty: stop."""

    def stopped(self, task_id: str) -> str:
        """Why `task_id` gets no more tests."""


POLICIES: dict[str, Callable[[int], BudgetPolicy]] = {"uniform": UniformBudget}
