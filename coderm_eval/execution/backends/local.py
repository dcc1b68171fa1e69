"""The executor on this machine: programs and tests in, verdicts out, as they come."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.pool import Job, Setup, WorkerPool
from coderm_eval.execution.backends.rows import Row, make_jobs, preamble_of_tests
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import Key, ProgramTest
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.heartbeat import silence_s

__all__ = ["LocalExecutor"]

_RIGHT = "def answer():\n    return 42\n"
_WRONG = "def answer():\n    return 41\n"
_TEST = (
    "import unittest\n\n\nclass TestAnswer(unittest.TestCase):\n"
    "    def test_answer(self):\n        self.assertEqual(answer(), 42)\n"
)


class LocalExecutor:
    """Worker processes that run programs against tests, for verdicts and grades alike.

        with LocalExecutor(workers=8) as executor:
            for result in executor.run(tests, Limits()): ...

    The workers are started with the first test, and kept until the end. A worker that gets other limits or libraries
    than before starts its sandboxes anew.

    Args:
        workers: number of processes.
        isolation: one of `isolation.levels.MODES`.
    """

    def __init__(self, *, workers: int, isolation: str = "auto") -> None:
        self._isolation = isolation
        self._pool = WorkerPool("coderm_eval.execution.sandbox", workers=workers)

    def __enter__(self) -> LocalExecutor:
        self._pool.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.__exit__(*exception)

    def run(
        self, tests: Iterable[ProgramTest[Key] | None], limits: Limits, libraries: Sequence[str] = ()
    ) -> Iterator[ExecutionResult[Key]]:
        """As `Executor.run`.

        A verdict does not depend on the number of workers. Programs that differ only in comments, docstrings and
        layout are run as one; so are tests. A test that waited for longer than its wall limit, as happens on a very
        busy machine, is run again when nothing else runs. A program that ended two workers is NOT_RUN.

        One run at a time: the next may begin when this one is exhausted or closed. `SharedExecutor` is for threads.
        """
        setup = self._setup(limits, libraries)
        late: list[Row[Key]] = []
        for row, answer in self._pool.run(make_jobs(self._announced(tests, setup), setup)):
            if answer and End.OUT_OF_TIME in answer["verdicts"]:
                row, again, answer = row.split_late(answer)
                late.append(again)
            yield from row.results(answer)
        alone = (Job([(row, row.request())], row.preamble, setup) for row in late)
        for row, answer in self._pool.run(alone, at_once=1):
            yield from row.results(answer)

    def rehearse(
        self, problems: Iterable[tuple[Key, str, Sequence[str]]], limits: Limits
    ) -> Iterator[tuple[Key, Sequence[Sequence[str]] | None]]:
        """As `Executor.rehearse`; not during a run."""
        setup = self._setup(limits)
        jobs = (
            Job([(key, {"rehearse": True})], preamble_of_tests(tests, [False] * len(tests), entry_point, None), setup)
            for key, entry_point, tests in problems
        )
        for key, answer in self._pool.run(jobs):
            yield key, answer["calls"] if answer else None

    def _setup(self, limits: Limits, libraries: Sequence[str] = ()) -> Setup:
        silence = silence_s(limits)
        return Setup((json.dumps(limits), str(silence), self._isolation, *libraries), silence)

    def _announced(self, tests: Iterable[ProgramTest[Key] | None], setup: Setup) -> Iterator[ProgramTest[Key] | None]:
        """Have the workers start while the first problem's programs are being read."""
        rest = iter(tests)
        first = [*islice(rest, 1)]
        if first:
            self._pool.start(setup)
        return chain(first, rest)

    def self_test(self, limits: Limits) -> str:
        """Check on this host, under these limits, that a right program passes and a wrong one fails.

        Returns:
            The isolation in force, e.g. "namespaces+seccomp+rlimits".

        Raises:
            IncompleteRunError: the executor does not work here, so that any verdict would be meaningless; or the host
                does not allow the isolation that was requested.
        """
        if sys.platform == "win32":
            raise IncompleteRunError("Windows has no way to confine programs; run coderm-eval in WSL (`wsl --install`)")
        self._pool.start(self._setup(limits))  # all of them, while the first is asked
        level = self._level(limits)
        tests = [ProgramTest("right", _RIGHT, _TEST), ProgramTest("wrong", _WRONG, _TEST)]
        verdicts = {result.key: result.verdict for result in self.run(tests, limits)}
        if verdicts != {"right": Verdict.PASSED, "wrong": Verdict.FAILED}:
            found = ", ".join(f"a {key} program {verdicts[key].name.lower()}" for key in sorted(verdicts))
            raise IncompleteRunError(
                f"the executor does not work on this host under these limits ({found}); "
                "set a larger execution.timeout_s or execution.memory_mb"
            )
        return level

    def _level(self, limits: Limits) -> str:
        job = Job([("level", {"isolation": True})], setup=self._setup(limits))
        [(_, answer)] = self._pool.run([job], at_once=1)
        if answer is None:
            raise IncompleteRunError("the executor does not start on this host; see the messages above")
        if "refused" in answer:
            raise IncompleteRunError(
                f"execution.isolation is {self._isolation!r}, but {answer['refused']}; run on a host that allows user "
                "namespaces, or set execution.isolation to auto"
            )
        return str(answer["level"])
