"""The loop: ask for tests, ask for verdicts, choose. Pure; somebody else writes tests and runs programs.

    >>> outcome = rerank(work, write_tests=..., execute=..., rule="majority", budget=UniformBudget(20))

`write_tests` and `execute` are plain callables, so a test drives the loop with lists, a host with a model
and a sandbox. Nothing here, or below it, can reach a benchmark's gold tests or grades.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from coderm_eval.budget import BudgetPolicy, Standing
from coderm_eval.records import (
    NO_OUTPUT,
    Candidate,
    Problem,
    Selection,
    UnitTest,
    Verdict,
    Verdicts,
)
from coderm_eval.selection import select

__all__ = ["Cell", "Execute", "Outcome", "Reranked", "Work", "WriteTests", "rerank"]


@dataclass(frozen=True)
class Work:
    """A problem and its candidates."""

    problem: Problem
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Cell:
    """One program against one test: where it stands in the matrix, and what to run."""

    task_id: str
    row: int
    column: int
    program: str
    test: str
    entry_point: str


@dataclass(frozen=True)
class Outcome:
    """What running a cell gave."""

    verdict: Verdict
    cpu_seconds: float
    output: int = NO_OUTPUT
    """Equal for programs that gave the test the same answers."""


@dataclass(frozen=True)
class Reranked:
    """Everything known about one problem after the last round."""

    problem: Problem
    candidates: tuple[Candidate, ...]
    tests: tuple[UnitTest, ...]
    verdicts: Verdicts
    selections: Mapping[str, Selection]
    """One selection for each rule asked for, by the rule's name."""


WriteTests = Callable[[Mapping[str, range]], Mapping[str, Sequence[tuple[int, str]]]]
"""{task id: sample indices wanted} -> {task id: (sample index, test source) of the usable ones}."""

Execute = Callable[[Sequence[Cell]], Iterable[tuple[Cell, Outcome]]]
"""Cells in, outcomes out, in any order."""


def rerank(
    work: Sequence[Work],
    *,
    write_tests: WriteTests,
    execute: Execute,
    rules: Sequence[str],
    budget: BudgetPolicy,
) -> list[Reranked]:
    """Rerank every problem's candidates, in rounds over the whole benchmark so that a GPU sees large batches.

    Args:
        work: problems with at least one candidate each; task ids are distinct.
        write_tests: asked once per round for test samples, by index.
        execute: asked once per round, for the new cells of the matrices only.
        rules: names in `coderm_eval.selection.rules()`, applied to the same final matrices.
        budget: says how many tests each problem gets in the next round.

    Returns:
        One result per problem, in the order of `work`.
    """
    boards = {item.problem.task_id: _Board(item) for item in work}
    while wanted := budget.next_round({task: board.standing() for task, board in boards.items()}):
        ranges = {task: boards[task].ask(more) for task, more in wanted.items()}
        written = write_tests(ranges)
        new = [cell for task in ranges for cell in boards[task].add(written.get(task, ()))]
        for cell, outcome in execute(new):
            boards[cell.task_id].record(cell, outcome)
    return [board.conclude(rules, budget.stopped(task)) for task, board in boards.items()]


class _Board:
    """One problem's tests and verdicts while they come in; columns are only ever appended."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.asked = 0
        self.samples: dict[str, list[int]] = {}
        self.matrix = np.empty((len(work.candidates), 0), dtype=np.uint8)
        self.cpu_seconds = np.empty((len(work.candidates), 0))
        self.outputs = np.empty((len(work.candidates), 0), dtype=np.int64)

    def standing(self) -> Standing:
        tests = tuple(UnitTest(source, tuple(indices)) for source, indices in self.samples.items())
        verdicts = Verdicts(self.matrix, self.cpu_seconds, self.outputs)
        return Standing(self.asked, self.work.candidates, tests, verdicts)

    def ask(self, more: int) -> range:
        """The next `more` test samples."""
        self.asked += more
        return range(self.asked - more, self.asked)

    def add(self, written: Sequence[tuple[int, str]]) -> list[Cell]:
        """Take in test samples; returns the cells of those tests that are new."""
        problem = self.work.problem
        fresh = []
        for index, source in written:
            if source not in self.samples:
                fresh.append(source)
            self.samples.setdefault(source, []).append(index)
        first_column = self.matrix.shape[1]
        shape = (len(self.work.candidates), len(fresh))
        self.matrix = np.hstack([self.matrix, np.full(shape, Verdict.NOT_RUN, dtype=np.uint8)])
        self.cpu_seconds = np.hstack([self.cpu_seconds, np.zeros(shape)])
        self.outputs = np.hstack([self.outputs, np.full(shape, NO_OUTPUT)])
        return [
            Cell(problem.task_id, row, column, candidate.program, source, problem.entry_point)
            for row, candidate in enumerate(self.work.candidates)
            for column, source in enumerate(fresh, first_column)
        ]

    def record(self, cell: Cell, outcome: Outcome) -> None:
        self.matrix[cell.row, cell.column] = outcome.verdict
        self.cpu_seconds[cell.row, cell.column] = outcome.cpu_seconds
        self.outputs[cell.row, cell.column] = outcome.output

    def conclude(self, rules: Sequence[str], stopped: str) -> Reranked:
        final = self.standing()
        return Reranked(
            problem=self.work.problem,
            candidates=final.candidates,
            tests=final.tests,
            verdicts=final.verdicts,
            selections=select(rules, final.candidates, final.tests, final.verdicts, stopped=stopped),
        )
