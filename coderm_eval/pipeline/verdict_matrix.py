"""One problem while its tests and verdicts come in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coderm_eval.core.protocols import Cell, ExecutionResult
from coderm_eval.core.records import (
    NO_OUTPUT,
    Probes,
    ProblemCandidates,
    RerankResult,
    Selection,
    UnitTest,
    Verdict,
    Verdicts,
)
from coderm_eval.selection import finalists, select
from coderm_eval.selection.budget import ProblemState
from coderm_eval.selection.budget.state import current_pick

__all__ = ["VerdictMatrix"]

_CELL = np.dtype([("verdict", np.uint8), ("cpu_seconds", np.float64), ("output", np.int64)])


class VerdictMatrix:
    """One problem's tests and verdicts while they come in; columns are only ever appended."""

    def __init__(self, item: ProblemCandidates, rule: str) -> None:
        self._item = item
        self._rule = rule
        self._requested = 0
        self.in_flight = False
        self._samples: dict[str, list[int]] = {}
        """Sample indices by test; the tests are the columns, in this order."""
        self._cells = np.empty((len(item.candidates), 0), dtype=_CELL)
        """Room for more columns than there are tests, so that growing copies each cell about once."""
        self._pick: Selection | None = None

    def state(self) -> ProblemState:
        cells = self._cells[:, : len(self._samples)]
        return ProblemState(
            requested=self._requested,
            candidates=self._item.candidates,
            tests=tuple(UnitTest(source, tuple(indices)) for source, indices in self._samples.items()),
            verdicts=Verdicts(cells["verdict"], cells["cpu_seconds"], cells["output"]),
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

    def add(self, written: Sequence[tuple[int, str]]) -> list[Cell]:
        """Take in test samples; returns the cells of those tests that are new."""
        first = len(self._samples)
        for index, source in written:
            self._samples.setdefault(source, []).append(index)
        self._pick = None
        self._make_room(len(self._samples))
        new = list(enumerate(list(self._samples)[first:], first))
        return [
            Cell(self._item.problem, row, column, candidate.program, source)
            for row, candidate in enumerate(self._item.candidates)
            for column, source in new
        ]

    def _make_room(self, columns: int) -> None:
        rows, capacity = self._cells.shape
        if columns > capacity:
            more = np.empty((rows, max(columns, 2 * capacity) - capacity), dtype=_CELL)
            more["verdict"], more["cpu_seconds"], more["output"] = Verdict.NOT_RUN, 0.0, NO_OUTPUT
            self._cells = np.hstack([self._cells, more])

    def record(self, result: ExecutionResult[Cell]) -> None:
        place = result.key.row, result.key.column
        self._cells[place] = (result.verdict, result.cpu_seconds, result.output)
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
