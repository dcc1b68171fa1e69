"""Tests in rounds, to the problems whose pick they are most likely to change, until few picks would change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from coderm_eval.selection.budget.marginal_gain import allocate_greedily
from coderm_eval.selection.budget.policy import BudgetPolicy
from coderm_eval.selection.budget.state import ProblemState

__all__ = ["SequentialBudget", "change_probability", "change_rate"]

_SCALE = 75
"""Fitted, without grades, to the changes of picks in four sets of recorded tests, for two rules: 35 to 170."""

_PRIOR = 4.0
"""Changes that the constants count for, against those seen in the run."""

_ROUNDS = 8
"""In which the total is spent: enough to learn from."""

BATCH = 64
"""Tests in a round at least: fewer would leave a GPU idle, and the workers that run them."""


class SequentialBudget(BudgetPolicy):
    """Looks at the verdicts between rounds; makes no use of grades.

    Each round goes where it is expected to change most picks: Σ_i φ h_i ln b_i is highest where the tests b_i of a
    problem are proportional to its restlessness h_i. φ = (4 + changes seen) / (4 + changes expected) is learnt in the
    run from what its rounds have changed so far, so that the chances hold for its policy, its test writer and its
    rule. The run stops once so few picks are expected to change that more tests are not worth it.

    Args:
        total: test samples over the whole benchmark.
        minimum: that each problem gets at least.
        limits: by task id, that each gets at most.
        tolerance: the run stops once no more than this share of the picks is expected to differ from those after
            `limits` tests. 0: only problems without a choice stop before the total is spent.
        batch: tests in a round at least.
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
        self._looks: dict[str, _Snapshot] = {}
        self._compared: dict[str, _Snapshot] = {}
        """What a problem's pick is compared with once its tests have doubled: some changes are taken back sooner."""
        self._changes = self._expected = _PRIOR
        self._settled = False

    @property
    def change_probabilities(self) -> Mapping[str, float]:
        return {
            task: change_probability(look.restlessness * self._pace, look.requested, self._limits[task])
            for task, look in self._looks.items()
        }

    def next_round(self, problems: Mapping[str, ProblemState]) -> dict[str, int]:
        first = {task: count for task, p in problems.items() if not p.requested and (count := self._first(task, p))}
        if first:
            return first
        for task, standing in problems.items():
            if not standing.in_flight:
                self._look(task, standing)
        left = self._total - sum(standing.requested for standing in problems.values())
        chances = self.change_probabilities
        self._settled = sum(chances.get(task, 1.0) for task in problems) <= self._tolerance * len(problems)
        return {} if self._settled else self._share_out(problems, min(left, self._round))

    def stopped(self, task_id: str) -> str:
        look = self._looks.get(task_id)
        if look is None or look.requested >= self._limits[task_id]:
            return "limit"
        return "decided" if self._settled or not look.restlessness else "budget"

    def _first(self, task: str, standing: ProblemState) -> int:
        """Tests of the first round: its even share, where there is anything to choose from."""
        share = max(1, self._round // len(self._limits)) if len(standing.candidates) > 1 else 0
        return min(self._limits[task], max(self._minimum, share))

    @property
    def _pace(self) -> float:
        return self._changes / self._expected

    def _look(self, task: str, standing: ProblemState) -> None:
        if task in self._looks and self._looks[task].requested == standing.requested:
            return
        look = self._looks[task] = _Snapshot(standing.requested, standing.selection.chosen, change_rate(standing))
        before = self._compared.setdefault(task, look)
        if look.requested >= 2 * before.requested and look is not before:
            self._expected += change_probability(before.restlessness, before.requested, look.requested)
            self._changes += before.chosen != look.chosen
            self._compared[task] = look

    def _share_out(self, problems: Mapping[str, ProblemState], tests: int) -> dict[str, int]:
        """Busy problems keep their share, but get it when they are no longer busy.

        No problem gets more than twice what it has, so that its next tests are asked for in the light of these.
        """
        start = {task: problems[task].requested for task in self._looks}
        limits = {task: self._limit(task, count) for task, count in start.items()}
        shared = allocate_greedily(self._gain, start, sum(start.values()) + tests, limits)
        return {
            task: more
            for task, count in shared.items()
            if not problems[task].in_flight and (more := count - start[task]) > 0
        }

    def _limit(self, task: str, asked: int) -> int:
        return min(self._limits[task], 2 * asked) if self._looks[task].restlessness else asked

    def _gain(self, task: str, tests: int) -> float:
        return self._looks[task].restlessness / max(1, tests)


@dataclass(frozen=True)
class _Snapshot:
    requested: int
    chosen: int
    restlessness: float


def change_rate(standing: ProblemState) -> float:
    """h = (D - 1) exp(-s) / 75, how fast more tests change a problem's pick.

    D is the number of distinct candidates, and s the share of the samples that behave on the tests so far as the pick
    does. Where there is little to choose from, or most agree with the pick, it seldom changes.
    """
    agreeing = standing.agreement_with(standing.selection.chosen)
    return (len(standing.candidates) - 1) * math.exp(-agreeing) / _SCALE


def change_probability(restlessness: float, tests: int, more: int) -> float:
    """P = 1 - exp(-h ln(T / t)): that the pick after T = `more` tests differs from that after t = `tests`.

    A pick is as likely to change from 4 to 8 tests as from 8 to 16.
    """
    return -math.expm1(-restlessness * math.log(max(1, more) / max(1, tests)))
