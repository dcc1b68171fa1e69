"""Lines between processes, over pipes and sockets; none holds a line break of its own, since each is JSON."""

from __future__ import annotations

import math
import os
import select
import time
from typing import Any

__all__ = ["LineReader", "is_readable", "write_line"]

_PIECE = 1 << 16
"""Bytes read at a time: what a pipe holds."""


class LineReader:
    """Whole lines from a descriptor, with a deadline.

    Args:
        longest: bytes of a line; one that is longer counts as the end of what the other side has to say.
    """

    def __init__(self, descriptor: int, longest: float = math.inf) -> None:
        self.descriptor = descriptor
        self._longest = longest
        self._lines: list[bytes] = []
        self._unread: list[bytes] = []
        self._length = 0
        """Bytes of `_unread`."""

    def comes(self, seconds: float) -> bool:
        """Take in what comes within `seconds`, in one piece; returns whether the next line is there.

        Raises:
            BrokenPipeError: the other end is closed, or the line is too long.
        """
        if not self._lines and is_readable(self.descriptor, seconds):
            self._take(os.read(self.descriptor, _PIECE))
        return bool(self._lines)

    def read(self, deadline: float) -> bytes:
        """Return the next line, without its end.

        Args:
            deadline: by `time.monotonic`.

        Raises:
            TimeoutError: no whole line came in time.
            BrokenPipeError: the other end is closed, or the line is too long.
        """
        while not self.comes(left := deadline - time.monotonic()):
            if left <= 0:
                raise TimeoutError
        return self._lines.pop()

    def _take(self, piece: bytes) -> None:
        *whole, rest = piece.split(b"\n")
        if whole:
            whole[0] = b"".join([*self._unread, whole[0]])
            self._unread.clear()
            self._length = 0
            self._lines = whole[::-1]
        self._unread.append(rest)
        self._length += len(rest)
        if not piece or max(self._length, *map(len, whole), 0) > self._longest:
            raise BrokenPipeError

    def forget(self) -> None:
        """Drop what has come and was not read."""
        self._lines.clear()
        self._unread.clear()
        self._length = 0


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
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            if deadline is None or not _is_ready(descriptor, select.POLLOUT, deadline - time.monotonic()):
                raise TimeoutError from None


def is_readable(descriptor: int, seconds: float) -> bool:
    """Wait for so long until `descriptor` can be read, or its other end is closed; 0 asks whether it is so now."""
    return _is_ready(descriptor, select.POLLIN, seconds)


def _is_ready(descriptor: int, event: int, seconds: float) -> bool:
    """Wait for the event, or for the other end to close; unlike `select`, for any number of descriptors."""
    poll = select.poll()
    poll.register(descriptor, event)
    return seconds >= 0 and bool(poll.poll(seconds * 1000))
