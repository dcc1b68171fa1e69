"""Verdicts of many blocks: those that the store holds are read, the others are run."""

from __future__ import annotations

import logging
from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import count

import numpy as np

from coderm_eval.core.programs.forms import to_callable
from coderm_eval.core.progress import progress
from coderm_eval.core.protocols import Block, Execute, ExecutionResult, Explain
from coderm_eval.core.records import Verdict, Verdicts, fingerprint
from coderm_eval.core.store import Table, VerdictTable
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.executor import limits_from_settings
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.program_test import Key, ProgramTest
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.execution.stored_blocks import StoredBlocks, cell_key

__all__ = ["cached_execution", "cached_reasons", "stored_cells"]

log = logging.getLogger(__name__)

_SHARE_OF_CALL = 0.1
"""Of `execution.timeout_s`, for a probing input. Nearly all CPU time is that of programs that do not end: 68 of 78 s
for 41 problems, at half a second each. Others take 5 ms each, and hardly more for 40 inputs than for one."""


def cached_execution(
    executor: Executor,
    table: VerdictTable,
    settings: ExecutionSettings,
    isolation: str,
    *,
    calls: bool = False,
    bar: bool = True,
) -> Execute:
    """Return the loop's `execute`: it reads a block whose cells are all stored, and runs and stores the others.

    All cells of a block or none: a program that has timed out twice gets less time for its other calls, and a run that
    was killed in the middle of a problem must end as one that was not.

    Args:
        isolation: what the executor's self-test found in force; verdicts under another one are not read.
        calls: whether the blocks hold probing inputs in place of tests.
        bar: whether the progress is shown.
    """
    limits = limits_from_settings(settings)
    call_s = limits.timeout_s * _SHARE_OF_CALL if calls else None
    stored = StoredBlocks(table, fingerprint(*("call", str(call_s)) * calls, limits_fingerprint(limits), isolation))
    what = "running probing inputs" if calls else "running tests"

    def execute(blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
        read: deque[tuple[Block, Verdicts]] = deque()
        status = _Status()

        def pending() -> Iterator[ProgramTest[_Cell] | None]:
            for block in blocks:
                if block is None:
                    yield None
                elif (found := stored.read(block)) is None:
                    status.cells += block.cells
                    yield from _program_tests(block, _Running(block), call_s)
                else:
                    read.append((block, found))
                    yield None

        ran = executor.run(pending(), limits)
        for result in progress(ran, lambda: status.cells, what if bar else None, "tests", note=status.note):
            running, place = result.key
            running.record(place, result)
            status.record(running, result.verdict)
            if not running.left:
                verdicts = running.verdicts()
                if verdicts.ran.all():
                    stored.add(running.block, verdicts)
                yield running.block, verdicts
            while read:
                yield read.popleft()
        log.debug("%s: %d run", what, status.cells)
        yield from read

    return execute


def stored_cells(blocks: Iterable[Block], table: VerdictTable, settings: ExecutionSettings, isolation: str) -> int:
    """Return how many of the cells have a verdict that `cached_execution` would read."""
    stored = StoredBlocks(table, fingerprint(limits_fingerprint(limits_from_settings(settings)), isolation))
    return sum(block.cells for block in blocks if stored.read(block))


def cached_reasons(executor: Executor, table: Table, settings: ExecutionSettings, isolation: str) -> Explain:
    """Return what finds the errors of their own with which tests end, by task id and column.

    Verdicts are stored without them: they are wanted for few tests, on one program each, and these are run once more.
    """
    limits = limits_from_settings(settings)
    conditions = fingerprint("reason", limits_fingerprint(limits), isolation)

    def reasons(blocks: Iterable[Block]) -> dict[tuple[str, int], str]:
        keys = {cell_key(block.problem, conditions, *block.programs, *block.tests): block for block in blocks}
        missing = {key: block for key, block in keys.items() if key not in table}
        tests = (test for key, block in missing.items() for test in _program_tests(block, key))
        for result in progress(executor.run(tests, limits), len(missing), "asking why tests fail", "tests"):
            if result.verdict != Verdict.NOT_RUN:
                table.add_all({result.key[0]: {"r": result.reason}})
        found = table.get_many(keys)
        return {(block.problem.task_id, block.first): found[key]["r"] for key, block in keys.items() if key in found}

    return reasons


def _program_tests(block: Block, key: Key, call_s: float | None = None) -> Iterator[ProgramTest[tuple[Key, int]]]:
    """Yield what to run for the cells of a block, row by row; their keys are `key` and a number.

    Args:
        call_s: CPU seconds of a probing input, where the block holds such.
    """
    problem = block.problem
    places = count()
    before = block.timeouts or [0] * len(block.programs)
    for source, timeouts in zip(block.programs, before, strict=True):
        program = to_callable(source, problem)
        for test in block.tests:
            yield ProgramTest(
                (key, next(places)),
                program,
                test,
                problem.task_id,
                problem.entry_point,
                process_per_call=problem.form == "stdin",
                timeout_s=call_s,
                timeouts=timeouts,
                is_call=call_s is not None,
            )


class _Running:
    """A block some of whose verdicts are still to come."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self._codes = bytearray(block.cells)
        self._seconds = array("d", bytes(8 * block.cells))
        self._outputs = array("q", bytes(8 * block.cells))
        """Row by row, as all three: to set an item of numpy's takes three times as long."""
        self.left = block.cells
        self.seconds = 0.0
        """CPU time so far."""

    def record(self, place: int, result: ExecutionResult[_Cell]) -> None:
        self._codes[place] = result.verdict
        self._seconds[place] = result.cpu_seconds
        self._outputs[place] = result.output
        self.seconds += result.cpu_seconds
        self.left -= 1

    def verdicts(self) -> Verdicts:
        """Those of the whole block, once none is left."""
        shape = len(self.block.programs), len(self.block.tests)
        return Verdicts(
            np.frombuffer(self._codes, np.uint8).reshape(shape),
            np.frombuffer(self._seconds, np.float64).reshape(shape),
            np.frombuffer(self._outputs, np.int64).reshape(shape),
        )


_Cell = tuple[_Running, int]
"""A block, and the place of one of its cells, row by row."""


class _Status:
    """What the progress line shows besides the rate: how many tests timed out, and which problem takes longest."""

    def __init__(self) -> None:
        self.cells = 0
        """Cells to run, as far as is known yet."""
        self._timeouts = 0
        self._slowest: _Running | None = None

    def record(self, running: _Running, verdict: Verdict) -> None:
        self._timeouts += verdict is Verdict.TIMED_OUT
        if self._slowest is None or running.seconds > self._slowest.seconds:
            self._slowest = running

    def note(self) -> str:
        slowest = f", slowest {self._slowest.block.problem.task_id}" if self._slowest else ""
        return f"{self._timeouts} timed out{slowest}"
