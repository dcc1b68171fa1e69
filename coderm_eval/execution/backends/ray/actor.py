"""What runs on a node: the local executor, behind an actor."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import ray

from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.backends.ray.agreement import About, about_here
from coderm_eval.execution.backends.ray.tasks import SentTest, pack, received, unpack
from coderm_eval.execution.limits import Limits

__all__ = ["SIGN_S", "NodeExecutor"]

SIGN_S = 5.0
"""Seconds after which a call that has no new outcome says that it is alive."""
_BATCH_S = 0.2
"""Seconds for which outcomes are collected: an answer costs the driver half a millisecond, whatever it holds."""

_Done = tuple[int, Any]
"""The number of a task in its call, and its outcome."""


class NodeExecutor:
    """A local executor with some workers, which begin with it and end with it.

    One call at a time: a pool of workers serves one run.
    """

    def __init__(self, workers: int, isolation: str) -> None:
        self._executor = LocalExecutor(workers=workers, isolation=isolation)

    def about(self, limits: Limits) -> About:
        """Say what this node is, after the executor's own test."""
        return about_here(self._executor.self_test(limits))

    @ray.method(num_returns="streaming")
    def run(self, work: bytes, limits: Limits, libraries: Sequence[str]) -> Iterator[bytes]:
        """Yield the numbers and outcomes of tasks that were run, packed; those that could not be run are left out."""
        tasks: list[list[SentTest]] = unpack(work)
        found: list[list[ExecutionResult[Any] | None]] = [[None] * len(task) for task in tasks]
        owed = [len(task) for task in tasks]

        def done() -> Iterator[_Done]:
            tests = (
                received(test, (number, place)) for number, task in enumerate(tasks) for place, test in enumerate(task)
            )
            for result in self._executor.run(tests, limits, libraries):
                number, place = result.key
                found[number][place] = result
                owed[number] -= 1
                if not owed[number]:
                    outcome = [(r.verdict, r.cpu_seconds, r.output, r.reason) for r in found[number] if r]
                    if all(verdict != Verdict.NOT_RUN for verdict, *_ in outcome):
                        yield number, outcome

        yield from _batches(done)

    @ray.method(num_returns="streaming")
    def rehearse(self, work: bytes, limits: Limits) -> Iterator[bytes]:
        """Yield the numbers and calls of problems whose tests were rehearsed, packed; others are left out."""
        tasks: list[list[tuple[str, Sequence[str]]]] = unpack(work)
        problems = [(number, *item) for number, items in enumerate(tasks) for item in items]

        def done() -> Iterator[_Done]:
            rehearsed = self._executor.rehearse(problems, limits)
            yield from ((number, [calls]) for number, calls in rehearsed if calls is not None)

        yield from _batches(done)


def _batches(work: Callable[[], Iterator[_Done]]) -> Iterator[bytes]:
    """Yield what `work` yields, a few times a second; an empty list every few seconds in which there was nothing."""
    done: queue.SimpleQueue[_Done | BaseException | None] = queue.SimpleQueue()

    def feed() -> None:
        try:
            for item in work():
                done.put(item)
            done.put(None)
        except BaseException as error:  # for the driver
            done.put(error)

    threading.Thread(target=feed, name="executor", daemon=True).start()
    batch: list[_Done] = []
    due = time.monotonic() + SIGN_S
    while True:
        with suppress(queue.Empty):
            item = done.get(timeout=max(0.0, due - time.monotonic()))
            if item is None or isinstance(item, BaseException):
                break
            due = due if batch else time.monotonic() + _BATCH_S
            batch.append(item)
        if time.monotonic() >= due:
            yield pack(batch)
            batch, due = [], time.monotonic() + SIGN_S
    yield pack(batch)
    if item is not None:
        raise item
