"""Lines between processes, over pipes and sockets; none holds a line break of its own, since each is JSON."""

from __future__ import annotations

import os
import select
import time
from typing import Any

__all__ = ["LineReader", "write_line"]

_PIECE = 1 << 16
"""Bytes read at a time: what a pipe holds."""


class LineReader:
    """Whole lines from a descriptor, with a deadline."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._lines: list[bytes] = []
        self._unread: list[bytes] = []

    @property
    def has_line(self) -> bool:
        """Whether the next line is there, so that `read` returns it at once."""
        return bool(self._lines)

    def read(self, deadline: float) -> bytes:
        """Return the next line, without its end.

        Args:
            deadline: by `time.monotonic`.

        Raises:
            TimeoutError: no whole line came in time.
            BrokenPipeError: the other end is closed.
        """
        while not self._lines:
            if not _is_ready(self.descriptor, select.POLLIN, deadline):
                raise TimeoutError
            piece = os.read(self.descriptor, _PIECE)
            if not piece:
                raise BrokenPipeError
            *whole, rest = piece.split(b"\n")
            if whole:
                whole[0] = b"".join([*self._unread, whole[0]])
                self._unread.clear()
                self._lines = whole[::-1]
            self._unread.append(rest)
        return self._lines.pop()

    def forget(self) -> None:
        """Drop what has come and was not read."""
        self._lines.clear()
        self._unread.clear()


def write_line(descriptor: int, line: bytes, deadline: float | None = None) -> None:
    """Write `line` and its end.

    Args:
        deadline: by `time.monotonic`; the descriptor must then be a non-blocking one.

    Raises:
        OSError: the other end is closed.
        TimeoutError: the line was not read in time; part of it is written.
    """
    left: Any = memoryview(line + b"\n")
    while left:
        if deadline is not None and not _is_ready(descriptor, select.POLLOUT, deadline):
            raise TimeoutError
        left = left[os.write(descriptor, left) :]


def _is_ready(descriptor: int, event: int, deadline: float) -> bool:
    """Wait for the event, or for the other end to close; unlike `select`, for any number of descriptors."""
    left = deadline - time.monotonic()
    poll = select.poll()
    poll.register(descriptor, event)
    return left > 0 and bool(poll.poll(left * 1000))
