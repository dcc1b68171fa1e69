"""One SQLite file as the store uses it: rows are read, and written all or none, from any thread.

SQLite, because it is in Python's standard library, loads nothing at the start, takes many processes at once and
survives being killed at any moment. With a write-ahead log a commit costs no fsync: a machine that loses its power
may lose the last commits, and never a part of one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from coderm_eval.core.store.opening import explained, open_file, unusable

__all__ = ["Database"]

_AT_ONCE = 500


class Database:
    """The file at `path`. A missing one is made, or stays missing and is empty if it is only read."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        with self._sentences():
            self._connection = open_file(path, read_only=read_only)

    def create(self, *statements: str) -> None:
        """Make tables and indices "IF NOT EXISTS"; those that a file lacks which is only read, in memory."""
        if self.read_only:
            known = {name for (name,) in self.rows("SELECT name FROM sqlite_master")}
            statements = tuple(
                s.replace("CREATE TABLE", "CREATE TEMP TABLE")
                for s in statements
                if s.startswith("CREATE TABLE") and s.split('"')[1] not in known
            )
        for statement in statements:
            self.rows(statement)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows that a query gives.

        Raises:
            RuntimeError: the file is closed.
            InputError: it is damaged.
        """
        with self._lock, self._sentences():
            return self._opened().execute(query, values).fetchall()

    def stream(self, query: str) -> Iterator[list[Any]]:
        """All rows that a query gives, some hundred at a time."""
        with self._lock, self._sentences():
            cursor = self._opened().execute(query)
        while True:
            with self._lock, self._sentences():
                rows = cursor.fetchmany(_AT_ONCE)
            if not rows:
                return
            yield rows

    @property
    def written(self) -> int:
        """Rows that were written since it was opened here."""
        return self._opened().total_changes

    def settle(self) -> None:
        """Copy the log into the file, with an fsync: what is there survives a loss of power, too."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """What is written in the block is kept at its end: all of it, or none after an error.

        Raises:
            RuntimeError: the file is closed, or only read.
            OutputError: it cannot be written, or another process has been writing for a minute.
        """
        if self.read_only:
            raise RuntimeError(f"{self.path} is only read: nothing can be added to it")
        with self._lock, self._sentences():
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk may have ended it already
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError(f"{self.path} is closed: nothing can be read from it or added to it any more")
        return self._connection

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explained(self.path, error) from error
        except OSError as error:
            raise unusable(self.path.parent, error.strerror) from error
