"""The two calls that the loop makes: write tests, execute blocks of cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from coderm_eval.core.records import NO_OUTPUT, Problem, ProblemCandidates, UnitTest, Verdict, Verdicts

__all__ = ["Block", "Draw", "Execute", "ExecutionResult", "Explain", "Probe", "WriteTests", "Written"]

Key = TypeVar("Key")


@dataclass(frozen=True)
class Block:
    """Candidates of one problem against tests of it: neighbouring columns of its verdict matrix, and what to run."""

    problem: Problem
    first: int
    """The first of the columns."""
    programs: Sequence[str]
    """The candidates' sources, in the problem's form; one row each."""
    tests: Sequence[str]
    """Their sources, one column each; or probing inputs, which are calls as text."""
    timeouts: Sequence[int] = ()
    """For each program, the earlier tests of the problem in which it timed out; empty for none."""

    @property
    def cells(self) -> int:
        return len(self.programs) * len(self.tests)


@dataclass(slots=True)  # not frozen: there is one for each cell, and that would take four times as long
class ExecutionResult(Generic[Key]):
    """The result of running one program against one test."""

    key: Key
    """The caller's name for the execution."""
    verdict: Verdict
    cpu_seconds: float
    output: int = NO_OUTPUT
    """Equal for programs that gave the test the same answers, as `Verdicts.outputs` says."""
    reason: str = ""
    """The error of its own with which the test ended, if it was run for this program and not recalled."""


Draw = Callable[[Mapping[str, range]], Mapping[str, Sequence[str]]]
"""{task id: sample indices wanted} -> the programs of these samples, by task id."""

Execute = Callable[[Iterable[Block | None]], Iterable[tuple[Block, Verdicts]]]
"""Takes block after block, as they come, and yields each with its verdicts, in any order, once it is done. None says
that no block is ready yet, and that results are welcome meanwhile."""

Explain = Callable[[Iterable[Block]], Mapping[tuple[str, int], str]]
"""Takes blocks of one program and one test, and finds, by task id and column, the errors of their own with which the
tests end; empty where one does not."""

Probe = Callable[[Sequence[tuple[ProblemCandidates, Sequence[UnitTest]]]], Mapping[str, Verdicts]]
"""Runs candidates of each problem on probing inputs, which are made from the calls of its tests; returns what became of
them, by task id."""

Written = tuple[str, Sequence[tuple[int, str]]]
"""(task id, (sample index, test source) of its usable samples)."""

WriteTests = Callable[[Mapping[str, range]], Iterable[Written]]
"""{task id: sample indices wanted} -> each problem once all of its samples are there, in any order."""
