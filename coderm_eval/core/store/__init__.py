"""What was expensive to compute, kept: one table for each kind of row."""

from coderm_eval.core.store.jsonl import Store, Table, read_rows

__all__ = ["Store", "Table", "read_rows"]
