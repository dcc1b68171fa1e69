"""Keeps whatever was expensive to compute: answers, executions, grades. One table for each kind of row.

Each row has a key made of everything that affects it, so that a changed setting never meets an old row.
"""

from pathlib import Path

from coderm_eval.core.store.base import Row, Store, Table, VerdictTable
from coderm_eval.core.store.convert import convert_store
from coderm_eval.core.store.earlier import earlier_files
from coderm_eval.core.store.merge import merge_stores
from coderm_eval.core.store.sqlite import SqliteStore

__all__ = ["Row", "Store", "Table", "VerdictTable", "convert_store", "earlier_files", "merge_stores", "open_store"]


def open_store(folder: Path, *, read_only: bool = False) -> Store:
    """The store in `folder`, which is made with its first table, unless it is only read; close it with `with`.

    Raises:
        InputError: a store of an earlier version is there.
    """
    return SqliteStore(folder, read_only=read_only)
