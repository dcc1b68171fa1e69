"""Budget policies on recorded tests: as if these were being written now, in one order or another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np

from coderm_eval.core.records import RerankResult, Selection, UnitTest
from coderm_eval.selection.budget import BudgetPolicy, ProblemState
from coderm_eval.selection.budget.state import LazyPicks, current_pick
from coderm_eval.selection.turns import alternate_halves

__all__ = ["RecordedOrder", "shuffled", "simulate"]


class RecordedOrder:
    """One problem's test samples in one order: how it stands, and what is picked, after the first so many of them.

    Args:
        result: a problem with all its recorded tests.
        rule: the rule that picks.
        order: the sample indices of its tests, in the order in which they are written.
    """

    def __init__(self, result: RerankResult, rule: str, order: Sequence[int]) -> None:
        columns: dict[int, list[int]] = {sample: [] for sample in order}
        for column, test in enumerate(result.tests):
            for sample in test.samples:
                columns[sample].append(column)
        seen = list(dict.fromkeys(column for listed in columns.values() for column in listed))
        self.candidates = result.candidates
        self._sources = {
            sample: [result.tests[column].source for column in listed] for sample, listed in columns.items()
        }
        self._verdicts = result.verdicts.of_tests(seen)
        self.state = cache(self._state)
        """The problem after so many samples; each is made once."""
        self.pick = cache(lambda tests: current_pick(rule, self.state(tests)))
        """The rule's pick after so many samples; each is found once."""

    @property
    def samples(self) -> int:
        """The number of test samples that are recorded."""
        return len(self._sources)

    def _state(self, tests: int) -> ProblemState:
        samples: dict[str, list[int]] = {}
        for sample, sources in islice(self._sources.items(), tests):
            for source in sources:
                samples.setdefault(source, []).append(sample)
        return ProblemState(
            requested=tests,
            candidates=self.candidates,
            tests=tuple(UnitTest(source, tuple(found)) for source, found in samples.items()),
            verdicts=self._verdicts.of_tests(slice(len(samples))),
        )


def shuffled(results: Sequence[RerankResult], rule: str, seed: Sequence[int]) -> dict[str, RecordedOrder]:
    """Recorded orders by task id, each with the problem's test samples in a random order."""
    rng = np.random.default_rng(seed)
    return {
        result.problem.task_id: RecordedOrder(result, rule, rng.permutation(result.test_samples).tolist())
        for result in results
    }


def simulate(orders: Mapping[str, RecordedOrder], policy: BudgetPolicy) -> dict[str, int]:
    """Return how many tests of each problem are known once the policy has stopped; it sees what a run would show it.

    A policy that wants more samples of a problem than are recorded gets what there is.
    """
    requested = dict.fromkeys(orders, 0)
    known = dict(requested)

    def state(task: str) -> ProblemState:
        recorded: ProblemState = orders[task].state(known[task])
        in_flight = known[task] != requested[task]
        return replace(recorded, requested=requested[task], in_flight=True) if in_flight else recorded

    def pick(task: str) -> Selection:
        return orders[task].pick(known[task])

    def wanted() -> dict[str, int]:
        return policy.next_round({task: state(task) for task in orders}, LazyPicks(orders, pick))

    def start(more: Mapping[str, int]) -> list[str]:
        for task, tests in more.items():
            requested[task] += tests
        return list(more)

    def finish(tasks: list[str]) -> None:
        known.update({task: requested[task] for task in tasks})

    alternate_halves(list(orders), wanted, start, finish)
    return known
