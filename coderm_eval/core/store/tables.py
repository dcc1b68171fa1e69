"""Rows of one kind, each a JSON text under its key, in a table of the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

from coderm_eval.core.store.base import Row
from coderm_eval.core.store.database import Database

__all__ = ["SqliteTable", "batches"]

T = TypeVar("T")

_AT_ONCE = 500
"""Keys of one query; SQLite takes 999 at least."""


class SqliteTable:
    """The table `kind`."""

    def __init__(self, database: Database, kind: str) -> None:
        self._database = database
        self._kind = f'"{kind}"'
        database.create(f'CREATE TABLE IF NOT EXISTS "{kind}" (key BLOB PRIMARY KEY, row TEXT NOT NULL)')

    def __contains__(self, key: object) -> bool:
        query = f"SELECT 1 FROM {self._kind} WHERE key = ?"
        return isinstance(key, str) and bool(self._database.rows(query, (_bytes(key),)))

    def __len__(self) -> int:
        return int(self._database.rows(f"SELECT count(*) FROM {self._kind}")[0][0])

    def get_many(self, keys: Iterable[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for part in batches(keys):
            wanted = [_bytes(key) for key in part]
            query = f"SELECT key, row FROM {self._kind} WHERE key IN ({','.join('?' * len(part))})"
            rows = dict(self._database.rows(query, wanted))
            found |= {key: json.loads(rows[name]) for key, name in zip(part, wanted, strict=True) if name in rows}
        return found

    def add_all(self, rows: Mapping[str, Row]) -> None:
        lines = [(_bytes(key), json.dumps(dict(row), separators=(",", ":"))) for key, row in rows.items()]
        if lines:
            with self._database.writing() as connection:
                connection.executemany(f"INSERT OR IGNORE INTO {self._kind} VALUES (?, ?)", lines)


def batches(items: Iterable[T], most: int = _AT_ONCE) -> Iterator[list[T]]:
    """The items in lists of `most`; by default as many as one query takes."""
    items = iter(items)
    while batch := list(islice(items, most)):
        yield batch


def _bytes(key: str) -> bytes:
    """The key as it is stored: any text, also one that is no Unicode."""
    return key.encode("utf-8", "surrogatepass")
