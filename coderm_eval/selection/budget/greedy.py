"""The paper's dynamic allocation: tests go where they raise the chance of a success most."""

from __future__ import annotations

from collections.abc import Mapping

from coderm_eval.core.records import Selection
from coderm_eval.selection.budget.marginal_gain import allocate_greedily
from coderm_eval.selection.budget.policy import BudgetPolicy
from coderm_eval.selection.budget.state import ProblemState

__all__ = ["GreedyBudget", "allocate"]


class GreedyBudget(BudgetPolicy):
    """Allocates all tests at once, from a pass rate λ for each problem.

    Args:
        total: test samples over the whole benchmark.
        minimum: that each problem gets at least.
        limits: by task id, that each gets at most.
        rates: λ in [0, 1] by task id; None: each problem gets `minimum` tests first, and λ is the share of its samples
            that behave like most on these.
    """

    def __init__(
        self, total: int, minimum: int, limits: Mapping[str, int], rates: Mapping[str, float] | None = None
    ) -> None:
        self._total = total
        self._minimum = minimum
        self._limits = limits
        self._rates = rates
        self._tests: dict[str, int] = {}

    def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
        if self._rates is None and not self._tests:
            first = self._first_tests(states)
            if first or any(state.in_flight for state in states.values()):
                return first
        if not self._tests:
            rates = self._rates or {task: state.agreement for task, state in states.items()}
            self._tests = allocate(rates, self._total, self._minimum, self._limits)
        return {task: more for task, s in states.items() if (more := self._tests[task] - s.requested) > 0}

    def _first_tests(self, states: Mapping[str, ProblemState]) -> dict[str, int]:
        """Return the minimum for the problems that have no tests yet."""
        least = {task: min(self._minimum, self._limits[task]) for task, s in states.items() if not s.requested}
        return {task: count for task, count in least.items() if count}

    def stopped(self, task_id: str) -> str:
        return "limit" if self._tests.get(task_id) == self._limits[task_id] else "budget"


def allocate(rates: Mapping[str, float], total: int, minimum: int, limits: Mapping[str, int]) -> dict[str, int]:
    """Tests for each problem that maximise Σ 1 - (1 - λ)^b with Σ b = `total`, less where the limits leave no room.

    CodeRM (arXiv 2501.01054, Eq. 2) after Damani et al. (2410.04707): the next test goes where its gain λ (1 - λ)^b is
    highest. A λ of 0 or 1 has no gain after the first test, so that such problems get more only when nothing else can
    take them.
    """

    def gain(task: str, tests: int) -> float:
        return rates[task] * (1 - rates[task]) ** tests

    return allocate_greedily(gain, {task: min(minimum, limits[task]) for task in rates}, total, limits)
