"""One test server after the other: where a test has ended or changed its own, another takes its place.

The worker starts them, since it holds nothing that a test must not know. The controller asks for one on a socket, and
is sent a socket to it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from coderm_eval.execution.sandbox.isolation.reaping import end_children
from coderm_eval.execution.wire.server_messages import REQUEST

__all__ = ["TestServers"]


class TestServers:
    """What the worker does.

    Args:
        start: starts a server that reads the first of these sockets and has to close the second; returns its process
            id.
    """

    def __init__(self, start: Callable[[socket.socket, socket.socket], int]) -> None:
        self._start = start
        self.requests, self.asker = socket.socketpair()
        self.process = 0
        """The server that there is; 0 at first."""

    def renew(self) -> None:
        """End the server, and send a socket to a new one."""
        if self.process:
            end_children([self.process])
        theirs, ours = socket.socketpair()
        with theirs, ours:
            self.process = self._start(theirs, ours)
            socket.send_fds(self.requests, [REQUEST], [ours.fileno()])

    def answer(self) -> bool:
        """Take up a request that is there; returns False if the controller is gone."""
        if not self.requests.recv(1):
            return False
        self.renew()
        return True
