"""A store of JSON-lines files, one a table; rows are only ever appended.

A row is written with one system call and counts once it is whole: a process that is killed at any moment loses at most
the rows it was writing, which are then computed again. All rows are held in memory, about 360 bytes a verdict.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from coderm_eval.core.errors import InputError, OutputError
from coderm_eval.core.files import not_written
from coderm_eval.core.store.base import Row

__all__ = ["JsonLinesStore"]

log = logging.getLogger(__name__)

_ROW = b'{"k":"'
"""The beginning of every row."""


class JsonLinesStore:
    """The tables under `folder`.

    >>> with JsonLinesStore(Path("run/store")) as store:
    ...     table = store.table("verdicts")
    ...     if key not in table:
    ...         table.add_all({key: {"v": "P"}})
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self._tables: dict[str, _Table] = {}

    def table(self, kind: str) -> _Table:
        if kind not in self._tables:
            if not self._read_only:
                _make(self._folder)
            self._tables[kind] = _Table(self._folder / f"{kind}.jsonl", read_only=self._read_only)
        return self._tables[kind]

    def __enter__(self) -> JsonLinesStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for table in self._tables.values():
            table.close()


class _Table:
    """The rows of one file."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        """None where nothing can be added, or no more."""
        self._rows: dict[str, Row] = {}
        try:
            _require_ours(path)
            for key, row in _complete_rows(path):
                self._rows.setdefault(key, row)
            log.debug("%s: %d rows", path, len(self._rows))
            if not read_only:
                self._open()
        except OSError as error:
            raise _unusable(path, error) from error

    def _open(self) -> None:
        """Open the file for what is added, and fence off a line that a killed process left unfinished."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            self._append(self._descriptor, b"\n")

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def get_many(self, keys: Iterable[str]) -> dict[str, Row]:
        return {key: self._rows[key] for key in keys if key in self._rows}

    def add_all(self, rows: Mapping[str, Row]) -> None:
        """Append those whose key is not there, in one write.

        Raises:
            RuntimeError: the table is closed, as where a thread goes on after the run that it worked for.
            OutputError: they cannot be written, as on a full disk; what was written before stays.
        """
        with self._lock:
            if self._descriptor is None:
                raise RuntimeError(f"{self._path} is closed: nothing can be added to it any more")
            new = {key: dict(row) for key, row in rows.items() if key not in self._rows}
            if new:
                self._append(self._descriptor, "".join(_line(key, row) for key, row in new.items()).encode())
            self._rows |= new

    def _append(self, descriptor: int, data: bytes) -> None:
        """Write all of it: a disk that fills up takes a part of it first, and refuses the rest."""
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        except OSError as error:
            raise not_written(self._path, error) from error

    def close(self) -> None:
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
            self._descriptor = None


def _make(folder: Path) -> None:
    """Make the folder if it is not there; not before there is a table, so that a run that is refused leaves nothing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error


def _line(key: str, row: dict[str, Any]) -> str:
    return json.dumps({"k": key, **row}, ensure_ascii=True, separators=(",", ":")) + "\n"


def _require_ours(path: Path) -> None:
    """Refuse a file that no store wrote, as where the store's folder is that of the user's own files.

    Raises:
        InputError: it does not begin as a row does, torn or not.
    """
    if path.exists():
        with path.open("rb") as file:
            beginning = file.read(len(_ROW))
        if not _ROW.startswith(beginning):
            raise InputError(f"{path}: not written by this version's store; give another --store (store), or move it")


def _unusable(path: Path, error: OSError) -> OutputError:
    return OutputError(f"the store {path} cannot be used ({error.strerror}); give another --store (store)")


def _complete_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """The keys and rows of a file; a torn or foreign line is passed over, a missing file is empty."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict) and isinstance(row.get("k"), str):
                yield row.pop("k"), row
