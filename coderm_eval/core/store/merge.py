"""Several stores as one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from coderm_eval.core.progress import gauge
from coderm_eval.core.store.blocks import ADD_BLOCK, ADD_CELL, BLOCKS, CELLS, SqliteVerdictTable
from coderm_eval.core.store.database import Database
from coderm_eval.core.store.sqlite import FILE, no_store, require_converted
from coderm_eval.core.store.tables import SqliteTable

__all__ = ["merge_stores"]

_ADD = {BLOCKS: ADD_BLOCK, CELLS: ADD_CELL}


def merge_stores(sources: Sequence[Path], into: Path) -> int:
    """Add to the store `into`, which is made if it is missing, what the stores `sources` have and it has not.

    Of two rows with one key the first counts, in the order of `sources`. Killed at any moment, it goes on when it is
    repeated; what is there already is passed over.

    Returns:
        The rows and blocks that were added.

    Raises:
        InputError: a source is no store; then nothing is written.
        OutputError: `into` cannot be written.
    """
    with ExitStack() as opened:
        read = [opened.enter_context(closing(_to_read(folder))) for folder in sources]
        require_converted(into)
        target = opened.enter_context(closing(Database(into / FILE)))
        SqliteVerdictTable(target)
        tables = [(source, table, count) for source in read for table, count in _tables(source).items()]
        done = added = 0
        with gauge(sum(count for _, _, count in tables), f"merging into {into}", "rows") as show:
            for source, table, count in tables:
                added += _copy(source, table, target)
                done += count
                show(done, str(source.path.parent))
    return added


def _to_read(folder: Path) -> Database:
    require_converted(folder)
    if not (folder / FILE).exists():
        raise no_store(folder)
    return Database(folder / FILE, read_only=True)


def _tables(database: Database) -> dict[str, int]:
    """The names of the tables, and their numbers of rows."""
    names = [name for (name,) in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: database.rows(f'SELECT count(*) FROM "{name}"')[0][0] for name in names}


def _copy(source: Database, table: str, target: Database) -> int:
    """Copy the rows in the order in which they came; return how many were new."""
    if table not in _ADD:
        SqliteTable(target, table)
    query = _ADD.get(table, f'INSERT OR IGNORE INTO "{table}" VALUES (?, ?)')
    order = "key" if table == CELLS else "rowid"
    added = 0
    for rows in source.stream(f'SELECT * FROM "{table}" ORDER BY {order}'):
        with target.writing() as connection:
            added += connection.executemany(query, rows).rowcount
    return added
