"""The store: one SQLite file in a folder."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType

from coderm_eval.core.errors import InputError
from coderm_eval.core.store.blocks import SqliteVerdictTable
from coderm_eval.core.store.database import Database
from coderm_eval.core.store.earlier import earlier_files
from coderm_eval.core.store.tables import SqliteTable

__all__ = ["FILE", "SqliteStore", "no_store", "require_converted"]

FILE = "store.sqlite3"


def require_converted(folder: Path) -> None:
    """Refuse a store of an earlier version, also one whose conversion was stopped.

    Raises:
        InputError: says how it is converted.
    """
    if earlier_files(folder):
        raise InputError(f"{folder}: a store of an earlier version; run `coderm-eval store convert {folder}` once")


def no_store(folder: Path) -> InputError:
    """What is said where a folder holds no store, as where a run directory is named in place of its store."""
    of_run = folder / "store"
    is_run = (of_run / FILE).exists() or earlier_files(of_run)
    name = str(of_run) if is_run else "the folder `store` of a run, or the one that --store named"
    return InputError(f"{folder}: no store is there; name {name}")


class SqliteStore:
    """The tables in `folder`.

    >>> with SqliteStore(Path("run/store")) as store:
    ...     table = store.table("grades")
    ...     if key not in table:
    ...         table.add_all({key: {"base": "pass"}})
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        require_converted(folder)
        self._path = folder / FILE
        self._read_only = read_only
        self._lock = threading.Lock()
        self._database: Database | None = None

    def table(self, kind: str) -> SqliteTable:
        return SqliteTable(self._opened(), kind)

    def verdicts(self) -> SqliteVerdictTable:
        return SqliteVerdictTable(self._opened())

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._database.close()

    def _opened(self) -> Database:
        """The database, made with its first table, so that a run that is refused leaves nothing."""
        with self._lock:
            if self._database is None:
                self._database = Database(self._path, read_only=self._read_only)
            return self._database
