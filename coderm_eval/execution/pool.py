"""A pool of worker processes that speak JSON lines, for executing tests and for grading alike.

Workers are started with a clean environment and in sessions of their own: Ctrl-C reaches the parent alone,
and a worker whose parent is gone reads the end of its input and leaves. A worker that dies, or says nothing
for longer than it may, is replaced and its request tried once more; a request that ends two workers is given
up (`None`: could not run). Every request carries a random token that the answer must repeat, so that a line
which an untrusted program managed to write among the answers is passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from coderm_eval.execution.lines import LineReader, write_line

__all__ = ["Job", "WorkerPool"]

Key = TypeVar("Key")
Message = dict[str, Any]

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
_TRIES = 2

_IMPORTED_FROM = Path(__file__).resolve().parents[2]
"""The folder that holds this package."""


@dataclass(frozen=True)
class Job(Generic[Key]):
    """Requests that one worker answers, one after the other. Without any it is a pause, in which answers are passed on
    before another job is waited for."""

    requests: Sequence[tuple[Key, Message]]
    preamble: Message | None = None
    """Sent before them, and again to a worker that takes another's place; it has no answer."""


class WorkerPool(Generic[Key]):
    """`workers` processes of `python -m module`.

    Args:
        module: its main answers each JSON line with one, which repeats the request's "token".
        workers: number of processes.
        patience_s: wall seconds after which a silent worker counts as dead.
        arguments: command-line arguments of the module.
        environment: variables that the workers get beside PATH and the locale.
    """

    def __init__(
        self,
        module: str,
        *,
        workers: int,
        patience_s: float,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.command = [sys.executable, "-m", module, *arguments]
        self.workers = workers
        self.patience_s = patience_s
        self.environment = _clean_environment() | dict(environment or {})

    def run(self, jobs: Iterable[Job[Key]]) -> Iterator[tuple[Key, Message | None]]:
        """Answers in the order in which they come; at most a few jobs per worker are held in memory."""
        waiting: queue.Queue[Job[Key]] = queue.Queue(maxsize=self.workers)
        answered: queue.Queue[tuple[Key, Message | None]] = queue.Queue()
        lanes = [_Lane(self, waiting, answered) for _ in range(self.workers)]
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
            for lane in lanes:
                lane.stop()
            for lane in lanes:
                lane.join()


def _put(waiting: queue.Queue[Job[Key]], job: Job[Key]) -> bool:
    """Whether there was room within a moment: answers are passed on while a long job is under way."""
    with contextlib.suppress(queue.Full):
        waiting.put(job, timeout=0.02)
        return True
    return False


class _Lane(threading.Thread):
    """One worker process and the thread that feeds it."""

    def __init__(
        self,
        pool: WorkerPool[Any],
        waiting: queue.Queue[Job[Any]],
        answered: queue.Queue[tuple[Any, Message | None]],
    ) -> None:
        super().__init__(daemon=True)
        self.pool = pool
        self.waiting = waiting
        self.answered = answered
        self.stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.replies = LineReader(-1)
        self.prepared_for: Job[Any] | None = None

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                job = self.waiting.get(timeout=0.1)
            except queue.Empty:
                continue
            for key, message in job.requests:
                if self.stopping.is_set():
                    break
                self.answered.put((key, self._answer(job, message)))
        self._dismiss()

    def stop(self) -> None:
        self.stopping.set()

    def _answer(self, job: Job[Any], message: Message) -> Message | None:
        for _ in range(_TRIES):
            try:
                return self._exchange(job, message)
            except OSError:  # no process could be started, its pipe broke, or it was silent for too long
                self._dismiss()
        return None

    def _exchange(self, job: Job[Any], message: Message) -> Message:
        """Send one request and wait for its answer; raises BrokenPipeError or TimeoutError if none comes."""
        process = self.process or self._hire()
        assert process.stdin
        requests, deadline = process.stdin.fileno(), time.monotonic() + self.pool.patience_s
        if job.preamble is not None and self.prepared_for is not job:
            write_line(requests, json.dumps(job.preamble).encode(), deadline)
        self.prepared_for = job
        token = secrets.token_hex(8)
        self.replies.forget()  # whatever a worker said beside its last answer
        write_line(requests, json.dumps({**message, "token": token}).encode(), deadline)
        while True:
            answer = _answer_with(token, self.replies.read(deadline))
            if answer is not None:
                return answer

    def _hire(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(
            self.pool.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=self.pool.environment,
            cwd=_IMPORTED_FROM,  # `-m` imports from there first: no folder that anybody may write to
            start_new_session=True,
        )
        assert self.process.stdin and self.process.stdout
        os.set_blocking(self.process.stdin.fileno(), False)
        self.replies = LineReader(self.process.stdout.fileno())
        self.prepared_for = None
        return self.process

    def _dismiss(self) -> None:
        """End of input tells a worker to clean up and leave; one that does not is killed."""
        process, self.process = self.process, None
        if process is None:
            return
        assert process.stdin and process.stdout
        process.stdin.close()
        try:
            process.wait(timeout=self.pool.patience_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its session: a worker may have started others
            process.wait()
        process.stdout.close()


def _answer_with(token: str, line: bytes) -> Message | None:
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and answer.pop("token", None) == token else None


def _clean_environment() -> dict[str, str]:
    """No keys of the user's; one thread for numpy, a fixed hash seed; this package importable as it is here."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "PYTHONHASHSEED": "0", "PYTHONPATH": str(_IMPORTED_FROM)}
