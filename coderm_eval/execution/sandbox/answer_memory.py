"""The memory in which a program's process leaves its answers, so that none is lost when it crashes, hangs or is killed.

The process can write there what it likes. What is read is taken for answers of its own, and for nothing else: how much
time it has is told by the answers that were read, which it cannot take back.
"""

from __future__ import annotations

import mmap
import struct
import time

from coderm_eval.execution.sandbox.watchdog import TimeWindow

__all__ = ["CALL", "DIGESTED_CALL", "IN_THE_SAME_WINDOW", "LOADING", "AnswerMemory", "AnswerWriter"]

_HEADER = struct.Struct("=III")
"""Bytes used, whether an answer did not fit, digests begun."""
_ENTRY = struct.Struct("=dI")
"""Before each answer: CPU seconds, length."""
_HEADER_SIZE, _ENTRY_SIZE = _HEADER.size, _ENTRY.size

LOADING, CALL, DIGESTED_CALL, IN_THE_SAME_WINDOW = "lcd."
"""What is known beforehand of each answer: when its time begins, and how long it is."""

_HIDDEN_S = 0.25
"""CPU seconds that answers may take in all beside those that they say."""


class AnswerMemory:
    """Memory for so many bytes of answers, shared with the processes that are forked after it was made.

    Args:
        size: in bytes.
        plan: a letter for each answer that is expected.
    """

    def __init__(self, size: int, plan: str) -> None:
        self.memory = mmap.mmap(-1, _HEADER_SIZE + size)
        self.answers: list[tuple[float, str]] = []
        """(CPU seconds, text) of the answers that were read."""
        self._plan = plan
        self._position = _HEADER_SIZE
        self._windows = self._digests = 0
        self._clock = _Clock()

    def expect(self, plan: str) -> None:
        """Expect more answers after those that were expected until now."""
        self._plan += plan

    @property
    def is_complete(self) -> bool:
        """Whether all expected answers were read."""
        return len(self.answers) == len(self._plan)

    @property
    def is_full(self) -> bool:
        """Whether an answer did not fit."""
        return bool(_HEADER.unpack_from(self.memory)[1])

    def read(self, cpu_seconds: float) -> None:
        """Read what was answered since the last time, as far as it makes sense: an answer is JSON in ASCII.

        Args:
            cpu_seconds: those of the process until now.
        """
        used, _, _ = _HEADER.unpack_from(self.memory)
        end = min(_HEADER_SIZE + used, len(self.memory))
        self._clock.tick(cpu_seconds)
        first = len(self.answers)
        for _ in range(first, len(self._plan)):
            start = self._position + _ENTRY_SIZE
            if start > end:
                break
            seconds, length = _ENTRY.unpack_from(self.memory, self._position)
            if start + length > end or not 0 <= seconds < 1e9:
                break
            text = self.memory[start : start + length].decode("latin-1")
            if not (text.isascii() and text.isprintable()):  # six times as long once it is escaped
                break
            self.answers.append((self._clock.corrected(seconds), text))
            self._position = start + length
        self._count(self._plan[first : len(self.answers)])

    def window(self) -> TimeWindow:
        """Return the time window of the next answer. An answer with a digest has a second one, once that has begun."""
        kind = self._plan[len(self.answers)] if len(self.answers) < len(self._plan) else IN_THE_SAME_WINDOW
        number = self._windows + (kind != IN_THE_SAME_WINDOW)
        if kind == DIGESTED_CALL and _HEADER.unpack_from(self.memory)[2] > self._digests:
            return TimeWindow(number + 1, loading=True)
        return TimeWindow(max(1, number), loading=kind == LOADING)

    def _count(self, kinds: str) -> None:
        digests = kinds.count(DIGESTED_CALL)
        self._windows += len(kinds) - kinds.count(IN_THE_SAME_WINDOW) + digests
        self._digests += digests

    def close(self) -> None:
        self.memory.close()


class _Clock:
    """Compares what answers say that they took with what the process has used."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._before = self._now = self._claimed = 0.0

    def tick(self, cpu_seconds: float) -> None:
        """Take in the clock of the process."""
        if self._start is None:
            self._start = self._before = cpu_seconds
        else:
            self._before = self._now
        self._now = max(cpu_seconds, self._before)  # of a process that is gone there may be no clock

    def corrected(self, seconds: float) -> float:
        """Return the CPU seconds of an answer: what it says, and what was used before this tick and nobody has said."""
        assert self._start is not None
        self._claimed += seconds
        hidden = self._before - self._start - self._claimed
        if hidden > _HIDDEN_S:
            self._claimed += hidden
            seconds += hidden
        return seconds


class AnswerWriter:
    """The process's side of the memory."""

    def __init__(self, memory: AnswerMemory) -> None:
        self._memory = memory.memory
        self._used = self._digests = 0

    def begin(self) -> None:
        """Measure the next answer from now on."""
        self._started = time.process_time()

    def begin_digest(self) -> None:
        """Begin the digest of an answer, which may take as long as loading."""
        self._digests += 1
        self._write_header()

    def add(self, text: str) -> None:
        """Add an answer; raises MemoryError, after a mark that says so, if it does not fit."""
        now = time.process_time()
        data = text.encode("ascii", "replace")
        start = _HEADER_SIZE + self._used
        begin = start + _ENTRY_SIZE
        end = begin + len(data)
        if end > len(self._memory):
            self._write_header(full=True)
            raise MemoryError
        _ENTRY.pack_into(self._memory, start, now - self._started, len(data))
        self._memory[begin:end] = data
        self._used = end - _HEADER_SIZE
        self._write_header()
        self._started = now

    def _write_header(self, *, full: bool = False) -> None:
        _HEADER.pack_into(self._memory, 0, self._used, full, self._digests)
