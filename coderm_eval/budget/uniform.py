"""The same number of tests for every problem, asked for in one round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["UniformBudget"]


@dataclass(frozen=True)
class UniformBudget:
    """`tests` for each problem: the paper's protocol outside its section on dynamic scaling."""

    tests: int

    def next_round(self, asked: Mapping[str, int]) -> dict[str, int]:
        return {task_id: self.tests - count for task_id, count in asked.items() if count < self.tests}

    def stopped(self, task_id: str) -> str:
        return "budget"
