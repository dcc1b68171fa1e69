"""Keeps whatever was expensive to compute: answers, executions, grades. One table for each kind of row.

Each row has a key made of everything that affects it, so that a changed setting never meets an old row.
"""

from pathlib import Path

from coderm_eval.core.store.base import Row, Store, Table
from coderm_eval.core.store.jsonl import JsonLinesStore

__all__ = ["Row", "Store", "Table", "open_store"]


def open_store(folder: Path, *, read_only: bool = False) -> Store:
    """The store in `folder`, which is made with its first table, unless it is only read; close it with `with`."""
    return JsonLinesStore(folder, read_only=read_only)
