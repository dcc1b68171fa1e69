"""What the loop asks of others: tests to be written, cells to be run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from coderm_eval.core.records import NO_OUTPUT, Verdict

__all__ = ["Cell", "Execute", "Outcome", "WriteTests", "Written"]


@dataclass(frozen=True)
class Cell:
    """One program against one test: where it stands in the matrix, and what to run."""

    task_id: str
    row: int
    column: int
    program: str
    test: str
    entry_point: str
    fresh: bool
    """Whether each call is made in a process of its own."""


@dataclass(frozen=True)
class Outcome:
    """What running a cell gave."""

    verdict: Verdict
    cpu_seconds: float
    output: int = NO_OUTPUT
    """Equal for programs that gave the test the same answers."""


Execute = Callable[[Iterable[Sequence[Cell]]], Iterable[tuple[Cell, Outcome]]]
"""The new cells of one problem after the other in, as they come; outcomes out, in any order. Where no cells come
together, none are ready: outcomes are welcome meanwhile."""

Written = tuple[str, Sequence[tuple[int, str]]]
"""(task id, (sample index, test source) of its usable samples)."""

WriteTests = Callable[[Mapping[str, range]], Iterable[Written]]
"""{task id: sample indices wanted} -> each problem once all of its samples are there, in any order."""
