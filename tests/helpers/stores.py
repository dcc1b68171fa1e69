"""What is in a store, read past the code that is tested, also while another process writes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

__all__ = ["everything", "stored", "verdicts_stored"]


@contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    path = folder / "store.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro" if path.exists() else ":memory:", uri=True)) as connection:
        yield connection


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def stored(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The rows of a kind, in the order in which they came."""
    with _opened(folder) as connection:
        if kind not in _tables(connection):
            return []
        return [json.loads(row) for (row,) in connection.execute(f'SELECT row FROM "{kind}" ORDER BY rowid')]


def everything(folder: Path) -> set[tuple[Any, ...]]:
    """All rows of all tables, each behind the table's name."""
    with _opened(folder) as connection:
        return {
            (table, *row) for table in _tables(connection) for row in connection.execute(f'SELECT * FROM "{table}"')
        }


def verdicts_stored(folder: Path) -> int:
    """How many programs were run on tests, test by test."""
    with _opened(folder) as connection:
        tables = _tables(connection)
        blocks = "SELECT total(length(programs) / 16 * length(tests) / 16) FROM verdict_blocks"
        found = connection.execute(blocks).fetchone()[0] if "verdict_blocks" in tables else 0
    return int(found)
