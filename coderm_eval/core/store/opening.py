"""Opening the store's SQLite file, and what may go wrong with it, in one sentence."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

from coderm_eval.core.errors import CodermError, InputError, OutputError
from coderm_eval.core.files import not_written

__all__ = ["explained", "open_file", "unusable"]

_APPLICATION = 0x63646D73
"""In the header of every store's file: "cdms"."""

_VERSION = 1
"""Of the tables and of what is in them."""

_BUSY_S = 60
"""The longest wait for another process: one writes for milliseconds, and copies its log into the file for seconds."""

_CACHE_KIB = 8192

_PAGE = 8192
"""Bytes; a block of 20 x 20 takes 2.2 KB, and of pages of 4 KB it would leave half empty."""

_OURS_TO_MEND = (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError, sqlite3.IntegrityError)

_ANOTHER = "give another --store (store)"


def open_file(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open the file, which any thread may use. A missing one is made, or stays missing and is empty if it is only read.

    Raises:
        InputError: it is no store of this version.
        OSError, sqlite3.Error: it cannot be made or opened.
    """
    if not path.exists():
        if read_only:
            return _connect(":memory:")
        _make(path)
    connection = _connect(f"{path.absolute().as_uri()}?{_mode(path, read_only=read_only)}")
    try:
        _require_ours(path, connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


def explained(path: Path, error: sqlite3.Error) -> Exception:
    """The sentence for an error of SQLite; a mistake of this package stays as it is."""
    words = str(error)
    if isinstance(error, _OURS_TO_MEND):
        return error
    if "is full" in words:
        return not_written(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    if "I/O error" in words or "readonly" in words:
        return not_written(path, OSError(errno.EIO, words))
    if "locked" in words:
        return OutputError(
            f"{path}: another process has been writing to it for {_BUSY_S} s; wait for its end, and run the same "
            "command again"
        )
    if "unable to open" in words or "locking protocol" in words:
        return unusable(path, words)
    return InputError(f"{path}: damaged, or no store ({words}); move it, or put a copy in its place")


def unusable(path: Path, reason: str | None) -> CodermError:
    return OutputError(f"the store {path} cannot be used ({reason}); {_ANOTHER}")


def _connect(name: str) -> sqlite3.Connection:
    return sqlite3.connect(name, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, uri=True)


def _mode(path: Path, *, read_only: bool) -> str:
    """The parameters of the URI. A log is read and copied by whoever may write; else it is read with the file, and
    without one nobody writes."""
    if not read_only or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return "mode=rw"
    log = path.with_name(f"{path.name}-wal")
    return "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"


def _make(path: Path) -> None:
    """Write an empty store beside the place, and put it there in one step: no other process sees half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        try:
            _write_empty(beside, "WAL")
        except sqlite3.OperationalError:  # no memory can be shared there, as on some network file systems
            _remove(beside)
            _write_empty(beside, "DELETE")
        with suppress(FileExistsError):  # of another process that began at the same time
            os.link(beside, path)
    finally:
        _remove(beside)


def _write_empty(path: Path, journal: str) -> None:
    with closing(_connect(path.absolute().as_uri())) as connection:
        connection.execute(f"PRAGMA page_size = {_PAGE}")
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink()


def _require_ours(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse what no store wrote.

    Raises:
        InputError: the file is another program's, or of a later version of this one.
    """
    ((application,),) = connection.execute("PRAGMA application_id")
    ((version,),) = connection.execute("PRAGMA user_version")
    if application != _APPLICATION:
        raise InputError(f"{path}: not written by a store; {_ANOTHER}, or move it")
    if version != _VERSION:
        raise InputError(f"{path}: written by another version of coderm-eval; {_ANOTHER}, or use that version")
