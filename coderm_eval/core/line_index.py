"""Where the lines of each task stand in a file, so that no line need be held."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import weakref
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import stream_sha256
from coderm_eval.core.inputs import called
from coderm_eval.core.lazy import LazyMapping, LazyTexts
from coderm_eval.core.messages import single_line

__all__ = ["LineIndex"]

_BUFFER = 2**20
"""Bytes read at a time: with Python's 8 KiB the calls would take as long as the lines."""


class LineIndex(Collection[str]):
    """The task ids of a file, in the order of their first lines.

    It holds some 150 bytes for each task, and 24 for each of its lines that does not follow another one. `read` is to
    be gone through once, and every line that it yields to be given to a task by `add`; then `lines` finds them again.
    The file stays open, so that another file that takes its name changes nothing.

    Args:
        path: for messages.
        file: at its start; what is packed or piped is copied to a file without a name.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = _descriptor(file)
        weakref.finalize(self, os.close, self._file)
        self._state = self._now()
        self._at = 0, 0
        self._numbers: dict[str, int] = {}
        self._counts, self._last = array("q"), array("q")  # of each task: its values, its last stretch of lines
        self._starts, self._ends, self._before = array("q"), array("q"), array("q")  # of each stretch

    def read(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that are not blank, with their numbers from 1."""
        end = 0
        for number, line in enumerate(self._from_start(), 1):
            start, end = end, end + len(line)
            if line.strip():
                self._at = start, end
                yield number, line

    def add(self, task_id: str, values: int) -> None:
        """Give the line that was read last to a task; it holds so many values."""
        start, end = self._at
        task, newest = self._numbers.setdefault(task_id, len(self._counts)), len(self._starts) - 1
        if task == len(self._counts):
            self._counts.append(0)
            self._last.append(-1)
        self._counts[task] += values
        if 0 <= self._last[task] == newest:
            self._ends[newest] = end
            return
        self._starts.append(start)
        self._ends.append(end)
        self._before.append(self._last[task])
        self._last[task] = newest + 1

    def __contains__(self, task_id: object) -> bool:
        return task_id in self._numbers

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def count(self, task_id: str) -> int:
        """How many values the lines of a task hold."""
        return self._counts[self._numbers[task_id]]

    def lines(self, task_id: str) -> list[bytes]:
        """The lines of a task that are not blank, in file order; in any thread.

        Raises:
            InputError: the file was changed, or cannot be read any more.
        """
        stretches, stretch = [], self._last[self._numbers[task_id]]
        while stretch >= 0:
            stretches.append(self._bytes(self._starts[stretch], self._ends[stretch]))
            stretch = self._before[stretch]
        return [line for line in io.BytesIO(b"".join(reversed(stretches))) if line.strip()]

    def texts(self, texts_of_line: Callable[[bytes], Sequence[str]]) -> Mapping[str, Sequence[str]]:
        """The texts by task, as many as were counted; a task's are read when one of them is asked for."""

        def read(task_id: str) -> list[str]:
            return [text for line in self.lines(task_id) for text in texts_of_line(line)]

        return LazyMapping(self, lambda task_id: LazyTexts(self.count(task_id), lambda: read(task_id)))

    def sha256(self) -> str:
        """64 hex digits for the whole file, unpacked.

        Raises:
            InputError: the file was changed.
        """
        with self._from_start() as file:
            digest = stream_sha256(file)
        self._require_same()
        return digest

    def _from_start(self) -> io.BufferedReader:
        return io.BufferedReader(_FromStart(self._file), _BUFFER)

    def _bytes(self, start: int, end: int) -> bytes:
        try:
            data = os.pread(self._file, end - start, start)
        except OSError as error:
            raise InputError(f"{called(self._path)}: cannot be read any more ({single_line(error)})") from error
        self._require_same()
        return data

    def _require_same(self) -> None:
        if self._now() != self._state:
            raise InputError(
                f"{called(self._path)}: it was changed after this command began to read it; run the command again"
            )

    def _now(self) -> tuple[int, int]:
        status = os.fstat(self._file)
        return status.st_size, status.st_mtime_ns


class _FromStart(io.RawIOBase):
    """Reads a file from its start, wherever others that share its descriptor stand."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        data = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _descriptor(file: BinaryIO) -> int:
    """A descriptor of the file itself, or of a copy of what is in no file of this kind; to be closed by the caller."""
    if isinstance(getattr(file, "raw", None), io.FileIO):
        return os.dup(file.fileno())
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy, _BUFFER)
        copy.flush()
        return os.dup(copy.fileno())
