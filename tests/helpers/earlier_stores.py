"""Stores as an earlier version wrote them: JSON lines, a row a cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["write_earlier"]


def write_earlier(folder: Path, **tables: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write the tables by kind, each its rows by key, after what is there; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, rows in tables.items():
        with (folder / f"{kind}.jsonl").open("a") as file:
            file.writelines(json.dumps({"k": key, **row}, separators=(",", ":")) + "\n" for key, row in rows.items())
    return folder
