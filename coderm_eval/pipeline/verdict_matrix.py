"""One problem while its tests and verdicts come in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from coderm_eval.core.protocols import Block
from coderm_eval.core.records import Probes, ProblemCandidates, RerankResult, Selection, UnitTest, Verdict, Verdicts
from coderm_eval.selection import finalists, select
from coderm_eval.selection.budget import ProblemState
from coderm_eval.selection.budget.state import current_pick

__all__ = ["VerdictMatrix"]


class VerdictMatrix:
    """One problem's tests and verdicts while they come in; columns are only ever appended."""

    def __init__(self, item: ProblemCandidates, rule: str) -> None:
        self._item = item
        self._rule = rule
        self._requested = 0
        self.in_flight = False
        self._samples: dict[str, list[int]] = {}
        """Sample indices by test; the tests are the columns, in this order."""
        self._verdicts = Verdicts.not_run(len(item.candidates), 0)
        """Room for more columns than there are tests, so that growing copies each cell about once."""
        self._pick: Selection | None = None

    def state(self) -> ProblemState:
        return ProblemState(
            requested=self._requested,
            candidates=self._item.candidates,
            tests=tuple(UnitTest(source, tuple(indices)) for source, indices in self._samples.items()),
            verdicts=self._verdicts.of_tests(slice(len(self._samples))),
            in_flight=self.in_flight,
        )

    def pick(self) -> Selection:
        """The rule's current pick; found anew only after something was added or recorded."""
        self._pick = self._pick or current_pick(self._rule, self.state())
        return self._pick

    def request(self, more: int) -> range:
        """Return the indices of the next `more` test samples, which are in flight from now on."""
        self._requested += more
        self.in_flight = True
        return range(self._requested - more, self._requested)

    def add(self, written: Sequence[tuple[int, str]]) -> Block | None:
        """Take in test samples; returns what is to be run of those tests that are new, None where none is."""
        first = len(self._samples)
        for index, source in written:
            self._samples.setdefault(source, []).append(index)
        self._pick = None
        self._make_room(len(self._samples))
        new = list(islice(self._samples, first, None))
        programs = [candidate.program for candidate in self._item.candidates]
        return Block(self._item.problem, first, programs, new, self._timeouts(first)) if new else None

    def _timeouts(self, columns: int) -> list[int]:
        """For each candidate, the tests so far in which it timed out. A test in which all did may loop by itself."""
        timed_out = self._verdicts.matrix[:, :columns] == Verdict.TIMED_OUT
        return list(timed_out[:, ~timed_out.all(axis=0)].sum(axis=1).tolist())

    def _make_room(self, columns: int) -> None:
        rows, capacity = self._verdicts.matrix.shape
        if columns > capacity:
            more = Verdicts.not_run(rows, max(columns, 2 * capacity) - capacity)
            self._verdicts = Verdicts(*map(np.hstack, zip(self._verdicts.arrays, more.arrays, strict=True)))

    def record(self, block: Block, verdicts: Verdicts) -> None:
        columns = slice(block.first, block.first + len(block.tests))
        for mine, new in zip(self._verdicts.arrays, verdicts.arrays, strict=True):
            mine[:, columns] = new
        self._pick = None

    def finalists(self) -> tuple[int, ...]:
        """The candidates that probing inputs are to tell apart, once all tests are there."""
        final = self.state()
        return finalists(final.candidates, final.tests, final.verdicts)

    def part(self, rows: Sequence[int]) -> tuple[ProblemCandidates, Sequence[UnitTest]]:
        """These of the candidates, and the tests that there are in the end."""
        candidates = tuple(self._item.candidates[row] for row in rows)
        return ProblemCandidates(self._item.problem, candidates), self.state().tests

    def conclude(self, rules: Sequence[str], stopped: str, probes: Probes | None) -> RerankResult:
        final = self.state()
        stopped = stopped if final.tests else "no tests"
        return RerankResult(
            problem=self._item.problem,
            candidates=final.candidates,
            tests=final.tests,
            verdicts=final.verdicts,
            selections=select(rules, final.candidates, final.tests, final.verdicts, stopped=stopped, probes=probes),
            probes=probes,
        )
