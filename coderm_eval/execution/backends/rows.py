"""Tests grouped for workers: a problem's tests travel once, with its programs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, repeat
from typing import Any, Generic

from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import NO_OUTPUT, Verdict
from coderm_eval.execution.backends.pool import Job, Setup
from coderm_eval.execution.program_test import Key, ProgramTest
from coderm_eval.execution.wire.ends import End

__all__ = ["VERDICT_OF_END", "Row", "make_jobs", "preamble_of_tests"]

_ROWS_PER_JOB = 64
"""Most programs of one problem for one worker: enough to spread the cost of starting its tests, few enough to share the
programs out evenly."""

_WORD = re.compile(r"\w+")

VERDICT_OF_END: Mapping[str, Verdict] = {
    End.PASSED: Verdict.PASSED,
    End.FAILED: Verdict.FAILED,
    End.OUT_OF_CPU: Verdict.TIMED_OUT,
    End.OUT_OF_TIME: Verdict.TIMED_OUT,
    End.CRASHED: Verdict.CRASHED,
    End.FULL: Verdict.CRASHED,
}
"""No end is NOT_RUN: that is the verdict where a worker gives no answer."""


@dataclass
class Row(Generic[Key]):
    """One program, and the tests to run against it."""

    program: str
    process_per_call: bool
    timeouts: int
    preamble: dict[str, Any]
    """The tests of the problem."""
    columns: list[int] = field(default_factory=list)
    """Numbers of the tests to run, among those of the problem."""
    keys: list[Key] = field(default_factory=list)
    """For each, the key that waits for its result."""

    def request(self) -> dict[str, Any]:
        return {
            "program": self.program,
            "process_per_call": self.process_per_call,
            "timeouts": self.timeouts,
            "columns": self.columns,
        }

    def results(self, answer: dict[str, Any] | None) -> Iterator[ExecutionResult[Key]]:
        """Return the result for each key; without an answer nothing was run."""
        if answer is None:
            return map(ExecutionResult, self.keys, repeat(Verdict.NOT_RUN), repeat(0.0))
        verdicts = map(VERDICT_OF_END.__getitem__, answer["verdicts"])
        outputs = (NO_OUTPUT if number is None else number for number in answer["outputs"])
        return map(ExecutionResult, self.keys, verdicts, answer["cpu_seconds"], outputs, answer["reasons"])

    def split_late(self, answer: dict[str, Any]) -> tuple[Row[Key], Row[Key], dict[str, Any]]:
        """Return this row without the tests that ran out of wall time, those alone, and the answer without them."""
        late = [letter == End.OUT_OF_TIME for letter in answer["verdicts"]]
        in_time = [not it for it in late]
        return (
            self._part(in_time),
            self._part(late),
            {name: list(compress(all_, in_time)) for name, all_ in answer.items()},
        )

    def _part(self, kept: Sequence[bool]) -> Row[Key]:
        columns, keys = compress(self.columns, kept), compress(self.keys, kept)
        return Row(self.program, self.process_per_call, self.timeouts, self.preamble, [*columns], [*keys])


def preamble_of_tests(
    tests: Sequence[str], trusted: Sequence[bool], entry_point: str, timeout_s: float | None
) -> dict[str, Any]:
    """Return the request that has a worker use these tests from now on."""
    return {"tests": tests, "trusted": trusted, "entry_point": entry_point, "timeout_s": timeout_s}


def make_jobs(tests: Iterable[ProgramTest[Key] | None], setup: Setup) -> Iterator[Job[Row[Key]]]:
    """Yield the tests of each problem in jobs, and one without requests for each None."""
    table: _Table[Key] | None = None
    for test in tests:
        if table and not (test and table.takes(test)):
            yield from table.jobs(setup)
            table = None
        if test is None:
            yield Job(())
        else:
            table = table or _Table(test)
            table.add(test)
    if table:
        yield from table.jobs(setup)


class _Table(Generic[Key]):
    """The distinct programs and tests of one problem, and which of them are to be run together.

    Args:
        first: the first of its tests; those of the same problem, and with the same limit, go with it.
    """

    def __init__(self, first: ProgramTest[Key]) -> None:
        self._first = first
        self._tests: list[str] = []
        self._trusted: list[bool] = []
        self._columns: dict[str, int] = {}
        self._rows: dict[str, Row[Key]] = {}
        if first.is_call:
            self._preamble: dict[str, Any] = {"calls": self._tests, "timeout_s": first.timeout_s}
        else:
            self._preamble = preamble_of_tests(self._tests, self._trusted, first.entry_point, first.timeout_s)

    def takes(self, test: ProgramTest[Key]) -> bool:
        first = self._first
        return (
            test.problem == first.problem
            and test.entry_point == first.entry_point
            and test.timeout_s == first.timeout_s
            and test.is_call == first.is_call
        )

    def add(self, test: ProgramTest[Key]) -> None:
        row = self._rows.get(test.program)
        if row is None:
            row = self._rows[test.program] = Row(test.program, test.process_per_call, test.timeouts, self._preamble)
        column = self._columns.get(test.test)
        if column is None:
            column = self._columns[test.test] = len(self._tests)
            self._tests.append(test.test)
            self._trusted.append(test.trusted)
        row.columns.append(column)
        row.keys.append(test.key)

    def jobs(self, setup: Setup) -> Iterator[Job[Row[Key]]]:
        rows = list(self._rows.values())
        jobs = math.ceil(len(rows) / _ROWS_PER_JOB)
        if jobs > 1:  # a worker runs programs once that differ in names alone
            rows.sort(key=lambda row: _WORD.sub("", row.program))
        size = math.ceil(len(rows) / jobs)
        for n in range(0, len(rows), size):
            yield Job([(row, row.request()) for row in rows[n : n + size]], self._preamble, setup)
