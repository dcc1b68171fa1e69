"""The same number of tests for every problem, requested in one round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coderm_eval.core.records import Selection
from coderm_eval.selection.budget.policy import BudgetPolicy
from coderm_eval.selection.budget.state import ProblemState

__all__ = ["UniformBudget"]


@dataclass(frozen=True)
class UniformBudget(BudgetPolicy):
    """`tests` for each problem: the paper's protocol outside its section on dynamic scaling."""

    tests: int

    def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
        return {task: self.tests - s.requested for task, s in states.items() if s.requested < self.tests}

    def stopped(self, task_id: str) -> str:
        return "budget"
