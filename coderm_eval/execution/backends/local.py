"""Programs and tests in, verdicts out, as they come."""

from __future__ import annotations

import json
import math
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, groupby
from typing import Any, Generic, NamedTuple

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.pool import Job, Setup, WorkerPool
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import Key, ProgramTest
from coderm_eval.execution.static_analysis import ProgramInfo, analyse, identity_of_test
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.heartbeat import silence_s

__all__ = ["Executor"]

_ROWS_PER_JOB = 64
"""Most programs of one problem for one worker: enough to spread the cost of its tests' start, few enough to share out,
which is done evenly."""

_GOOD = "def answer():\n    return 42\n"
_BAD = "def answer():\n    return 41\n"
_TEST = (
    "import unittest\n\n\nclass TestAnswer(unittest.TestCase):\n"
    "    def test_answer(self):\n        self.assertEqual(answer(), 42)\n"
)


VERDICT_OF_END: Mapping[End, Verdict] = {
    End.PASSED: Verdict.PASSED,
    End.FAILED: Verdict.FAILED,
    End.OUT_OF_CPU: Verdict.TIMED_OUT,
    End.OUT_OF_TIME: Verdict.TIMED_OUT,
    End.CRASHED: Verdict.CRASHED,
    End.FULL: Verdict.CRASHED,
}
"""NOT_RUN is none of them: it is what the pool says of a program that has no end."""


class Executor:
    """Worker processes that run programs against tests, for verdicts and grades alike.

        with Executor(workers=8) as executor:
            for result in executor.run(tests, Limits()): ...

    The workers are started with the first test, and kept until the end. One that gets other limits or libraries than
    before starts its sandboxes anew.

    Args:
        workers: processes.
        isolation: one of `isolation.levels.MODES`.
    """

    def __init__(self, *, workers: int, isolation: str = "auto") -> None:
        self._isolation = isolation
        self._pool = WorkerPool("coderm_eval.execution.sandbox.worker", workers=workers)

    def __enter__(self) -> Executor:
        self._pool.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.__exit__(*exception)

    def run(
        self, tests: Iterable[ProgramTest[Key] | None], limits: Limits, libraries: Sequence[str] = ()
    ) -> Iterator[ExecutionResult[Key]]:
        """Run every program against its test; results stream in the order in which they are ready.

        A verdict does not depend on the number of workers: programs that differ only in comments, docstrings and
        layout are run as one, likewise tests, and one that ran out of wall time without using up its CPU time, as
        happens on a loaded machine, is run again when nothing else runs. A program that twice took its worker down
        is NOT_RUN. One run at a time: the next may begin when this one is exhausted or closed.

        Args:
            tests: any number; a few problems' worth of them is held in memory. None where none is ready for the
                moment: those before it are run, and results passed on, without waiting for the next.
            limits: of each test, but for `ProgramTest.timeout_s`.
            libraries: modules that tests import, loaded beforehand.
        """
        setup = Setup((json.dumps(limits), self._isolation, *libraries), silence_s(limits))
        decided: deque[ExecutionResult[Key]] = deque()
        late: list[_Row[Key]] = []
        for row, answer in self._pool.run(_jobs(self._announced(tests, setup), setup, decided)):
            while decided:
                yield decided.popleft()
            if answer and End.OUT_OF_TIME in answer["verdicts"]:
                row, again, answer = row.split(answer)
                late.append(again)
            yield from row.outcomes(answer)
        yield from decided
        alone = (Job([(row, row.message())], row.preamble(), setup) for row in late)
        for row, answer in self._pool.run(alone, at_once=1):
            yield from row.outcomes(answer)

    def _announced(self, tests: Iterable[ProgramTest[Key] | None], setup: Setup) -> Iterator[ProgramTest[Key] | None]:
        """Have the workers start while the first problem's programs are being read."""
        for number, test in enumerate(tests):
            if number == 0:
                self._pool.start(setup)
            yield test

    def self_test(self, limits: Limits) -> str:
        """Check on this host, under these limits, that a right program passes and a wrong one fails.

        Returns:
            The isolation in force, e.g. "namespaces+seccomp+rlimits".

        Raises:
            IncompleteRunError: the executor does not work here, so that any verdict would be meaningless; or the host
                does not allow the isolation that was requested.
        """
        level = self._level(limits)
        programs = [ProgramTest("right", _GOOD, _TEST), ProgramTest("wrong", _BAD, _TEST)]
        said = {result.key: result.verdict for result in self.run(programs, limits)}
        if said != {"right": Verdict.PASSED, "wrong": Verdict.FAILED}:
            verdicts = ", ".join(f"a {key} program {said[key].name.lower()}" for key in sorted(said))
            raise IncompleteRunError(
                f"the executor does not work on this host under these limits ({verdicts}); "
                "try a larger execution.timeout_s or execution.memory_mb"
            )
        return level

    def _level(self, limits: Limits) -> str:
        if sys.platform == "win32":
            raise IncompleteRunError(
                "Windows itself has no way to confine programs: run coderm-eval in WSL (`wsl --install`)"
            )
        setup = Setup((json.dumps(limits), self._isolation), silence_s(limits))
        [(_, answer)] = self._pool.run([Job([("level", {"isolation": True})], setup=setup)], at_once=1)
        if answer is None:
            raise IncompleteRunError("the executor does not start on this host; see the messages above")
        if "refused" in answer:
            raise IncompleteRunError(
                f"execution.isolation is {self._isolation!r}, but {answer['refused']}; run on a host that allows user "
                "namespaces, or set execution.isolation to auto"
            )
        return str(answer["level"])


class _Problem(NamedTuple):
    """What the pairs that are run together have in common."""

    name: str
    entry_point: str
    timeout_s: float | None


@dataclass
class _Row(Generic[Key]):
    """One program, and the tests to run against it."""

    program: str
    source: ProgramInfo
    fresh: bool
    tests: list[str]
    """All of its problem."""
    problem: _Problem
    cells: dict[int, list[Key]] = field(default_factory=dict)
    """Who asked for each of the tests, by number."""

    def message(self) -> dict[str, Any]:
        return {
            "program": self.program,
            "stateful": self.source.stateful and not self.fresh,
            "fresh": self.fresh,
            "imports": self.source.imports,
            "columns": list(self.cells),
        }

    def preamble(self) -> dict[str, Any]:
        return {"tests": self.tests, "entry_point": self.problem.entry_point, "timeout_s": self.problem.timeout_s}

    def outcomes(self, answer: dict[str, Any] | None) -> Iterator[ExecutionResult[Key]]:
        if answer is None:
            yield from (ExecutionResult(key, Verdict.NOT_RUN, 0.0) for keys in self.cells.values() for key in keys)
            return
        verdicts = [VERDICT_OF_END[End(letter)] for letter in answer["verdicts"]]
        found = zip(self.cells.values(), verdicts, answer["cpu_seconds"], answer["outputs"], strict=True)
        for keys, verdict, cpu_seconds, output in found:
            for key in keys:
                yield ExecutionResult(key, verdict, cpu_seconds, output)

    def split(self, answer: dict[str, Any]) -> tuple[_Row[Key], _Row[Key], dict[str, Any]]:
        """This row without the tests that ran out of wall time, those alone, and the answer without them."""
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
        return parts[0], parts[1], {key: list(compress(found, in_time)) for key, found in answer.items()}


def _jobs(
    tests: Iterable[ProgramTest[Key] | None], setup: Setup, decided: deque[ExecutionResult[Key]]
) -> Iterator[Job[_Row[Key]]]:
    """The tests of each problem in jobs; those whose program or test is no Python are `decided` without."""
    for problem, together in groupby(tests, key=_problem):
        if problem is None:
            yield from (Job(()) for _ in together)
            continue
        table: _Table[Key] = _Table(problem)
        for pair in filter(None, together):
            if not table.add(pair):
                decided.append(ExecutionResult(pair.key, Verdict.FAILED, 0.0))
        yield from table.jobs(setup)


def _problem(pair: ProgramTest[Any] | None) -> _Problem | None:
    return _Problem(pair.problem, pair.entry_point, pair.timeout_s) if pair else None


class _Table(Generic[Key]):
    """The distinct programs and tests of one problem, and the pairs of them."""

    def __init__(self, problem: _Problem) -> None:
        self._problem = problem
        self._programs: dict[str, ProgramInfo | None] = {}
        self._identities: dict[str, str | None] = {}
        self._rows: dict[str, _Row[Key]] = {}
        self._columns: dict[str, int] = {}
        self._tests: list[str] = []

    def add(self, pair: ProgramTest[Key]) -> bool:
        """Whether both program and test can be read."""
        if pair.program not in self._programs:
            self._programs[pair.program] = analyse(pair.program)
        if pair.test not in self._identities:
            self._identities[pair.test] = identity_of_test(pair.test)
        program, test = self._programs[pair.program], self._identities[pair.test]
        if program is None or test is None:
            return False
        if program.identity not in self._rows:
            self._rows[program.identity] = _Row(
                pair.program, program, pair.process_per_call, self._tests, self._problem
            )
        if test not in self._columns:
            self._columns[test] = len(self._tests)
            self._tests.append(pair.test)
        self._rows[program.identity].cells.setdefault(self._columns[test], []).append(pair.key)
        return True

    def jobs(self, setup: Setup) -> Iterator[Job[_Row[Key]]]:
        rows = list(self._rows.values())
        size = math.ceil(len(rows) / math.ceil(len(rows) / _ROWS_PER_JOB)) if rows else 1
        for n in range(0, len(rows), size):
            part = rows[n : n + size]
            yield Job([(row, row.message()) for row in part], part[0].preamble(), setup)
