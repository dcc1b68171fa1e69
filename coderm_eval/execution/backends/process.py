"""One worker process that answers JSON lines, replaced when it dies or is silent for too long.

A line that repeats the token and says nothing else is a sign of life: the next one may take as long again.

It is started with a clean environment and in a session of its own: Ctrl-C reaches the parent alone, and a worker
whose parent is gone reads the end of its input and leaves. Every request carries a random token that the answer
must repeat, so that a line which an untrusted program managed to write among the answers is passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from coderm_eval.execution.package_folder import PACKAGE
from coderm_eval.execution.wire.lines import LineReader, write_line

__all__ = ["LEAVE_S", "Message", "Setup", "WorkerProcess", "clean_environment"]

Message = dict[str, Any]


class Setup(NamedTuple):
    """How a process is started; one that was started otherwise is replaced."""

    arguments: tuple[str, ...] = ()
    """Of its command line."""
    silence_s: float = 60
    """Wall seconds without an answer or a sign of life after which it counts as dead."""


_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
_TRIES = 2
LEAVE_S = 10
"""For a process to leave by itself: a worker's sandboxes have 5 s for that."""
_KILL_S = 30
"""For the kernel to end it after that."""


class WorkerProcess:
    """A process of `command`, started at its first request; used by one thread at a time.

    Args:
        command: reads and writes JSON lines; each answer repeats its request's "token".
        environment: all variables that it gets.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._setup = Setup()
        self._process: subprocess.Popen[bytes] | None = None
        self._replies = LineReader(-1)
        self._prepared_with: Message | None = None

    def is_set_up(self, setup: Setup) -> bool:
        """Whether a process runs that was started so."""
        return self._process is not None and self._setup == setup

    def start(self, setup: Setup) -> None:
        """Start it now, unless it runs; whatever keeps it from that comes up again with the next request."""
        with contextlib.suppress(OSError):
            self._ensure(setup)

    def answer(
        self,
        message: Message,
        preamble: Message | None = None,
        setup: Setup | None = None,
        *,
        given_up: Callable[[], bool] = lambda: False,
    ) -> Message | None:
        """The answer to one request; None if it ended two processes, or if nobody wants it any more.

        Args:
            message: without a token.
            preamble: sent before it, unless the process had this very object before its last request; it has no
                answer.
            setup: of the process that is to answer.
            given_up: whether nobody wants it any more, where a process has ended before it answered.
        """
        for _ in range(_TRIES):
            try:
                return self._exchange(message, preamble, setup or Setup())
            except OSError:  # no process could be started, its pipe broke, or it was silent for too long
                self.dismiss()
            if given_up():
                break
        return None

    def end_input(self) -> None:
        """Tell the process to clean up and leave."""
        if self._process and self._process.stdin:
            self._process.stdin.close()

    def kill(self) -> None:
        """End the process and all of its session, from whatever thread; the thread that uses it then finds it gone."""
        process = self._process
        if process and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # a worker has started others

    def dismiss(self, deadline: float | None = None) -> None:
        """Wait for the process to leave, until `deadline` or for a few seconds; one that does not is killed."""
        self.end_input()
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdout
        try:
            process.wait(timeout=LEAVE_S if deadline is None else max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_KILL_S)
        process.stdout.close()

    def _exchange(self, message: Message, preamble: Message | None, setup: Setup) -> Message:
        """Send one request and wait for its answer; raises BrokenPipeError or TimeoutError if none comes."""
        process = self._ensure(setup)
        assert process.stdin
        requests, deadline = process.stdin.fileno(), time.monotonic() + setup.silence_s
        if preamble is not None and self._prepared_with is not preamble:
            write_line(requests, json.dumps(preamble).encode(), deadline)
        self._prepared_with = preamble
        token = secrets.token_hex(8)
        self._replies.forget()  # whatever a worker said beside its last answer
        write_line(requests, json.dumps({**message, "token": token}).encode(), deadline)
        while not (answer := _answer_with(token, self._replies.read(deadline))):
            if answer is not None:  # a sign of life
                deadline = time.monotonic() + setup.silence_s
        return answer

    def _ensure(self, setup: Setup) -> subprocess.Popen[bytes]:
        """The process, started now unless it runs already; raises OSError if it cannot be."""
        if self._process and self._setup == setup:
            return self._process
        self.dismiss()
        self._setup = setup
        self._process = subprocess.Popen(
            [*self._command, *setup.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=self._environment,
            cwd=PACKAGE.parent,  # `-m` imports from there first: no folder that anybody may write to
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout
        os.set_blocking(self._process.stdin.fileno(), False)
        self._replies = LineReader(self._process.stdout.fileno())
        self._prepared_with = None
        return self._process


def _answer_with(token: str, line: bytes) -> Message | None:
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and answer.pop("token", None) == token else None


def clean_environment() -> dict[str, str]:
    """No keys of the user's; one thread for numpy, a fixed hash seed; this package importable as it is here."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "PYTHONHASHSEED": "0", "PYTHONPATH": str(PACKAGE.parent)}
