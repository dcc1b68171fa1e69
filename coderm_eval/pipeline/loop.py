"""The blind loop: request tests, request verdicts, pick. It is handed who writes the tests and who runs the programs.

    >>> results = rerank(problems, write_tests=..., execute=..., rule="majority", rules=["majority"], budget=...)

`write_tests` and `execute` are plain callables: a test drives the loop with lists, a host with a model and a sandbox.
Nothing here, or below it, can reach a benchmark's gold tests or grades.

Both are kept busy. A problem's tests are run as soon as they are written, while others' are being written. The problems
at even and at odd places take turns, so that one half's next tests are written while the other half's are run. What is
requested depends on the verdicts of whole turns, whose order is fixed: no result depends on who was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from coderm_eval.core.protocols import Cell, Execute, ExecutionResult, WriteTests
from coderm_eval.core.records import (
    NO_OUTPUT,
    ProblemCandidates,
    RerankResult,
    Selection,
    UnitTest,
    Verdict,
    Verdicts,
)
from coderm_eval.pipeline.background_writer import BackgroundTestWriter, PendingTests
from coderm_eval.selection import select
from coderm_eval.selection.budget import BudgetPolicy, ProblemState
from coderm_eval.selection.budget.state import LazyPicks, current_pick
from coderm_eval.selection.turns import alternate_halves

__all__ = ["rerank"]


def rerank(
    problems: Sequence[ProblemCandidates],
    *,
    write_tests: WriteTests,
    execute: Execute,
    rule: str,
    rules: Sequence[str],
    budget: BudgetPolicy,
    on_round: Callable[[int], None] = lambda requested: None,
) -> list[RerankResult]:
    """Rerank every problem's candidates, in rounds over half the benchmark so that a GPU sees large batches.

    Args:
        problems: with at least one candidate each; task ids are distinct.
        write_tests: asked once per turn for test samples, by index; in a thread, but never twice at a time.
        execute: asked once per turn, for the new cells of the verdict matrices only.
        rule: whose picks the budget looks at; a name in `coderm_eval.selection.known_rules()`.
        rules: all that are applied to the final matrices.
        budget: decides how many tests each problem gets in the next round.
        on_round: told, after each decision of the budget, how many test samples were requested before it.

    Returns:
        One result per problem, in the order of `problems`.

    Raises:
        Exception: whatever `write_tests` raises, once all that it wrote before in that turn was run and recorded.
    """
    matrices = {item.problem.task_id: _VerdictMatrix(item, rule) for item in problems}
    picks = LazyPicks(matrices, lambda task: matrices[task].pick())

    def wanted() -> Mapping[str, int]:
        states = {task: matrix.state() for task, matrix in matrices.items()}
        more = budget.next_round(states, picks)
        on_round(sum(state.requested for state in states.values()))
        return more

    def start(more: Mapping[str, int]) -> PendingTests:
        return writer.start({task: matrices[task].request(tests) for task, tests in more.items()})

    def finish(pending: PendingTests) -> None:
        for result in execute(_cells(pending, matrices)):
            matrices[result.key.problem.task_id].record(result)
        pending.check()
        for task in pending.wanted:
            matrices[task].in_flight = False

    with BackgroundTestWriter(write_tests) as writer:
        alternate_halves(list(matrices), wanted, start, finish)
    return [matrix.conclude(rules, budget.stopped(task)) for task, matrix in matrices.items()]


def _cells(pending: PendingTests, matrices: Mapping[str, _VerdictMatrix]) -> Iterator[list[Cell]]:
    for arrival in pending.arrivals():
        yield matrices[arrival[0]].add(arrival[1]) if arrival else []


_CELL = np.dtype([("verdict", np.uint8), ("cpu_seconds", np.float64), ("output", np.int64)])


class _VerdictMatrix:
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
        """What the rule picks as things stand; found anew only after something was added or recorded."""
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

    def conclude(self, rules: Sequence[str], stopped: str) -> RerankResult:
        final = self.state()
        return RerankResult(
            problem=self._item.problem,
            candidates=final.candidates,
            tests=final.tests,
            verdicts=final.verdicts,
            selections=select(rules, final.candidates, final.tests, final.verdicts, stopped=stopped),
        )
