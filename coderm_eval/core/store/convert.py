"""The store of an earlier version as one of this version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from coderm_eval.core.files import not_written
from coderm_eval.core.progress import gauge
from coderm_eval.core.records import Verdict
from coderm_eval.core.store.blocks import ADD_CELL, SqliteVerdictTable
from coderm_eval.core.store.database import Database
from coderm_eval.core.store.earlier import earlier_files, earlier_rows
from coderm_eval.core.store.sqlite import FILE, no_store
from coderm_eval.core.store.tables import SqliteTable, batches

__all__ = ["Converted", "convert_store"]

_OF_CELLS = ("verdicts", "probes")
"""Kinds whose rows were verdicts, one a cell."""

_AT_ONCE = 10_000
"""Rows of one commit."""

_VERDICT_OF_CODE = {verdict.code: int(verdict) for verdict in Verdict}

_Row = tuple[str, dict[str, Any]]
_Cell = tuple[bytes, int, float, int]
Key = TypeVar("Key")
Value = TypeVar("Value")


class Converted(NamedTuple):
    """What has become of the lines of an earlier version's store."""

    written: dict[str, int]
    """Rows by kind; none where everything was converted before."""
    known: int
    """Rows whose key was there already, from the same files or from a conversion that was killed."""
    unreadable: int
    """Lines that are torn, or no rows of that version."""


def convert_store(folder: Path) -> Converted:
    """Read the JSON-lines files of an earlier version into the folder's store; each is renamed once that is done.

    Killed at any moment, it goes on where it was: rows that are there already are passed over.

    Raises:
        InputError: no store is there.
        OutputError: it cannot be written.
    """
    files = earlier_files(folder)
    if not files and not (folder / FILE).exists():
        raise no_store(folder)
    if not files:
        return Converted({}, 0, 0)
    with closing(Database(folder / FILE)) as database:
        return _convert(files, database)


def _convert(files: Sequence[Path], database: Database) -> Converted:
    bytes_read = lines = readable = 0
    written: dict[str, int] = {}
    with gauge(sum(path.stat().st_size for path in files), "converting", "bytes") as show:
        for path in files:
            before = database.written
            for batch in batches(earlier_rows(path), _AT_ONCE):
                lines += len(batch)
                readable += _add(database, path.stem, [row for _, row in batch if row])
                bytes_read += sum(length for length, _ in batch)
                show(bytes_read, path.name)
            written[path.stem] = database.written - before
            _finish(database, path)
    return Converted(written, readable - sum(written.values()), lines - readable)


def _add(database: Database, kind: str, rows: Sequence[_Row]) -> int:
    """Add those that are not there yet; returns how many are rows of that kind."""
    if kind not in _OF_CELLS:
        SqliteTable(database, kind).add_all(_first(rows))
        return len(rows)
    SqliteVerdictTable(database)
    cells = [cell for key, row in rows if (cell := _cell(key, row))]
    with database.writing() as connection:
        connection.executemany(ADD_CELL, sorted(_first((cell[0], cell) for cell in cells).values()))
    return len(cells)


def _cell(key: str, row: dict[str, Any]) -> _Cell | None:
    """A verdict; None for a row that lacks something, of a version that had other keys."""
    with suppress(KeyError, TypeError, ValueError):
        return bytes.fromhex(key), _VERDICT_OF_CODE[row["v"]], row["s"], row["o"]
    return None


def _first(rows: Iterable[tuple[Key, Value]]) -> dict[Key, Value]:
    first: dict[Key, Value] = {}
    for key, row in rows:
        first.setdefault(key, row)
    return first


def _finish(database: Database, path: Path) -> None:
    """Rename the file, not before its rows would survive a loss of power."""
    database.settle()
    try:
        path.rename(path.with_name(f"{path.name}.converted"))
    except OSError as error:
        raise not_written(path, error) from error
