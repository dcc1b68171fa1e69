"""What nodes are asked for as a whole, and what passes between them and the driver."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import Verdict
from coderm_eval.execution.program_test import Key, ProgramTest

__all__ = ["Outcome", "SentTest", "Task", "chunks_of_tests", "pack", "received", "unpack"]

_ROWS_OF_CHUNK = 64
"""Programs of a problem that stay together: as many as one worker gets at a time, which share what is known of the
tests."""

SentTest = tuple[str, str, tuple[str, str, float | None, bool, bool, int, bool]]
"""A `ProgramTest` without its key."""

Outcome = Sequence[Any]
"""What became of each item of a task, in their order: the rest of an `ExecutionResult`, or the calls of tests."""


@dataclass(frozen=True, eq=False)
class Task:
    """A program and all its tests; or the tests of a problem that are rehearsed.

    A program that has timed out twice gets less time for its other tests. So its results are kept once all of them
    are there, and what is asked again is asked as a whole.
    """

    items: Sequence[Any]
    """What is sent: `SentTest`s, or an entry point and the tests."""
    keys: Sequence[Any]
    """The caller's names for the items; they stay here."""

    def __len__(self) -> int:
        return len(self.items)

    def results(self, outcome: Outcome | None) -> Iterator[ExecutionResult[Any]]:
        """Yield the result of each test; without an outcome nothing was run."""
        if outcome is None:
            yield from (ExecutionResult(key, Verdict.NOT_RUN, 0.0) for key in self.keys)
        else:
            yield from (ExecutionResult(key, *values) for key, values in zip(self.keys, outcome, strict=True))


def chunks_of_tests(tests: Iterable[ProgramTest[Any] | None]) -> Iterator[Sequence[Task]]:
    """Yield the tests as tasks, those of a problem together; no tasks where there are no tests for the moment."""
    for problem, together in groupby(tests, lambda test: test.problem if test else None):
        if problem is None:
            yield from (() for _ in together)
            continue
        by_program: dict[str, list[ProgramTest[Any]]] = {}
        for test in together:
            if test:
                by_program.setdefault(test.program, []).append(test)
        tasks = [_task(program) for program in by_program.values()]
        yield from (tasks[n : n + _ROWS_OF_CHUNK] for n in range(0, len(tasks), _ROWS_OF_CHUNK))


def _task(tests: Sequence[ProgramTest[Any]]) -> Task:
    return Task([_sent(test) for test in tests], [test.key for test in tests])


def _sent(test: ProgramTest[Any]) -> SentTest:
    how = (test.timeout_s, test.process_per_call, test.trusted, test.timeouts, test.is_call)
    return test.program, test.test, (test.problem, test.entry_point, *how)


def received(sent: SentTest, key: Key) -> ProgramTest[Key]:
    """The test that was sent, with a key of the receiver's."""
    program, test, (problem, entry_point, timeout_s, process_per_call, trusted, timeouts, is_call) = sent
    return ProgramTest(
        key,
        program,
        test,
        problem,
        entry_point,
        timeout_s=timeout_s,
        process_per_call=process_per_call,
        trusted=trusted,
        timeouts=timeouts,
        is_call=is_call,
    )


def pack(content: object) -> bytes:
    """The bytes that stand for it: ten times faster than to leave the objects to Ray."""
    return pickle.dumps(content, pickle.HIGHEST_PROTOCOL)


def unpack(content: bytes) -> Any:
    """What was packed, by another process of this package."""
    return pickle.loads(content)
