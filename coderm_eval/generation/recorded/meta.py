"""`samples.jsonl.meta.json`: beside a file of candidates or tests that this project wrote, who wrote its lines."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coderm_eval.core.files import file_sha256, write_json

__all__ = ["meta_path", "read_meta", "write_meta"]

log = logging.getLogger(__name__)


def meta_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.meta.json")


def write_meta(path: Path, role: str, origin: Mapping[str, Any]) -> None:
    """Note beside a file, but not beside a pipe or device, what plays the `role` that wrote it."""
    if path.is_file():
        write_json(meta_path(path), {"sha256": file_sha256(path), role: origin})


def read_meta(path: Path, role: str) -> dict[str, Any]:
    """What is noted beside the file, its sampling beside the rest; empty, with a warning, where that is of another."""
    beside = meta_path(path)
    if not (path.is_file() and beside.is_file()):
        return {}
    try:
        found = json.loads(beside.read_text(encoding="utf-8"))
        origin = {**found[role], **found[role]["sampling"]}
        if found["sha256"] == file_sha256(path):
            return {key: value for key, value in origin.items() if isinstance(value, (str, int, float))}
        why = f"{path} was changed after it was written"
    except (OSError, ValueError, KeyError, TypeError):
        why = "it is not what coderm-eval writes"
    log.warning("%s is not used: %s", beside, why)
    return {}
