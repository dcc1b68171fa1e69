"""Verdicts of many cells: those that the store knows are read, the others are run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from coderm_eval.core.programs.forms import to_callable
from coderm_eval.core.progress import progress
from coderm_eval.core.protocols import Cell, Execute, ExecutionResult
from coderm_eval.core.records import Verdict, fingerprint
from coderm_eval.core.store import Table
from coderm_eval.execution.backends.local import Executor
from coderm_eval.execution.executor import limits_from_settings
from coderm_eval.execution.pairs import ProgramTest, limits_fingerprint
from coderm_eval.execution.settings import ExecutionSettings

__all__ = ["cached_execution"]

_Owed = tuple[Cell, str]
"""A cell, and the key of its verdict in the store."""

_VERDICT_OF_LETTER = {verdict.code: verdict for verdict in Verdict}


def cached_execution(executor: Executor, table: Table, execution: ExecutionSettings, isolation: str) -> Execute:
    """The loop's `execute`: problems all of whose cells the store knows are read, the others are run and stored.

    All cells of a problem or none: which calls of a program are given up as timed out depends on what else is
    asked of it, and a run that was killed in the middle of a problem is to end as one that was not.

    Args:
        isolation: what the executor's self-test found in force; verdicts under another one are not read.
    """
    limits = limits_from_settings(execution)
    conditions = fingerprint(limits_fingerprint(limits), isolation)

    def execute(problems: Iterable[Sequence[Cell]]) -> Iterator[ExecutionResult[Cell]]:
        read: list[ExecutionResult[Cell]] = []
        watch = _Watch()
        callables: dict[tuple[str, int], str] = {}

        def source_of(cell: Cell) -> str:
            place = (cell.problem.task_id, cell.row)
            if place not in callables:
                callables[place] = to_callable(cell.program, cell.problem)
            return callables[place]

        def owed() -> Iterator[ProgramTest[_Owed] | None]:
            for cells in problems:
                keys = [fingerprint("verdict", conditions, source_of(cell), cell.test) for cell in cells]
                stored = table.get_many(keys)
                if len(stored) == len(set(keys)):
                    read.extend(_stored_result(cell, stored[key]) for cell, key in zip(cells, keys, strict=True))
                    yield None
                    continue
                watch.owed += len(cells)
                for cell, key in zip(cells, keys, strict=True):
                    yield _program_test((cell, key), source_of(cell))

        ran = executor.run(owed(), limits)
        for done in progress(ran, lambda: watch.owed, "running tests", "pairs", note=watch.note):
            cell, key = done.key
            if done.verdict != Verdict.NOT_RUN:
                table.add_all({key: {"v": done.verdict.code, "s": done.cpu_seconds, "o": done.output}})
            yield ExecutionResult(cell, done.verdict, done.cpu_seconds, done.output)
        yield from read

    return execute


class _Watch:
    """What the progress line says beside the rate: how many timed out, and where the time goes."""

    def __init__(self) -> None:
        self.owed = 0
        """Cells that are to be run, as far as is known."""
        self._timeouts = 0
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def note(self, done: ExecutionResult[_Owed]) -> str:
        cell, _ = done.key
        self._timeouts += done.verdict == Verdict.TIMED_OUT
        self._seconds[cell.problem.task_id] += done.cpu_seconds
        slowest = max(self._seconds, key=self._seconds.__getitem__)
        return f"{self._timeouts} timed out, slowest {slowest}"


def _program_test(key: _Owed, program: str) -> ProgramTest[_Owed]:
    cell, problem = key[0], key[0].problem
    return ProgramTest(key, program, cell.test, problem.task_id, problem.entry_point, fresh=problem.form == "stdin")


def _stored_result(cell: Cell, row: Mapping[str, Any]) -> ExecutionResult[Cell]:
    return ExecutionResult(cell, _VERDICT_OF_LETTER[row["v"]], row["s"], row["o"])
