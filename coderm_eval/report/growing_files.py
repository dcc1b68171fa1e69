"""Files of lines that grow, some problems at a time, and are put in place when all are there.

A run that is killed goes on after the last problems that were written whole: `progress.json` says how long each file
was then, and what it wrote after that is cut off.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from coderm_eval.core.files import jsonl_text, not_written, write_json

__all__ = ["GrowingFiles"]

_PROGRESS = "progress.json"


class GrowingFiles:
    """The files, in a folder of their own until they are finished.

    Args:
        folder: where they grow.
        key: tells what is written from all else; what another key left there is thrown away.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._key = key
        self._sizes: dict[str, int] = {}
        self.noted: Mapping[str, Any] = {}
        """What the last `append` noted; empty where nothing was appended."""
        self._go_on()

    def _go_on(self) -> None:
        """Cut off what was not written whole; throw all away if it is another's, or shorter than was noted."""
        try:
            progress = json.loads((self._folder / _PROGRESS).read_bytes())
            sizes = {str(name): int(size) for name, size in progress["sizes"].items()}
            usable = progress["key"] == self._key and all(
                (self._folder / name).stat().st_size >= size for name, size in sizes.items()
            )
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            usable = False
        if usable:
            for name, size in sizes.items():
                os.truncate(self._folder / name, size)
            self._sizes, self.noted = sizes, progress["noted"]
        else:
            self.discard()

    @property
    def names(self) -> Collection[str]:
        """The files that there are."""
        return self._sizes.keys()

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The lines of a file so far."""
        if name in self._sizes:
            with (self._folder / name).open("rb") as file:
                yield from map(json.loads, file)

    def append(self, lines: Mapping[str, Iterable[Mapping[str, Any]]], note: Mapping[str, Any]) -> None:
        """Append lines to files, by name: to all of them, or to none if the process is killed.

        Raises:
            OutputError: they cannot be written, as on a full disk.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, rows in lines.items():
                self._sizes[name] = self._append(self._folder / name, jsonl_text(rows).encode())
        except OSError as error:
            raise not_written(self._folder, error) from error
        write_json(self._folder / _PROGRESS, {"key": self._key, "sizes": self._sizes, "noted": note})
        self.noted = note

    def _append(self, path: Path, data: bytes) -> int:
        with path.open("ab") as file:
            file.truncate(self._sizes.get(path.name, 0))  # of an attempt that failed
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # before progress.json says that it is there
            return file.tell()

    def finish(self, into: Path) -> None:
        """Put all files in place.

        Raises:
            OutputError: one cannot be put there.
        """
        for name in self._sizes:
            try:
                (self._folder / name).replace(os.path.realpath(into / name))  # what a link names is replaced
            except OSError as error:
                raise not_written(into / name, error) from error
        self.discard()

    def discard(self) -> None:
        """Throw away what there is."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._sizes, self.noted = {}, {}
