"""Tests in rounds, to the problems whose pick they are most likely to change, until few picks would change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from coderm_eval.core.records import Selection
from coderm_eval.selection.budget.marginal_gain import allocate_greedily
from coderm_eval.selection.budget.policy import BudgetPolicy
from coderm_eval.selection.budget.state import ProblemState

__all__ = ["SequentialBudget", "change_probability", "change_rate"]

_SCALE = 75
"""Fitted, without grades, to the changes of picks in four sets of recorded tests, for two rules: 35 to 170."""

_PRIOR = 4.0
"""Weight of the fitted constants against the changes seen in the run, as a number of changes."""

_ROUNDS = 8
"""Rounds in which the total is spent: enough to learn from."""

BATCH = 64
"""The fewest tests of a round: fewer would leave a GPU, and the workers that run them, idle."""


class SequentialBudget(BudgetPolicy):
    """Looks at the verdicts between rounds; makes no use of grades.

    Each round goes where it is expected to change most picks: Σ_i φ h_i ln b_i is highest where the tests b_i of a
    problem are proportional to its change rate h_i. The correction φ = (4 + changes seen) / (4 + changes expected) is
    learnt in the run, so that the probabilities fit its policy, its test writer and its rule. The run stops once so
    few picks are expected to change that more tests are not worth it.

    Args:
        total: test samples over the whole benchmark.
        minimum: test samples that each problem gets at least.
        limits: by task id, test samples that each problem gets at most.
        tolerance: the run stops once no more than this share of the picks is expected to differ from those after
            `limits` tests. 0: only problems without a choice stop before the total is spent.
        batch: the fewest tests of a round.
    """

    def __init__(
        self, total: int, minimum: int, limits: Mapping[str, int], *, tolerance: float, batch: int = BATCH
    ) -> None:
        self._total = total
        self._limits = limits
        self._tolerance = tolerance
        spendable = min(total, sum(limits.values()))
        self._round = min(spendable, max(batch, spendable // _ROUNDS))
        self._minimum = minimum
        self._latest: dict[str, _Snapshot] = {}
        self._compared: dict[str, _Snapshot] = {}
        """Snapshots to compare picks with once a problem's tests have doubled: some changes are undone sooner."""
        self._changes = self._expected = _PRIOR
        self._settled = False

    @property
    def change_probabilities(self) -> Mapping[str, float]:
        """Without problems of which no test could be used: they have no pick that more tests would change."""
        return {task: chance for task, chance in self._probabilities().items() if self._latest[task].has_tests}

    def _probabilities(self) -> dict[str, float]:
        return {
            task: change_probability(snapshot.change_rate * self._correction, snapshot.requested, self._limits[task])
            for task, snapshot in self._latest.items()
        }

    def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
        first = {task: count for task, s in states.items() if not s.requested and (count := self._first(task, s))}
        if first:
            return first
        for task, state in states.items():
            if not state.in_flight:
                self._observe(task, state, picks)
        left = self._total - sum(state.requested for state in states.values())
        probabilities = self._probabilities()
        self._settled = sum(probabilities.get(task, 1.0) for task in states) <= self._tolerance * len(states)
        return {} if self._settled else self._allocate(states, min(left, self._round))

    def stopped(self, task_id: str) -> str:
        snapshot = self._latest.get(task_id)
        if snapshot is None or snapshot.requested >= self._limits[task_id]:
            return "limit"
        return "decided" if self._settled or not snapshot.change_rate else "budget"

    def _first(self, task: str, state: ProblemState) -> int:
        """Tests of the first round: an even share, where there is anything to choose from."""
        share = max(1, self._round // len(self._limits)) if len(state.candidates) > 1 else 0
        return min(self._limits[task], max(self._minimum, share))

    @property
    def _correction(self) -> float:
        """φ."""
        return self._changes / self._expected

    def _observe(self, task: str, state: ProblemState, picks: Mapping[str, Selection]) -> None:
        """Take in what a problem's new tests have changed."""
        if task in self._latest and self._latest[task].requested == state.requested:
            return
        chosen = picks[task].chosen
        latest = self._latest[task] = _Snapshot(state.requested, chosen, change_rate(state, chosen), bool(state.tests))
        before = self._compared.setdefault(task, latest)
        if latest.requested >= 2 * before.requested and latest is not before:
            self._expected += change_probability(before.change_rate, before.requested, latest.requested)
            self._changes += before.chosen != latest.chosen
            self._compared[task] = latest

    def _allocate(self, states: Mapping[str, ProblemState], tests: int) -> dict[str, int]:
        """Share out `tests`; a problem in flight keeps its share, but gets it only when its tests have come back.

        No problem gets more than twice what it has, so that its next tests are requested in the light of these.
        """
        start = {task: states[task].requested for task in self._latest}
        limits = {task: self._limit(task, count) for task, count in start.items()}
        shares = allocate_greedily(self._gain, start, sum(start.values()) + tests, limits)
        return {
            task: more
            for task, count in shares.items()
            if not states[task].in_flight and (more := count - start[task]) > 0
        }

    def _limit(self, task: str, requested: int) -> int:
        return min(self._limits[task], 2 * requested) if self._latest[task].change_rate else requested

    def _gain(self, task: str, tests: int) -> float:
        return self._latest[task].change_rate / max(1, tests)


@dataclass(frozen=True)
class _Snapshot:
    """A problem's state at the last look."""

    requested: int
    chosen: int
    change_rate: float
    has_tests: bool


def change_rate(state: ProblemState, chosen: int) -> float:
    """h = (D - 1) exp(-s) / 75, how fast more tests change a problem's pick.

    D is the number of distinct candidates, and s the share of the samples that behave on the tests so far as the pick
    does. Where there is little to choose from, or most agree with the pick, it seldom changes.

    Args:
        chosen: row of the pick.
    """
    agreeing = state.agreement_with(chosen)
    return (len(state.candidates) - 1) * math.exp(-agreeing) / _SCALE


def change_probability(rate: float, tests: int, more: int) -> float:
    """P = 1 - exp(-h ln(T / t)): the probability that the pick after T = `more` tests differs from that after t.

    A pick is as likely to change from 4 to 8 tests as from 8 to 16.

    Args:
        rate: h.
        tests: t.
        more: T.
    """
    return -math.expm1(-rate * math.log(max(1, more) / max(1, tests)))
