"""Verdicts in the database: a row a block, found by its problem; and the single cells of an earlier version's store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Verdicts
from coderm_eval.core.store.database import Database
from coderm_eval.core.store.packing import pack, unpack
from coderm_eval.core.store.tables import batches

__all__ = ["ADD_BLOCK", "ADD_CELL", "BLOCKS", "CELLS", "SqliteVerdictTable"]

BLOCKS, CELLS = "verdict_blocks", "verdict_cells"

_TABLES = (
    f'CREATE TABLE IF NOT EXISTS "{BLOCKS}" (key BLOB NOT NULL, programs BLOB NOT NULL, tests BLOB NOT NULL, '
    "verdicts BLOB NOT NULL)",
    f'CREATE INDEX IF NOT EXISTS "{BLOCKS} by key" ON {BLOCKS} (key)',
    f'CREATE TABLE IF NOT EXISTS "{CELLS}" (key BLOB PRIMARY KEY, verdict INTEGER NOT NULL, cpu_seconds REAL NOT NULL, '
    "output INTEGER NOT NULL) WITHOUT ROWID",
)
_SAME = f"FROM {BLOCKS} WHERE key = ?1 AND programs = ?2 AND tests = ?3"

ADD_BLOCK = f"INSERT INTO {BLOCKS} SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 {_SAME})"
ADD_CELL = f"INSERT OR IGNORE INTO {CELLS} VALUES (?, ?, ?, ?)"
_DIGEST = 16

_Block = tuple[bytes, bytes, bytes]
"""Digests of the programs, of the tests, and the packed verdicts."""


class SqliteVerdictTable:
    """The two tables of verdicts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(*_TABLES)
        self.has_cells = bool(database.rows(f"SELECT 1 FROM {CELLS} LIMIT 1"))

    def read(self, key: str, programs: Sequence[bytes], tests: Sequence[bytes]) -> Verdicts | None:
        wanted = bytes.fromhex(key), b"".join(programs), b"".join(tests)
        same = self._database.rows(f"SELECT verdicts {_SAME} LIMIT 1", wanted)
        if same:
            return self._unpack(same[0][0], (len(programs), len(tests)))
        query = f"SELECT programs, tests, verdicts FROM {BLOCKS} WHERE key = ? ORDER BY rowid DESC"
        return self._gather(self._database.rows(query, wanted[:1]), programs, tests)

    def add(self, key: str, programs: Sequence[bytes], tests: Sequence[bytes], verdicts: Verdicts) -> None:
        rows = _first_places(programs, where=[bool(ran.all()) for ran in verdicts.ran])
        columns = _first_places(tests)
        if not rows or not columns:
            return
        names = bytes.fromhex(key), b"".join(programs[i] for i in rows), b"".join(tests[j] for j in columns)
        kept = Verdicts(*(cells[np.ix_(rows, columns)] for cells in _cells(verdicts)))
        with self._database.writing() as connection:
            connection.execute(ADD_BLOCK, (*names, pack(kept)))

    def read_cells(self, keys: Sequence[Sequence[str]]) -> Verdicts | None:
        shape = len(keys), len(keys[0]) if keys else 0
        names = list(chain.from_iterable(keys))
        found: dict[bytes, tuple[int, float, int]] = {}
        for part in batches(names):
            query = f"SELECT * FROM {CELLS} WHERE key IN ({','.join('?' * len(part))})"
            found |= {name: cell for name, *cell in self._database.rows(query, [bytes.fromhex(key) for key in part])}
        if len(found) < len(set(names)):
            return None
        columns = list(zip(*(found[bytes.fromhex(name)] for name in names), strict=True)) or [(), (), ()]
        types = (np.uint8, np.float64, np.int64)
        return Verdicts(*(np.array(c, dtype).reshape(shape) for c, dtype in zip(columns, types, strict=True)))

    def _gather(self, blocks: Iterable[_Block], programs: Sequence[bytes], tests: Sequence[bytes]) -> Verdicts | None:
        """The verdicts out of several blocks, the latest first: an earlier one takes its place."""
        found = Verdicts.not_run(len(programs), len(tests))
        for of_programs, of_tests, packed in blocks:
            row, column = _places(of_programs), _places(of_tests)
            to = [i for i, name in enumerate(programs) if name in row], [j for j, n in enumerate(tests) if n in column]
            if to[0] and to[1]:
                block = self._unpack(packed, (len(row), len(column)))
                at = np.ix_([row[programs[i]] for i in to[0]], [column[tests[j]] for j in to[1]])
                for cells, kept in zip(_cells(found), _cells(block), strict=True):
                    cells[np.ix_(*to)] = kept[at]
        return found if found.ran.all() else None

    def _unpack(self, packed: bytes, shape: tuple[int, int]) -> Verdicts:
        try:
            return unpack(packed, shape)
        except ValueError as error:
            raise InputError(
                f"{self._database.path}: damaged ({error}); move it, or put a copy in its place"
            ) from error


def _first_places(names: Sequence[bytes], where: Sequence[bool] | None = None) -> list[int]:
    """The first place of each name, among those that count."""
    counted = enumerate(names) if where is None else ((i, n) for i, n in enumerate(names) if where[i])
    places: dict[bytes, int] = {}
    for place, name in counted:
        places.setdefault(name, place)
    return list(places.values())


def _places(names: bytes) -> dict[bytes, int]:
    return {names[start : start + _DIGEST]: start // _DIGEST for start in range(0, len(names), _DIGEST)}


def _cells(verdicts: Verdicts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return verdicts.matrix, verdicts.cpu_seconds, verdicts.outputs
