"""A command line of `coderm-eval` in this process, which then writes what it took to a file of JSON.

    python -m perf._measured_run FIGURES.json {workers,stand-in} STARTED rerank --benchmark ...

STARTED is `time.monotonic()` of the caller when it started this process.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import coderm_eval.cli
from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.executor import make_executor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import Key, ProgramTest
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.pipeline import preflight


def main() -> None:
    figures, executor, started, *command = sys.argv[1:]
    first: list[float] = []
    _watch(first, stand_in=executor == "stand-in")
    sys.argv = ["coderm-eval", *command]
    try:
        coderm_eval.cli.main()
    finally:
        own, workers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        taken = {
            "cpu_s": own.ru_utime + own.ru_stime,
            "workers_cpu_s": workers.ru_utime + workers.ru_stime,
            "peak_mib": _peak_kib() / 1024,
            "first_s": first[0] - float(started) if first else None,
        }
        Path(figures).write_text(json.dumps(taken))


def _watch(first: list[float], *, stand_in: bool) -> None:
    """Note when the first result after the self-test came back, of the workers or of their stand-in."""

    @contextmanager
    def made(settings: ExecutionSettings) -> Iterator[Executor]:
        with StandIn() if stand_in else make_executor(settings) as executor:
            run, self_test = executor.run, executor.self_test

            def watched(*given: Any, **named: Any) -> Iterator[ExecutionResult[Any]]:
                results = run(*given, **named)
                for result in results:
                    if not first:
                        first.append(time.monotonic())
                    yield result
                    yield from results  # by C, as what is measured is not this

            def tested(limits: Limits) -> str:
                isolation = self_test(limits)
                executor.run = watched  # type: ignore[method-assign]
                return isolation

            executor.self_test = tested  # type: ignore[method-assign]
            yield executor

    preflight.make_executor = made  # type: ignore[assignment, attr-defined]


class StandIn:
    """In place of the executor: invents verdicts at once, in this process."""

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def self_test(self, limits: Limits) -> str:
        return "stand-in"

    def run(
        self, tests: Iterable[ProgramTest[Key] | None], limits: Limits, libraries: Sequence[str] = ()
    ) -> Iterator[ExecutionResult[Key]]:
        verdicts = Verdict.PASSED, Verdict.FAILED
        for test in tests:
            if test is not None:
                verdict = verdicts[(len(test.program) + len(test.test)) % 2]
                yield ExecutionResult(test.key, verdict, 0.001, int(verdict))

    def rehearse(
        self, problems: Iterable[tuple[Key, str, Sequence[str]]], limits: Limits
    ) -> Iterator[tuple[Key, Sequence[Sequence[str]] | None]]:
        return ((key, None) for key, _, _ in problems)


def _peak_kib() -> int:
    """The most memory that this process has had resident."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1])


if __name__ == "__main__":
    main()
