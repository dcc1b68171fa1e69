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
from coderm_eval.execution.wire.lines import LineReader, is_readable, write_line
from coderm_eval.execution.wire.server_messages import ENDED, LEAVING, NO_ROOM, REQUEST

__all__ = ["TestProcess", "TestSandbox"]

_LONGEST_MESSAGE = 64
_LONGEST_REPLY = 32 * 1024 * 1024
"""Bytes: the calls of a test are in it."""
_TICK_S = 1.0
_WRITE_S = 30
"""Seconds for a request to be read, on however busy a machine."""
_CREDENTIALS = struct.Struct("3i")
"""Process, user and group of who has written."""


class TestSandbox:
    """Has the test server start and end processes, and asks for another server where a test has ended this one.

    Args:
        servers: where `TestServers` is asked for a server; it has sent the first.
        silence_s: wall seconds after which a server is given up.
        beat: called again and again while a process is waited for.
    """

    def __init__(self, servers: socket.socket, silence_s: float, beat: Callable[[], None]) -> None:
        self._servers = servers
        self._silence_s = silence_s
        self.beat = beat
        self._running: set[bytes] = set()
        """Numbers of the processes that this server has started and not ended."""
        self._control = self._next_server()

    def start(self, libraries: Iterable[str]) -> TestProcess:
        """Start a process in which no test has run.

        Args:
            libraries: packages to import for it.

        Raises:
            OSError: two servers were gone, or gave no sign of life.
        """
        names = ",".join(libraries)
        try:
            return self._start(names)
        except OSError:  # a test that was run by then has ended the server
            self._renew()
            return self._start(names)

    def _start(self, libraries: str) -> TestProcess:
        ours, theirs = socket.socketpair()
        ours.settimeout(self._silence_s)
        if sys.platform == "linux":
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with theirs:
            socket.send_fds(self._control, [f"start {libraries}".encode()], [theirs.fileno()])
        number = self._answer()
        greeting, messages, *_ = ours.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size))
        if not greeting:
            raise BrokenPipeError
        # the server may be in a namespace where processes have other numbers
        process = _CREDENTIALS.unpack(messages[0][2])[0] if messages else int(number)
        self._running.add(number)
        return TestProcess(self, ours, process, number)

    def is_running(self, number: bytes) -> bool:
        """Return whether the process that the server calls `number` has neither been ended nor gone with its server."""
        return number in self._running

    def end(self, number: bytes) -> None:
        """End the process that the server calls `number`, and whatever it has started.

        Raises:
            OSError: there is no server any more, and none in its place; or the disk is full on which a test has
                written, so that what it found does not count.
        """
        if not self.is_running(number):
            return
        try:
            self._control.send(b"end " + number)
            answer = self._answer()
        except OSError:
            answer = LEAVING
        if answer == NO_ROOM:
            raise ConnectionAbortedError
        if answer == ENDED:
            self._running.discard(number)
        else:
            self._running.clear()
        if answer == LEAVING:
            self._renew()

    def _renew(self) -> None:
        self._running.clear()
        self._control.close()
        self._servers.send(REQUEST)
        self._control = self._next_server()

    def _next_server(self) -> socket.socket:
        self._await(self._servers)
        _, descriptors, *_ = socket.recv_fds(self._servers, len(REQUEST), 1)
        if not descriptors:
            raise BrokenPipeError
        return socket.socket(fileno=descriptors[0])

    def _answer(self) -> bytes:
        self._await(self._control)
        if answer := self._control.recv(_LONGEST_MESSAGE):
            return answer
        raise BrokenPipeError

    def _await(self, other: socket.socket) -> None:
        """Wait until the socket can be read; raises TimeoutError where that takes too long."""
        deadline = time.monotonic() + self._silence_s
        while not is_readable(other.fileno(), _TICK_S):
            if time.monotonic() > deadline:
                raise TimeoutError
            self.beat()


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

    @property
    def is_running(self) -> bool:
        """Whether it has neither been ended nor gone with its server."""
        return self._sandbox.is_running(self._number)

    def end(self) -> None:
        """End the process."""
        self._connection.close()
        self._sandbox.end(self._number)
