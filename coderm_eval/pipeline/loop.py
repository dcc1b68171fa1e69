"""The loop: ask for tests, ask for verdicts, choose. Somebody else writes the tests and runs the programs.

    >>> results = rerank(work, write_tests=..., execute=..., rule="majority", rules=["majority"], budget=...)

`write_tests` and `execute` are plain callables, so a test drives the loop with lists, a host with a model
and a sandbox. Nothing here, or below it, can reach a benchmark's gold tests or grades.

Both are kept busy. A problem's tests are run as soon as they are written, while others' are being written; and
the problems at even and at odd places take turns, so that one half's next tests are written while the other's
are run. What is asked for depends on the verdicts of whole turns, whose order is fixed: no result depends on who
was faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from coderm_eval.core.protocols import Cell, Execute, ExecutionResult, WriteTests
from coderm_eval.core.records import (
    NO_OUTPUT,
    ProblemCandidates,
    RerankResult,
    UnitTest,
    Verdict,
    Verdicts,
)
from coderm_eval.pipeline.background_writer import BackgroundTestWriter, PendingTests
from coderm_eval.selection import select
from coderm_eval.selection.budget import BudgetPolicy, ProblemState
from coderm_eval.selection.budget.state import current_pick
from coderm_eval.selection.turns import alternate_halves

__all__ = ["rerank"]


def rerank(
    work: Sequence[ProblemCandidates],
    *,
    write_tests: WriteTests,
    execute: Execute,
    rule: str,
    rules: Sequence[str],
    budget: BudgetPolicy,
) -> list[RerankResult]:
    """Rerank every problem's candidates, in rounds over half the benchmark so that a GPU sees large batches.

    Args:
        work: problems with at least one candidate each; task ids are distinct.
        write_tests: asked once per turn for test samples, by index; by a thread, but never twice at a time.
        execute: asked once per turn, for the new cells of the matrices only.
        rule: whose picks the budget looks at; a name in `coderm_eval.selection.known_rules()`.
        rules: all that are applied to the final matrices.
        budget: says how many tests each problem gets in the next round.

    Returns:
        One result per problem, in the order of `work`.

    Raises:
        Whatever `write_tests` raises, once all that it wrote before in that turn was run and recorded.
    """
    boards = {item.problem.task_id: _VerdictMatrix(item, rule) for item in work}

    def wanted() -> Mapping[str, int]:
        return budget.next_round({task: board.standing() for task, board in boards.items()})

    def start(more: Mapping[str, int]) -> PendingTests:
        return writer.start({task: boards[task].ask(tests) for task, tests in more.items()})

    def finish(request: PendingTests) -> None:
        for result in execute(_cells(request, boards)):
            boards[result.key.problem.task_id].record(result)
        request.check()
        for task in request.wanted:
            boards[task].in_flight = False

    with BackgroundTestWriter(write_tests) as writer:
        alternate_halves(list(boards), wanted, start, finish)
    return [board.conclude(rules, budget.stopped(task)) for task, board in boards.items()]


def _cells(request: PendingTests, boards: Mapping[str, _VerdictMatrix]) -> Iterator[list[Cell]]:
    for arrival in request.arrivals():
        yield boards[arrival[0]].add(arrival[1]) if arrival else []


class _VerdictMatrix:
    """One problem's tests and verdicts while they come in; columns are only ever appended."""

    def __init__(self, work: ProblemCandidates, rule: str) -> None:
        self.work = work
        self.requested = 0
        self.in_flight = False
        self.select = partial(current_pick, rule)
        self.samples: dict[str, list[int]] = {}
        self.matrix = np.empty((len(work.candidates), 0), dtype=np.uint8)
        self.cpu_seconds = np.empty((len(work.candidates), 0))
        self.outputs = np.empty((len(work.candidates), 0), dtype=np.int64)

    def standing(self) -> ProblemState:
        tests = tuple(UnitTest(source, tuple(indices)) for source, indices in self.samples.items())
        verdicts = Verdicts(self.matrix, self.cpu_seconds, self.outputs)
        return ProblemState(self.requested, self.work.candidates, tests, verdicts, self.select, self.in_flight)

    def ask(self, more: int) -> range:
        """The next `more` test samples."""
        self.requested += more
        self.in_flight = True
        return range(self.requested - more, self.requested)

    def add(self, written: Sequence[tuple[int, str]]) -> list[Cell]:
        """Take in test samples; returns the cells of those tests that are new."""
        new = []
        for index, source in written:
            if source not in self.samples:
                new.append(source)
            self.samples.setdefault(source, []).append(index)
        first_column = self.matrix.shape[1]
        shape = (len(self.work.candidates), len(new))
        self.matrix = np.hstack([self.matrix, np.full(shape, Verdict.NOT_RUN, dtype=np.uint8)])
        self.cpu_seconds = np.hstack([self.cpu_seconds, np.zeros(shape)])
        self.outputs = np.hstack([self.outputs, np.full(shape, NO_OUTPUT)])
        return [
            Cell(self.work.problem, row, column, candidate.program, source)
            for row, candidate in enumerate(self.work.candidates)
            for column, source in enumerate(new, first_column)
        ]

    def record(self, result: ExecutionResult[Cell]) -> None:
        place = result.key.row, result.key.column
        self.matrix[place] = result.verdict
        self.cpu_seconds[place] = result.cpu_seconds
        self.outputs[place] = result.output

    def conclude(self, rules: Sequence[str], stopped: str) -> RerankResult:
        final = self.standing()
        return RerankResult(
            problem=self.work.problem,
            candidates=final.candidates,
            tests=final.tests,
            verdicts=final.verdicts,
            selections=select(rules, final.candidates, final.tests, final.verdicts, stopped=stopped),
        )
