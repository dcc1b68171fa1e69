"""One worker process that answers JSON lines, replaced when it dies or is silent for too long.

It starts with a clean environment and in a session of its own: Ctrl-C reaches the parent alone, and a worker whose
parent is gone reads the end of its input and leaves. Every request carries a random token that the answer must repeat,
so that a line which an untrusted program managed to write among the answers is ignored. A line with the token and
nothing else is a sign of life: the worker has as long again for the next line.
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
"""One line, as JSON."""

LEAVE_S = 10
"""Seconds for a process to leave by itself; a worker's sandboxes have 5 s for that."""
_KILL_S = 30
"""Seconds for the kernel to end a process that was sent SIGKILL."""
_TRIES = 2
"""Processes that one request may end."""
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")


class Setup(NamedTuple):
    """How a process is started; a process that was started in another way is replaced."""

    arguments: tuple[str, ...] = ()
    """Command-line arguments."""
    silence_s: float = 60
    """Wall seconds without an answer or a sign of life after which the process counts as dead."""


class WorkerProcess:
    """A process of `command`, started at its first request; used by one thread at a time.

    Args:
        command: reads and writes JSON lines; each answer repeats its request's "token".
        environment: all variables that the process gets.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._setup = Setup()
        self._process: subprocess.Popen[bytes] | None = None
        self._replies = LineReader(-1)
        self._prepared_with: Message | None = None

    def is_set_up(self, setup: Setup) -> bool:
        """Return whether a process with this setup is there."""
        return self._process is not None and self._setup == setup

    def start(self, setup: Setup) -> None:
        """Start the process now, unless it is there; an error comes up again at the next request."""
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
        """Return the answer to one request; None if the request ended two processes, or was given up.

        Args:
            message: the request, without a token.
            preamble: sent before it, unless the process had this very object before its last request; it has no
                answer.
            setup: how the process that answers is started.
            given_up: whether the answer is still wanted after a process has ended without one.
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
        """Kill the process and its session, from any thread; the thread that uses it then finds the pipe broken."""
        process = self._process
        if process and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # a worker has started others

    def dismiss(self, deadline: float | None = None) -> None:
        """Wait for the process to leave, until `deadline` or for `LEAVE_S`; one that stays is killed."""
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
        self._replies.forget()  # whatever was written after the last answer
        write_line(requests, json.dumps({**message, "token": token}).encode(), deadline)
        while not (answer := _parse(self._replies.read(deadline), token)):
            if answer is not None:  # a sign of life
                deadline = time.monotonic() + setup.silence_s
        return answer

    def _ensure(self, setup: Setup) -> subprocess.Popen[bytes]:
        """Return the process, started now unless it is there; raises OSError if it cannot be started."""
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
            cwd=PACKAGE.parent,  # `-m` imports from here first: a folder that nobody else may write to
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout
        os.set_blocking(self._process.stdin.fileno(), False)
        self._replies = LineReader(self._process.stdout.fileno())
        self._prepared_with = None
        return self._process


def _parse(line: bytes, token: str) -> Message | None:
    """Return the answer in a line, empty if it is a sign of life; None if the line has not this token."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and answer.pop("token", None) == token else None


def clean_environment() -> dict[str, str]:
    """Return variables without any key of the user's: one thread for numpy, a fixed hash seed, this package.

    Symbols are bound at the start, and not by each process of a program anew, which costs it 12 page faults.
    """
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "LD_BIND_NOW": "1", "PYTHONHASHSEED": "0", "PYTHONPATH": str(PACKAGE.parent)}
