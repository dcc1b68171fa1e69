"""The two calls that the loop makes: write tests, execute cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from coderm_eval.core.records import NO_OUTPUT, Problem, ProblemCandidates, UnitTest, Verdict, Verdicts

__all__ = ["Cell", "Draw", "Execute", "ExecutionResult", "Explain", "Probe", "WriteTests", "Written"]

Key = TypeVar("Key")


@dataclass(frozen=True)
class Cell:
    """One candidate against one test: its place in the problem's verdict matrix, and what to run."""

    problem: Problem
    row: int
    column: int
    program: str
    """The candidate's source, in the problem's form."""
    test: str
    """Its source; or a probing input, which is a call as text."""


@dataclass(frozen=True)
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

Execute = Callable[[Iterable[Sequence[Cell]]], Iterable[ExecutionResult[Cell]]]
"""Takes the new cells of one problem after the other, as they come, and yields their results in any order. An empty
sequence says that no cells are ready yet, and that results are welcome meanwhile."""

Explain = Callable[[Iterable[Cell]], Mapping[tuple[str, int], str]]
"""Finds, by task id and column, the errors of their own with which tests end; empty where one does not."""

Probe = Callable[[Sequence[tuple[ProblemCandidates, Sequence[UnitTest]]]], Mapping[str, Verdicts]]
"""Runs candidates of each problem on probing inputs, which are made from the calls of its tests; returns what became of
them, by task id."""

Written = tuple[str, Sequence[tuple[int, str]]]
"""(task id, (sample index, test source) of its usable samples)."""

WriteTests = Callable[[Mapping[str, range]], Iterable[Written]]
"""{task id: sample indices wanted} -> each problem once all of its samples are there, in any order."""
