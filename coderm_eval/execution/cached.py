"""Verdicts of many cells: those that the store holds are read, the others are run."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from coderm_eval.core.programs.forms import REVISIONS, to_callable
from coderm_eval.core.progress import progress
from coderm_eval.core.protocols import Cell, Execute, ExecutionResult, Explain
from coderm_eval.core.records import Verdict, fingerprint
from coderm_eval.core.store import Row, Table
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.executor import limits_from_settings
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.settings import ExecutionSettings

__all__ = ["cached_execution", "cached_reasons", "stored_cells"]

log = logging.getLogger(__name__)

_StoredCell = tuple[Cell, str]
"""A cell, and the key of its verdict in the store."""

_SHARE_OF_CALL = 0.1
"""Of `execution.timeout_s`, for a probing input. Nearly all CPU time is that of programs that do not end: 68 of 78 s
for 41 problems, at half a second each. Others take 5 ms each, and hardly more for 40 inputs than for one."""

_VERDICT_OF_CODE = {verdict.code: verdict for verdict in Verdict}


def cached_execution(
    executor: Executor,
    table: Table,
    settings: ExecutionSettings,
    isolation: str,
    *,
    calls: bool = False,
    bar: bool = True,
) -> Execute:
    """Return the loop's `execute`: it reads a problem whose cells are all stored, and runs and stores the others.

    All cells of a problem or none: a program that has timed out twice gets less time for its other calls, and a run
    that was killed in the middle of a problem must end as one that was not.

    Args:
        isolation: what the executor's self-test found in force; verdicts under another one are not read.
        calls: whether the cells hold probing inputs in place of tests.
        bar: whether the progress is shown.
    """
    limits = limits_from_settings(settings)
    call_s = limits.timeout_s * _SHARE_OF_CALL if calls else None
    conditions = fingerprint(*("call", str(call_s)) * calls, limits_fingerprint(limits), isolation)
    what = "running probing inputs" if calls else "running tests"

    def execute(problems: Iterable[Sequence[Cell]]) -> Iterator[ExecutionResult[Cell]]:
        read: list[ExecutionResult[Cell]] = []
        status = _Status()

        def pending() -> Iterator[ProgramTest[_StoredCell] | None]:
            for cells in problems:
                keys = [_key(cell, conditions) for cell in cells]
                stored = table.get_many(keys)
                if len(stored) == len(set(keys)):
                    read.extend(_stored_result(cell, stored[key]) for cell, key in zip(cells, keys, strict=True))
                    yield None
                else:
                    status.pending += len(cells)
                    yield from _program_tests(cells, keys, call_s)

        ran = executor.run(pending(), limits)
        for result in progress(ran, lambda: status.pending, what if bar else None, "tests", note=status.note):
            cell, key = result.key
            if result.verdict != Verdict.NOT_RUN:
                table.add_all({key: {"v": result.verdict.code, "s": result.cpu_seconds, "o": result.output}})
            yield ExecutionResult(cell, result.verdict, result.cpu_seconds, result.output)
        log.debug("%s: %d run, %d read from the store", what, status.pending, len(read))
        yield from read

    return execute


def stored_cells(cells: Iterable[Cell], table: Table, settings: ExecutionSettings, isolation: str) -> int:
    """Return how many of the cells have a verdict that `cached_execution` would read."""
    conditions = fingerprint(limits_fingerprint(limits_from_settings(settings)), isolation)
    return sum(_key(cell, conditions) in table for cell in cells)


def cached_reasons(executor: Executor, table: Table, settings: ExecutionSettings, isolation: str) -> Explain:
    """Return what finds the errors of their own with which tests end, by task id and column.

    Verdicts are stored without them: they are wanted for few tests, on one program each, and these are run once more.
    """
    limits = limits_from_settings(settings)
    conditions = fingerprint("reason", limits_fingerprint(limits), isolation)

    def reasons(cells: Iterable[Cell]) -> dict[tuple[str, int], str]:
        keys = {_key(cell, conditions): cell for cell in cells}
        missing = {key: cell for key, cell in keys.items() if key not in table}
        tests = _program_tests(list(missing.values()), list(missing))
        for result in progress(executor.run(tests, limits), len(missing), "asking why tests fail", "tests"):
            if result.verdict != Verdict.NOT_RUN:
                table.add_all({result.key[1]: {"r": result.reason}})
        found = table.get_many(keys)
        return {(cell.problem.task_id, cell.column): found[key]["r"] for key, cell in keys.items() if key in found}

    return reasons


def _key(cell: Cell, conditions: str) -> str:
    """Return the key of a cell's verdict: everything that it depends on."""
    problem = cell.problem
    form = f"{problem.form} {REVISIONS[problem.form]}"
    return fingerprint("verdict", conditions, form, problem.entry_point, cell.program, cell.test)


def _program_tests(
    cells: Sequence[Cell], keys: Sequence[str], call_s: float | None = None
) -> Iterator[ProgramTest[_StoredCell]]:
    """Yield what to run for the cells; a program for many tests of a problem is made callable once.

    Args:
        call_s: CPU seconds of a probing input, where the cells hold such.
    """
    programs: dict[tuple[str, int], str] = {}
    for cell, key in zip(cells, keys, strict=True):
        problem = cell.problem
        row = problem.task_id, cell.row
        if row not in programs:
            programs[row] = to_callable(cell.program, problem)
        yield ProgramTest(
            (cell, key),
            programs[row],
            cell.test,
            problem.task_id,
            problem.entry_point,
            process_per_call=problem.form == "stdin",
            timeout_s=call_s,
            is_call=call_s is not None,
        )


def _stored_result(cell: Cell, row: Row) -> ExecutionResult[Cell]:
    return ExecutionResult(cell, _VERDICT_OF_CODE[row["v"]], row["s"], row["o"])


class _Status:
    """What the progress line shows besides the rate: how many tests timed out, and which problem takes longest."""

    def __init__(self) -> None:
        self.pending = 0
        """Cells to run, as far as is known yet."""
        self._timeouts = 0
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def note(self, result: ExecutionResult[_StoredCell]) -> str:
        cell, _ = result.key
        self._timeouts += result.verdict == Verdict.TIMED_OUT
        self._seconds[cell.problem.task_id] += result.cpu_seconds
        slowest = max(self._seconds, key=self._seconds.__getitem__)
        return f"{self._timeouts} timed out, slowest {slowest}"
