"""A pool of worker processes that speak JSON lines, for executing tests and for grading alike.

The processes outlive a run: the next one finds them started. One that dies, or says nothing for longer than it
may, is replaced and its request tried once more; a request that ends two is given up (`None`: could not run).
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from coderm_eval.execution.backends.process import Message, WorkerProcess, clean_environment

__all__ = ["Job", "WorkerPool"]

Key = TypeVar("Key")


@dataclass(frozen=True)
class Job(Generic[Key]):
    """Requests that one worker answers, one after the other. Without any it is a pause, in which answers are passed on
    before another job is waited for."""

    requests: Sequence[tuple[Key, Message]]
    preamble: Message | None = None
    """Sent before them, and again to a worker that takes another's place; it has no answer."""


class WorkerPool:
    """`workers` processes of `python -m module`, from when they are needed, or from `start` on, until it closes.

        with WorkerPool("package.worker", workers=8, silence_timeout_s=60) as pool:
            for key, answer in pool.run(jobs): ...

    Args:
        module: its main answers each JSON line with one, which repeats the request's "token".
        workers: number of processes.
        silence_timeout_s: wall seconds after which a silent worker counts as dead.
        arguments: command-line arguments of the module.
        environment: variables that the workers get beside PATH and the locale.
    """

    def __init__(
        self,
        module: str,
        *,
        workers: int,
        silence_timeout_s: float,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        command = [sys.executable, "-m", module, *arguments]
        variables = clean_environment() | dict(environment or {})
        self._workers = [
            WorkerProcess(command, silence_timeout_s=silence_timeout_s, environment=variables) for _ in range(workers)
        ]

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end_input()  # all at once, so that they leave at the same time
        for worker in self._workers:
            worker.dismiss()

    def start(self) -> None:
        """Start all processes now, for a run whose first job takes a while to be put together."""
        for worker in self._workers:
            worker.start()

    def run(self, jobs: Iterable[Job[Key]], *, at_once: int | None = None) -> Iterator[tuple[Key, Message | None]]:
        """Answers in the order in which they come; at most a few jobs per worker are held in memory.

        Args:
            jobs: taken as workers get to them.
            at_once: how many workers may be busy at a time; all by default.
        """
        workers = self._workers[:at_once]
        waiting: queue.Queue[Job[Key]] = queue.Queue(maxsize=len(workers))
        answered: queue.Queue[tuple[Key, Message | None]] = queue.Queue()
        stopping = threading.Event()
        lanes = [
            threading.Thread(target=_feed, args=(worker, waiting, answered, stopping), daemon=True)
            for worker in workers
        ]
        for lane in lanes:
            lane.start()
        try:
            owed = 0
            for job in jobs:
                owed += len(job.requests)
                placed = False
                while not placed:
                    placed = _put(waiting, job)
                    while not answered.empty():
                        owed -= 1
                        yield answered.get()
            for _ in range(owed):
                yield answered.get()
        finally:
            stopping.set()
            with contextlib.suppress(queue.Full):
                for _ in lanes:
                    waiting.put_nowait(Job(()))  # wakes those that wait for a job: each takes one at most
            for lane in lanes:
                lane.join()


def _put(waiting: queue.Queue[Job[Key]], job: Job[Key]) -> bool:
    """Whether there was room within a moment: answers are passed on while a long job is under way."""
    with contextlib.suppress(queue.Full):
        waiting.put(job, timeout=0.02)
        return True
    return False


def _feed(
    worker: WorkerProcess,
    waiting: queue.Queue[Job[Key]],
    answered: queue.Queue[tuple[Key, Message | None]],
    stopping: threading.Event,
) -> None:
    """Give one worker job after job."""
    while not stopping.is_set():
        job = waiting.get()
        for key, message in job.requests:
            if stopping.is_set():
                return
            answered.put((key, worker.answer(message, job.preamble)))
