"""What goes into a process and what comes out of it, at the same time and within bounds."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Mapping

__all__ = ["Streams"]

_PIECE = 1 << 16
"""Bytes at a time: what a pipe holds."""


class Streams:
    """The pipes of a child, in this process, which does not wait for any of them alone.

    Args:
        given: what the child reads.
        to: the descriptor to write it to.
        out: the descriptors of what it writes, by name.
        most: bytes of each that are taken.
    """

    def __init__(self, given: bytes, to: int, out: Mapping[str, int], most: int) -> None:
        self._given = memoryview(given)
        self._to: int | None = to
        for descriptor in (to, *out.values()):
            os.set_blocking(descriptor, False)
        self._out = {descriptor: name for name, descriptor in out.items()}
        self._pieces: dict[str, bytearray] = {name: bytearray() for name in out}
        self._most = most

    @property
    def taken(self) -> dict[str, bytes]:
        return {name: bytes(found) for name, found in self._pieces.items()}

    def carry(self, child: int, deadline: float | None) -> str | None:
        """Carry until the child ends; returns why it has to be ended before: "timeout" or "output"."""
        death = os.pidfd_open(child)
        try:
            while True:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return "timeout"
                writing = [] if self._to is None else [self._to]
                ready, writable, _ = select.select([death, *self._out], writing, [], left)
                if writable:
                    self._feed()
                if not all(self._take(descriptor) for descriptor in ready if descriptor != death):
                    return "output"
                if death in ready:
                    return None
        finally:
            os.close(death)

    def finish(self) -> str | None:
        """Take what is left, once nobody writes any more; returns "output" where it is more than allowed."""
        while self._out:
            if not all(self._take(descriptor) for descriptor in list(self._out)):
                return "output"
        return None

    def close(self) -> None:
        for descriptor in [*self._out, *([] if self._to is None else [self._to])]:
            os.close(descriptor)
        self._out.clear()
        self._to = None

    def _feed(self) -> None:
        assert self._to is not None
        with contextlib.suppress(BlockingIOError):
            try:
                self._given = self._given[os.write(self._to, self._given[:_PIECE]) :]
            except BrokenPipeError:
                self._given = self._given[:0]
        if not self._given:
            os.close(self._to)
            self._to = None

    def _take(self, descriptor: int) -> bool:
        found = self._pieces[self._out[descriptor]]
        with contextlib.suppress(BlockingIOError):
            piece = os.read(descriptor, _PIECE)
            found += piece
            if not piece:
                os.close(descriptor)
                del self._out[descriptor]
        return len(found) <= self._most
