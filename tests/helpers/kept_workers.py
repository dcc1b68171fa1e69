"""Worker processes that outlive a run: the next run of this process finds them started.

A run starts up to four workers, at 0.3 to 1 s of CPU each: for its self-test, its verdicts and its grades. Of a short
run of a test that is nine tenths. A worker is used again where command, environment, limits and libraries are the same.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.backends.pool import WorkerPool
from coderm_eval.execution.backends.process import Setup, WorkerProcess

__all__ = ["KeptExecutor", "end_idle_workers", "keeping_workers"]

_MOST = 6
"""Idle workers of one process; each has 100 MiB with its sandboxes."""


class _KeptWorker(WorkerProcess):
    """A worker whose process is kept where another's is ended, and which takes a kept one where another starts one.

    A process that dies or is silent is ended as any other.
    """

    def put_away(self) -> None:
        if self._process and self._process.poll() is None:
            idle = _KeptWorker(self._command, self._environment)
            idle._take_process_of(self)
            _IDLE.put(idle)
        self.dismiss()

    def _take_process_of(self, other: _KeptWorker) -> None:
        self._setup, self._process, self._replies = other._setup, other._process, other._replies
        self._prepared_with = other._process = None

    def _ensure(self, setup: Setup) -> subprocess.Popen[bytes]:
        if not self.is_set_up(setup):
            self.put_away()
            if idle := _IDLE.take_like(self, setup):
                self._take_process_of(idle)
        return super()._ensure(setup)

    def would_do_for(self, other: WorkerProcess, setup: Setup) -> bool:
        same = self._command == other._command and self._environment == other._environment
        return same and self.is_set_up(setup)


class _Idle:
    """Workers that no run uses, the last used ones last."""

    def __init__(self) -> None:
        self._workers: list[_KeptWorker] = []
        self._lock = threading.Lock()

    def take_like(self, worker: WorkerProcess, setup: Setup) -> _KeptWorker | None:
        with self._lock:
            for place in reversed(range(len(self._workers))):
                if self._workers[place].would_do_for(worker, setup):
                    return self._workers.pop(place)
        return None

    def put(self, worker: _KeptWorker) -> None:
        with self._lock:
            self._workers.append(worker)
        self.end_all_but(_MOST)

    def end_all_but(self, most: int) -> None:
        """Have the others leave, those first that were used last long ago."""
        with self._lock:
            count = max(0, len(self._workers) - most)
            surplus, self._workers = self._workers[:count], self._workers[count:]
        for worker in surplus:
            worker.end_input()  # all at once, so that they leave at the same time
        for worker in surplus:
            worker.dismiss()


_IDLE = _Idle()


class _KeptPool(WorkerPool):
    def __init__(self, pool: WorkerPool) -> None:
        vars(self).update(vars(pool))
        self._kept = [_KeptWorker(worker._command, worker._environment) for worker in pool._workers]
        self._workers = [*self._kept]

    def __exit__(self, *_: object) -> None:
        for worker in self._kept:
            worker.put_away()

    def start(self, setup: Setup) -> None:
        for worker in self._kept:
            worker.start(setup)


class KeptExecutor(LocalExecutor):
    """An executor whose workers are kept."""

    def __init__(self, *, workers: int, isolation: str = "auto") -> None:
        super().__init__(workers=workers, isolation=isolation)
        self._pool = _KeptPool(self._pool)


@contextmanager
def keeping_workers() -> Iterator[None]:
    """Keep the workers of whole runs, and end them in the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("coderm_eval.execution.executor.LocalExecutor", KeptExecutor)
        yield
    end_idle_workers()


def end_idle_workers() -> None:
    """Have those leave that no run uses, for a test that looks at what is left."""
    _IDLE.end_all_but(0)
