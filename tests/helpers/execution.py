"""Running programs in tests: an executor for the call alone, or by workers that are kept for the next call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from coderm_eval.benchmarks import Benchmark, GradeTask
from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import Key, ProgramTest
from coderm_eval.execution.static_analysis import analyse_test
from helpers.kept_workers import KeptExecutor

__all__ = ["graded", "is_harmless", "run_kept", "run_tests", "verdicts_by_name"]


def run_tests(
    tests: Iterable[ProgramTest[Key] | None],
    limits: Limits,
    *,
    workers: int,
    isolation: str = "auto",
    libraries: Sequence[str] = (),
) -> Iterator[ExecutionResult[Key]]:
    """What `Executor.run` yields, by workers that nobody used before and that are gone afterwards."""
    with LocalExecutor(workers=workers, isolation=isolation) as executor:
        yield from executor.run(tests, limits, libraries)


def run_kept(
    tests: Iterable[ProgramTest[Key] | None], limits: Limits, *, workers: int = 1, libraries: Sequence[str] = ()
) -> Iterator[ExecutionResult[Key]]:
    """The same by workers that earlier calls have started, which spares a call of a few programs most of its time."""
    with KeptExecutor(workers=workers) as executor:
        yield from executor.run(tests, limits, libraries)


def verdicts_by_name(
    programs: Mapping[str, str], tests: Mapping[str, str], entry_point: str
) -> dict[tuple[str, str], Verdict]:
    """{(program, test): its verdict} of each program on each test, by their names."""
    pairs = [
        ProgramTest((which, name), program, test, "p", entry_point)
        for which, program in programs.items()
        for name, test in tests.items()
    ]
    return {result.key: result.verdict for result in run_kept(pairs, Limits(timeout_s=5))}


def graded(
    benchmark: Benchmark, tasks: Iterable[GradeTask], *, isolation: str = "auto", workers: int = 1
) -> dict[str, dict[str, str]]:
    """{key: statuses} of the tasks; no statuses where a program could not be graded."""
    with KeptExecutor(workers=workers, isolation=isolation) as executor:
        return {key: dict(grade.statuses) for key, grade in benchmark.grade(tasks, executor)}


def is_harmless(test: str) -> bool:
    """Whether the executor lets this test share its process with others."""
    info = analyse_test(test)
    return info is not None and info.harmless
