"""The tests' sandbox as the worker sees it: processes that wait for tests, started and ended."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.watchdog import wait_with_limits
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.lines import LineReader, write_line

__all__ = ["TestProcess", "TestSandbox"]

_LONGEST_MESSAGE = 64
_LONGEST_REPLY = 32 * 1024 * 1024
"""Bytes: the calls of a test are in it."""
_WRITE_S = 30
"""Seconds for a request to be read, on however busy a machine."""
_CREDENTIALS = struct.Struct("3i")
"""Process, user and group of who has written."""


class TestSandbox:
    """Has the test server start and end processes.

    Args:
        control: a socket whose other end the server reads.
        silence_s: wall seconds after which the server is given up.
        beat: called again and again while a process is waited for.
    """

    def __init__(self, control: socket.socket, silence_s: float, beat: Callable[[], None]) -> None:
        control.settimeout(silence_s)
        self._control = control
        self._silence_s = silence_s
        self.beat = beat

    def start(self, libraries: Iterable[str]) -> TestProcess:
        """Start a process in which no test has run.

        Args:
            libraries: packages to import for it.

        Raises:
            OSError: the server is gone, or gives no sign of life.
        """
        ours, theirs = socket.socketpair()
        ours.settimeout(self._silence_s)
        if sys.platform == "linux":
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with theirs:
            socket.send_fds(self._control, [f"start {','.join(libraries)}".encode()], [theirs.fileno()])
        number = self._answer()
        greeting, messages, *_ = ours.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size))
        if not greeting:
            raise BrokenPipeError
        # the server may be in a namespace where processes have other numbers
        process = _CREDENTIALS.unpack(messages[0][2])[0] if messages else int(number)
        return TestProcess(self, ours, process, number)

    def end(self, number: bytes) -> None:
        """End the process that the server calls `number`, and whatever it has started."""
        self._control.send(b"end " + number)
        self._answer()

    def _answer(self) -> bytes:
        if answer := self._control.recv(_LONGEST_MESSAGE):
            return answer
        raise BrokenPipeError


class TestProcess:
    """A process that runs tests.

    Args:
        sandbox: where it was started.
        connection: to it.
        process: its id here.
        number: its id in the sandbox.
    """

    def __init__(self, sandbox: TestSandbox, connection: socket.socket, process: int, number: bytes) -> None:
        connection.setblocking(False)
        self._sandbox = sandbox
        self._connection = connection
        self._process = process
        self._number = number
        self._replies = LineReader(connection.fileno(), _LONGEST_REPLY)

    def send(self, request: dict[str, Any]) -> None:
        """Send a request, which is lost if the process is gone; reading the reply will say so."""
        with contextlib.suppress(OSError):
            write_line(self._connection.fileno(), json.dumps(request).encode(), time.monotonic() + _WRITE_S)

    def reply(self, limits: Limits) -> bytes | End:
        """Return the next line that the process writes, or how it ended."""
        try:
            end = wait_with_limits(self._replies.comes, self._process, limits, beat=self._sandbox.beat)
            return end or self._replies.read(time.monotonic() + _WRITE_S)
        except OSError:
            return End.CRASHED

    def end(self) -> None:
        """End the process."""
        self._connection.close()
        self._sandbox.end(self._number)
