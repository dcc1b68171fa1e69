"""An append-only store of everything that was expensive: answers, executions, grades.

One JSON-lines file per kind of row; each row has a key `k` made of everything that affects it, so that a
changed setting never meets an old row. A row is written with one system call and counts once it is
whole: a process killed at any moment loses at most the row it was writing, which is then owed again.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Store", "read_rows"]

Row = dict[str, Any]


class Store:
    """The rows under `folder`, by kind and key.

    >>> with Store(Path("run/store")) as store:
    ...     table = store.table("verdicts")
    ...     if key not in table:
    ...         table.add(key, {"v": "P"})
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tables: dict[str, Table] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def table(self, kind: str) -> Table:
        if kind not in self._tables:
            self._tables[kind] = Table(self.folder / f"{kind}.jsonl")
        return self._tables[kind]

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for table in self._tables.values():
            table.close()


class Table:
    """Rows of one kind; of two rows with one key the first counts. Any thread may add some."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._closed = False
        self._rows: dict[str, Row] = {}
        for row in read_rows(path):
            self._rows.setdefault(row.pop("k"), row)
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")  # fence off a line that a killed process left unfinished

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def get(self, key: str) -> Row:
        """The row under `key`; an empty one if there is none."""
        return self._rows.get(key, {})

    def add(self, key: str, row: Mapping[str, Any]) -> None:
        """Append a row, unless its key is there already."""
        self.add_all({key: row})

    def add_all(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Append those whose key is not there, in one write: a process that is killed has stored all or none.

        Raises:
            RuntimeError: the table is closed, as where a thread goes on after the run that it worked for.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError(f"{self._path} is closed: nothing can be added to it any more")
            new = {key: dict(row) for key, row in rows.items() if key not in self._rows}
            if new:
                os.write(self._descriptor, "".join(_line(key, row) for key, row in new.items()).encode())
            self._rows |= new

    def close(self) -> None:
        with self._lock:
            self._closed = True
            os.close(self._descriptor)


def _line(key: str, row: Row) -> str:
    return json.dumps({"k": key, **row}, ensure_ascii=True, separators=(",", ":")) + "\n"


def read_rows(path: Path) -> Iterator[Row]:
    """The complete rows of a store file; a torn or foreign line is passed over, a missing file is empty."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict) and isinstance(row.get("k"), str):
                yield row
