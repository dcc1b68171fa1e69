"""The lines of several run directories in the order that one run of all their problems would have written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from coderm_eval.core.errors import InputError

__all__ = ["merged_lines", "merged_tasks", "read_lines"]

_BEGINNING = '{"task_id": '
"""Of each line of each file: the rest of a line, which may be long, need not be parsed."""
_CHUNK = 1 << 16


def merged_tasks(paths: Sequence[Path], unit: int) -> Iterator[bytes]:
    """Deal the lines of the files out again: `unit` of the first one, `unit` of the second one, and so forth.

    Args:
        paths: files with one line for each task.
        unit: so many neighbours are in one file.
    """
    files = [read_lines(path) for path in paths]
    while True:
        taken = 0
        for lines in files:
            for _, line in zip(range(unit), lines, strict=False):
                taken += 1
                yield line
        if not taken:
            return


def merged_lines(paths: Sequence[Path], tasks: Iterable[str], place: Callable[[int], int]) -> Iterator[bytes]:
    """The lines of all tasks, of which each has any number.

    Args:
        paths: files of lines that begin with a task's id; one that does not exist is empty.
        tasks: in the order of the lines.
        place: the number of the file that has a task, by the task's place.

    Raises:
        InputError: a file has lines of other tasks, or in another order.
    """
    files = [_Tasks(path) for path in paths]
    for number, task in enumerate(tasks):
        yield from files[place(number)].take(task)
    for file in files:
        file.require_end()


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, if it exists. It is open only while some are read: a thousand files are none too many.

    Raises:
        InputError: it cannot be read.
    """
    offset = 0
    while path.exists():
        try:
            with path.open("rb") as file:
                file.seek(offset)
                lines = file.readlines(_CHUNK)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error
        if not lines:
            return
        offset += sum(map(len, lines))
        yield from lines


class _Tasks:
    """A file of lines, task by task."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = read_lines(path)
        self._next = next(self._lines, None)

    def take(self, task: str) -> Iterator[bytes]:
        """Read the lines that come next, as far as they are of this task."""
        while self._next is not None and self._task(self._next) == task:
            yield self._next
            self._next = next(self._lines, None)

    def require_end(self) -> None:
        if self._next is not None:
            raise InputError(
                f"{self._path}: its lines of {self._task(self._next)} are not where its tally.jsonl has it"
            )

    def _task(self, line: bytes) -> str:
        text = line.decode()
        if not text.startswith(_BEGINNING):
            raise InputError(f"{self._path}: not what `coderm-eval rerank` wrote: {text[:60]!r}; run it again")
        return str(json.JSONDecoder().raw_decode(text, len(_BEGINNING))[0])
