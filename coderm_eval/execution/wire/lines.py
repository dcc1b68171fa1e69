"""Lines between processes: JSON objects, one a line, over pipes and sockets."""

from __future__ import annotations

import os
import select
import time
from typing import Any

__all__ = ["LineReader", "write_line"]

_PIECE = 1 << 16


class LineReader:
    """Whole lines from a descriptor, with a deadline."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._lines: list[bytes] = []
        self._unread: list[bytes] = []

    @property
    def waiting(self) -> bool:
        """Whether the next line has come already."""
        return bool(self._lines)

    def read(self, deadline: float) -> bytes:
        """The next line, without its end.

        Args:
            deadline: by `time.monotonic`.

        Raises:
            TimeoutError: it did not come in time.
            BrokenPipeError: nobody can write any more.
        """
        while not self._lines:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
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
        deadline: by `time.monotonic`; the descriptor must then be one that does not block.

    Raises:
        OSError: nobody reads any more.
        TimeoutError: nobody has read in time; part of the line is written.
    """
    left: Any = memoryview(line + b"\n")
    while left:
        if deadline is not None:
            wait = max(0.0, deadline - time.monotonic())
            if not select.select([], [descriptor], [], wait)[1]:
                raise TimeoutError
        left = left[os.write(descriptor, left) :]
