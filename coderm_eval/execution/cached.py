"""Verdicts of many cells: those that the store knows are read, the others are run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from coderm_eval.core.progress import progress
from coderm_eval.core.protocols import Cell, Execute, Outcome
from coderm_eval.core.records import Verdict, fingerprint
from coderm_eval.core.store import Table
from coderm_eval.execution.backends.local import Executor
from coderm_eval.execution.executor import limits_of
from coderm_eval.execution.pairs import ExecutionResult, ProgramTest, limits_fingerprint
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
        executor: `executor_of(execution)`.
        isolation: what its self-test found in force; verdicts under another one are not read.
    """
    limits = fingerprint(limits_fingerprint(limits_of(execution)), isolation)

    def execute(problems: Iterable[Sequence[Cell]]) -> Iterator[tuple[Cell, Outcome]]:
        read: list[tuple[Cell, Outcome]] = []
        watch = _Watch()

        def owed() -> Iterator[ProgramTest[_Owed] | None]:
            for cells in problems:
                keys = [fingerprint("verdict", limits, cell.program, cell.test) for cell in cells]
                if all(key in table for key in keys):
                    read.extend((cell, _outcome_of(table[key])) for cell, key in zip(cells, keys, strict=True))
                    yield None
                    continue
                watch.owed += len(cells)
                for cell, key in zip(cells, keys, strict=True):
                    yield ProgramTest(
                        (cell, key), cell.program, cell.test, cell.task_id, cell.entry_point, fresh=cell.fresh
                    )

        ran = executor.run(owed())
        for done in progress(ran, lambda: watch.owed, "running tests", "pairs", note=watch.note):
            cell, key = done.key
            if done.verdict != Verdict.NOT_RUN:
                table.add(key, {"v": done.verdict.code, "s": done.cpu_seconds, "o": done.output})
            yield cell, Outcome(done.verdict, done.cpu_seconds, done.output)
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
        self._seconds[cell.task_id] += done.cpu_seconds
        slowest = max(self._seconds, key=self._seconds.__getitem__)
        return f"{self._timeouts} timed out, slowest {slowest}"


def _outcome_of(row: Mapping[str, Any]) -> Outcome:
    return Outcome(_VERDICT_OF_LETTER[row["v"]], row["s"], row["o"])
