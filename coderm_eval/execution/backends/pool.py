"""A pool of worker processes that speak JSON lines.

A worker that finds no job any more takes half of what the busiest one has left, so that no core waits for the last job.

The processes outlive a run: the next one finds them started. A process that dies, or is silent for too long, is
replaced, and its request tried once more; a request that ended two is answered by None: could not run.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from coderm_eval.execution.backends.process import LEAVE_S, Message, Setup, WorkerProcess, clean_environment

__all__ = ["Job", "Setup", "WorkerPool"]

Key = TypeVar("Key")

_FINISH_S = 5
"""Seconds for the requests under way when their answers are not wanted any more; slower workers are killed."""
_PATIENCE_S = 0.02
"""Seconds for which a worker without a job waits before it takes a part of another's: it then has to load the tests of
that job, which takes as long as a few programs."""


_MOMENT_S = 0.05
"""Seconds between two looks at the answers of jobs that go on. To be woken by each answer costs as much as to work on
it."""


@dataclass(frozen=True)
class Job(Generic[Key]):
    """Requests that one worker answers, one after the other, but for those that others take off it at the end of a run.

    A job without requests is a pause: the answers that have come are yielded before the next job is waited for.
    """

    requests: Sequence[tuple[Key, Message]]
    preamble: Message | None = None
    """Sent before the requests, and again to a worker that takes another's place; it has no answer."""
    setup: Setup = field(default_factory=Setup)
    """How the worker that answers is started."""


class WorkerPool:
    """`workers` processes of `python -m module`, started when they are needed, and kept until the pool closes.

        with WorkerPool("package.worker", workers=8) as pool:
            for key, answer in pool.run(jobs): ...

    Args:
        module: its main answers each JSON line with one, which repeats the request's "token".
        workers: number of processes.
        environment: variables that the workers get besides PATH and the locale.
    """

    def __init__(self, module: str, *, workers: int, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", module]
        variables = clean_environment() | dict(environment or {})
        self._workers = [WorkerProcess(command, variables) for _ in range(workers)]

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end_input()  # all at once, so that they leave at the same time
        deadline = time.monotonic() + LEAVE_S
        for worker in self._workers:
            worker.dismiss(deadline)

    def start(self, setup: Setup) -> None:
        """Start all processes now, for a run whose first job takes a while to prepare."""
        for worker in self._workers:
            if not worker.is_set_up(setup):
                worker.end_input()  # all at once, as above
        for worker in self._workers:
            worker.start(setup)

    def run(self, jobs: Iterable[Job[Key]], *, at_once: int | None = None) -> Iterator[tuple[Key, Message | None]]:
        """Yield answers in the order in which they come; a few jobs per worker are held in memory.

        One run at a time: the next may begin when this one is exhausted or closed.

        Args:
            jobs: taken as workers get to them.
            at_once: how many workers are used at a time; all by default.
        """
        lanes: _Lanes[Key] = _Lanes(self._workers[:at_once])
        try:
            for job in jobs:
                while job.requests and not lanes.room:
                    yield from lanes.next_event()
                lanes.put(job)
                while lanes.has_events:
                    yield from lanes.next_event()
            lanes.put_last()
            while lanes.pending:
                yield from lanes.next_event()
        finally:
            lanes.close()


class _Lane(Generic[Key]):
    """A worker, and what it has still to answer.

    Args:
        worker: used by one thread at a time.
    """

    def __init__(self, worker: WorkerProcess) -> None:
        self.worker = worker
        self.job: Job[Key] = Job(())
        self.left: deque[tuple[Key, Message]] = deque()
        """Requests of the job; others may take some from the end."""

    def take(self, job: Job[Key]) -> None:
        self.job, self.left = job, deque(job.requests)

    def next_request(self) -> tuple[Key, Message] | None:
        try:
            return self.left.popleft()
        except IndexError:
            return None

    def give_half(self) -> Job[Key]:
        """Return the last of the requests that are left as a job of their own."""
        given: list[tuple[Key, Message]] = []
        with contextlib.suppress(IndexError):  # the worker goes on meanwhile
            for _ in range((len(self.left) + 1) // 2):
                given.append(self.left.pop())
        return replace(self.job, requests=given[::-1])


class _Lanes(Generic[Key]):
    """A thread for each worker, and what passes between them and the thread that supplies the jobs."""

    def __init__(self, workers: Sequence[WorkerProcess]) -> None:
        self._lanes: list[_Lane[Key]] = [_Lane(worker) for worker in workers]
        self._sharing = threading.Lock()
        self._jobs: queue.SimpleQueue[Job[Key] | None] = queue.SimpleQueue()
        self._answers: deque[tuple[Key, Message | None]] = deque()
        self._events: queue.SimpleQueue[int | BaseException] = queue.SimpleQueue()
        """1 where a job was taken, 0 where one was answered, or the error that ended a thread."""
        self._stopping = threading.Event()
        self.room = len(workers)
        """Jobs that may be put before one is taken."""
        self.pending = 0
        """Answers that are still to come."""
        self._threads = [threading.Thread(target=self._feed, args=(lane,), daemon=True) for lane in self._lanes]
        for thread in self._threads:
            thread.start()

    @property
    def has_events(self) -> bool:
        """Whether `next_event` returns at once."""
        return bool(self._answers) or not self._events.empty()

    def put(self, job: Job[Key]) -> None:
        """Have a worker take this job when it is free."""
        if job.requests:
            self.room -= 1
            self.pending += len(job.requests)
            self._jobs.put(job)

    def put_last(self) -> None:
        """Say that there are no more jobs."""
        for _ in self._threads:
            self._jobs.put(None)

    def next_event(self) -> Iterator[tuple[Key, Message | None]]:
        """Wait for a moment until something happens: answers come, which are yielded, or a job is taken: more room."""
        with contextlib.suppress(queue.Empty):
            event = self._events.get(timeout=0 if self._answers else _MOMENT_S)
            if isinstance(event, BaseException):
                raise event
            self.room += event
        for _ in range(len(self._answers)):
            self.pending -= 1
            yield self._answers.popleft()

    def close(self) -> None:
        """Give up what is not answered; workers that are busy for longer than a few seconds are killed."""
        self._stopping.set()
        self.put_last()
        deadline = time.monotonic() + _FINISH_S
        for thread, lane in zip(self._threads, self._lanes, strict=True):
            thread.join(max(0.0, deadline - time.monotonic()))
            while thread.is_alive():
                lane.worker.kill()
                thread.join(1)

    def _feed(self, lane: _Lane[Key]) -> None:
        """Give one worker job after job, and parts of others' once there are no more."""
        try:
            while job := self._jobs.get():
                self._events.put(1)
                lane.take(job)
                self._answer_all(lane)
            while not self._stopping.wait(_PATIENCE_S) and self._share(lane):
                self._answer_all(lane)
        except BaseException as error:  # for the consumer, who would wait for ever
            self._events.put(error)

    def _share(self, lane: _Lane[Key]) -> bool:
        """Give `lane` half of what is left to the one that has the most left; returns whether there was anything."""
        with self._sharing:
            lane.take(max(self._lanes, key=lambda other: len(other.left)).give_half())
        return bool(lane.left)

    def _answer_all(self, lane: _Lane[Key]) -> None:
        while not self._stopping.is_set() and (request := lane.next_request()):
            key, message = request
            job = lane.job
            answer = lane.worker.answer(message, job.preamble, job.setup, given_up=self._stopping.is_set)
            self._answers.append((key, answer))
        self._events.put(0)
