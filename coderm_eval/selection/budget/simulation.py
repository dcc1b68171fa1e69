"""Budget policies on recorded tests: as if these were being written now, in one order or another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np

from coderm_eval.core.records import RerankResult, UnitTest
from coderm_eval.selection.budget import BudgetPolicy, ProblemState
from coderm_eval.selection.budget.state import current_pick
from coderm_eval.selection.turns import alternate_halves

__all__ = ["RecordedOrder", "shuffled", "simulate"]


class RecordedOrder:
    """One problem's test samples in one order, and how the problem stands after the first so many of them.

    Args:
        result: a problem with all its recorded tests.
        rule: the rule that picks.
        order: the sample indices of its tests, in the order in which they are written.
    """

    def __init__(self, result: RerankResult, rule: str, order: Sequence[int]) -> None:
        columns = {sample: column for column, test in enumerate(result.tests) for sample in test.samples}
        seen = list(dict.fromkeys(columns[sample] for sample in order))
        self._candidates = result.candidates
        self._select = partial(current_pick, rule)
        self._sources = {sample: result.tests[columns[sample]].source for sample in order}
        self._verdicts = result.verdicts.of_tests(seen)
        self._standings: dict[int, ProblemState] = {}

    @property
    def samples(self) -> int:
        """Test samples that are recorded."""
        return len(self._sources)

    def standing(self, asked: int) -> ProblemState:
        """After the first `asked` samples; the same object each time, so that its pick is found once."""
        if asked not in self._standings:
            self._standings[asked] = self._after(asked)
        return self._standings[asked]

    def _after(self, asked: int) -> ProblemState:
        samples: dict[str, list[int]] = {}
        for sample, source in islice(self._sources.items(), asked):
            samples.setdefault(source, []).append(sample)
        return ProblemState(
            requested=asked,
            candidates=self._candidates,
            tests=tuple(UnitTest(source, tuple(found)) for source, found in samples.items()),
            verdicts=self._verdicts.of_tests(slice(len(samples))),
            select=self._select,
        )


def shuffled(results: Sequence[RerankResult], rule: str, seed: Sequence[int]) -> dict[str, RecordedOrder]:
    """Recordings by task id, each with the problem's test samples in a random order."""
    rng = np.random.default_rng(seed)
    return {
        result.problem.task_id: RecordedOrder(
            result, rule, rng.permutation([sample for test in result.tests for sample in test.samples]).tolist()
        )
        for result in results
    }


def simulate(recordings: Mapping[str, RecordedOrder], policy: BudgetPolicy) -> dict[str, ProblemState]:
    """How all problems stand once the policy has stopped; it sees what it would see in a run.

    A policy that wants more samples of a problem than are recorded gets what there is.
    """
    asked = dict.fromkeys(recordings, 0)
    known = dict(asked)

    def stand(task: str) -> ProblemState:
        standing = recordings[task].standing(known[task])
        return standing if known[task] == asked[task] else replace(standing, requested=asked[task], in_flight=True)

    def start(wanted: Mapping[str, int]) -> list[str]:
        for task, more in wanted.items():
            asked[task] += more
        return list(wanted)

    def finish(tasks: list[str]) -> None:
        known.update({task: asked[task] for task in tasks})

    alternate_halves(list(recordings), lambda: policy.next_round({task: stand(task) for task in asked}), start, finish)
    return {task: recordings[task].standing(known[task]) for task in recordings}
