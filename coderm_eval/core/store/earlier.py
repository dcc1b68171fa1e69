"""Stores of an earlier version: JSON-lines files, one a table, which `coderm-eval store convert` reads once.

A row is a line `{"k": KEY, ...}`. A killed process may have left a line torn, and the first of two rows with one key
counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["earlier_files", "earlier_rows"]

_ROW = b'{"k":"'
"""The beginning of every file that has a row."""


def earlier_files(folder: Path) -> list[Path]:
    """The files of an earlier version's store in the folder, by name; none where there is no folder."""
    return [path for path in sorted(folder.glob("*.jsonl")) if _is_ours(path)]


def earlier_rows(path: Path) -> Iterator[tuple[int, tuple[str, dict[str, Any]] | None]]:
    """Yield the bytes of each line, and its key and row; None for a line that is no row."""
    with path.open("rb") as lines:
        for line in lines:
            yield len(line), _row(line)


def _row(line: bytes) -> tuple[str, dict[str, Any]] | None:
    with suppress(ValueError, RecursionError):
        row = json.loads(line)
        if isinstance(row, dict) and isinstance(row.get("k"), str):
            return row.pop("k"), row
    return None


def _is_ours(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(_ROW)) == _ROW
    return False
