"""Tests grouped for workers: what is the same is run once, and a problem's tests travel with its programs."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, groupby
from typing import Any, Generic, NamedTuple

from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import NO_OUTPUT, Verdict
from coderm_eval.execution.backends.pool import Job, Setup
from coderm_eval.execution.program_test import Key, ProgramTest
from coderm_eval.execution.static_analysis import ProgramInfo, TestInfo, analyse, analyse_test
from coderm_eval.execution.wire.ends import End

__all__ = ["VERDICT_OF_END", "Row", "make_jobs", "preamble_of_tests"]

_ROWS_PER_JOB = 64
"""Most programs of one problem for one worker: enough to spread the cost of starting its tests, few enough to share the
programs out evenly."""

VERDICT_OF_END: Mapping[End, Verdict] = {
    End.PASSED: Verdict.PASSED,
    End.FAILED: Verdict.FAILED,
    End.OUT_OF_CPU: Verdict.TIMED_OUT,
    End.OUT_OF_TIME: Verdict.TIMED_OUT,
    End.CRASHED: Verdict.CRASHED,
    End.FULL: Verdict.CRASHED,
}
"""No end is NOT_RUN: that is the verdict where a worker gives no answer."""


class _Problem(NamedTuple):
    """What tests that run together have in common."""

    name: str
    entry_point: str
    timeout_s: float | None
    are_calls: bool


@dataclass
class Row(Generic[Key]):
    """One program, and the tests to run against it."""

    program: str
    info: ProgramInfo
    process_per_call: bool
    tests: list[str]
    """All tests of the problem."""
    shared: list[bool]
    """For each, whether it can share its process with others."""
    problem: _Problem
    cells: dict[int, list[Key]] = field(default_factory=dict)
    """{number of a test: the keys that wait for its result}."""

    def request(self) -> dict[str, Any]:
        stateful = self.info.stateful and not self.process_per_call
        return {
            "program": self.program,
            "stateful": stateful,
            "process_per_run": self.process_per_call or (stateful and self.info.reaches_out),
            "imports": self.info.imports,
            "columns": list(self.cells),
        }

    def preamble(self) -> dict[str, Any]:
        if self.problem.are_calls:
            return {"calls": self.tests, "timeout_s": self.problem.timeout_s}
        return preamble_of_tests(self.tests, self.shared, self.problem.entry_point, self.problem.timeout_s)

    def results(self, answer: dict[str, Any] | None) -> Iterator[ExecutionResult[Key]]:
        """Yield the result for each key; without an answer nothing was run."""
        if answer is None:
            yield from (ExecutionResult(key, Verdict.NOT_RUN, 0.0) for keys in self.cells.values() for key in keys)
            return
        verdicts = [VERDICT_OF_END[End(letter)] for letter in answer["verdicts"]]
        columns = (answer["cpu_seconds"], map(self._output, answer["outputs"]), answer["reasons"])
        for keys, verdict, *more in zip(self.cells.values(), verdicts, *columns, strict=True):
            for key in keys:
                yield ExecutionResult(key, verdict, *more)

    def _output(self, number: int | None) -> int:
        return NO_OUTPUT if number is None or self.info.knows_addresses else number

    def split_late(self, answer: dict[str, Any]) -> tuple[Row[Key], Row[Key], dict[str, Any]]:
        """Return this row without the tests that ran out of wall time, those alone, and the answer without them."""
        in_time = [letter != End.OUT_OF_TIME for letter in answer["verdicts"]]
        parts = [
            replace(
                self,
                cells={
                    column: keys
                    for (column, keys), kept in zip(self.cells.items(), in_time, strict=True)
                    if kept == part
                },
            )
            for part in (True, False)
        ]
        return parts[0], parts[1], {name: list(compress(found, in_time)) for name, found in answer.items()}


def preamble_of_tests(
    tests: Sequence[str], shared: Sequence[bool], entry_point: str, timeout_s: float | None
) -> dict[str, Any]:
    """Return the request that has a worker use these tests from now on."""
    return {"tests": tests, "shared": shared, "entry_point": entry_point, "timeout_s": timeout_s}


def make_jobs(
    tests: Iterable[ProgramTest[Key] | None], setup: Setup, decided: deque[ExecutionResult[Key]]
) -> Iterator[Job[Row[Key]]]:
    """Yield the tests of each problem in jobs; those whose program or test is not Python go to `decided` instead."""
    for problem, together in groupby(tests, key=_problem):
        if problem is None:
            yield from (Job(()) for _ in together)
            continue
        table: _Table[Key] = _Table(problem)
        for test in filter(None, together):
            if not table.add(test):
                decided.append(ExecutionResult(test.key, Verdict.FAILED, 0.0))
        yield from table.jobs(setup)


def _problem(test: ProgramTest[Any] | None) -> _Problem | None:
    return _Problem(test.problem, test.entry_point, test.timeout_s, test.is_call) if test else None


class _Table(Generic[Key]):
    """The distinct programs and tests of one problem, and which of them are to be run together."""

    def __init__(self, problem: _Problem) -> None:
        self._problem = problem
        self._programs: dict[str, ProgramInfo | None] = {}
        self._infos: dict[str, TestInfo | None] = {}
        """By test."""
        self._rows: dict[str, Row[Key]] = {}
        self._columns: dict[str, int] = {}
        self._tests: list[str] = []
        self._shared: list[bool] = []

    def add(self, test: ProgramTest[Key]) -> bool:
        """Take a program and its test in; returns whether both are Python."""
        if test.program not in self._programs:
            self._programs[test.program] = analyse(test.program)
        if test.test not in self._infos:
            self._infos[test.test] = TestInfo(test.test, True) if test.is_call else analyse_test(test.test)
        info, test_info = self._programs[test.program], self._infos[test.test]
        if info is None or test_info is None:
            return False
        if info.identity not in self._rows:
            common = (self._tests, self._shared, self._problem)
            self._rows[info.identity] = Row(test.program, info, test.process_per_call, *common)
        if test_info.identity not in self._columns:
            self._columns[test_info.identity] = len(self._tests)
            self._tests.append(test.test)
            self._shared.append(test.trusted or test_info.harmless)
        self._rows[info.identity].cells.setdefault(self._columns[test_info.identity], []).append(test.key)
        return True

    def jobs(self, setup: Setup) -> Iterator[Job[Row[Key]]]:
        rows = list(self._rows.values())
        size = math.ceil(len(rows) / math.ceil(len(rows) / _ROWS_PER_JOB)) if rows else 1
        for n in range(0, len(rows), size):
            part = rows[n : n + size]
            yield Job([(row, row.request()) for row in part], part[0].preamble(), setup)
