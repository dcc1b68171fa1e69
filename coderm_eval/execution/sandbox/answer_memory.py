"""The memory in which a program's process leaves its answers, so that none is lost when it crashes, hangs or is killed.

The process can write there what it likes. What is read is taken for answers of its own, and for nothing else.
"""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Iterator

from coderm_eval.execution.sandbox.watchdog import TimeWindow

__all__ = ["AnswerMemory", "AnswerWriter"]

_HEADER = struct.Struct("=IIII")
"""Windows begun, bytes used, whether an answer did not fit, whether the window is that of loading."""
_ENTRY = struct.Struct("=dI")
"""Before each answer: CPU seconds, length."""


class AnswerMemory:
    """Memory for so many bytes of answers, shared with the processes that are forked after it was made."""

    def __init__(self, size: int) -> None:
        self.memory = mmap.mmap(-1, _HEADER.size + size)

    def window(self, most: int) -> TimeWindow:
        """Return which time window the process says it is in; `most` is the last that it may begin."""
        number, _, _, loading = _HEADER.unpack_from(self.memory)
        return TimeWindow(min(most, number), bool(loading))

    @property
    def is_full(self) -> bool:
        """Whether an answer did not fit."""
        return bool(_HEADER.unpack_from(self.memory)[2])

    def answers(self) -> Iterator[tuple[float, str]]:
        """Yield (CPU seconds, text) of the answers, as far as they make sense."""
        _, used, *_ = _HEADER.unpack_from(self.memory)
        position = _HEADER.size
        end = min(position + used, len(self.memory))
        while position + _ENTRY.size <= end:
            cpu_seconds, length = _ENTRY.unpack_from(self.memory, position)
            position += _ENTRY.size
            if position + length > end or not 0 <= cpu_seconds < 1e9:
                return
            yield round(cpu_seconds, 6), self.memory[position : position + length].decode("ascii", "replace")
            position += length

    def close(self) -> None:
        self.memory.close()


class AnswerWriter:
    """The process's side of the memory."""

    def __init__(self, memory: AnswerMemory) -> None:
        self._memory = memory.memory
        self._windows = 0
        self._used = 0
        self._loading = False

    def begin(self, *, loading: bool = False) -> None:
        """Begin a time window, and measure the next answer from now on."""
        self._next_window(loading=loading)
        self._started = time.process_time()

    def begin_digest(self) -> None:
        """Begin a time window for the digest of an answer, which may take as long as loading."""
        self._next_window(loading=True)

    def add(self, text: str) -> None:
        """Add an answer; raises MemoryError, after a mark that says so, if it does not fit."""
        now = time.process_time()
        data = text.encode("ascii", "replace")
        start = _HEADER.size + self._used
        if start + _ENTRY.size + len(data) > len(self._memory):
            self._write_header(full=True)
            raise MemoryError
        _ENTRY.pack_into(self._memory, start, now - self._started, len(data))
        self._memory[start + _ENTRY.size : start + _ENTRY.size + len(data)] = data
        self._used += _ENTRY.size + len(data)
        self._write_header()
        self._started = now

    def _next_window(self, *, loading: bool) -> None:
        self._windows += 1
        self._loading = loading
        self._write_header()

    def _write_header(self, *, full: bool = False) -> None:
        _HEADER.pack_into(self._memory, 0, self._windows, self._used, full, self._loading)
