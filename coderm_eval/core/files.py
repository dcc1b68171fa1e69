"""Files that are written whole or not at all: JSON, JSON lines and CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import OutputError

__all__ = [
    "csv_text",
    "file_sha256",
    "json_text",
    "jsonl_text",
    "not_written",
    "write_atomically",
    "write_csv",
    "write_json",
    "write_jsonl",
    "write_text",
]

log = logging.getLogger(__name__)


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the file, and put that in its place; a pipe or device, such as /dev/stdout, is written as it is.

    Raises:
        OutputError: it cannot be written; nothing is left behind.
    """
    log.debug("%s: %d bytes are written", path, len(content))
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)), content)  # what a link names is written, and the link stays
    except BrokenPipeError:
        raise  # whoever reads it wants no more
    except OSError as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: OSError) -> OutputError:
    """The error for a file that the system would not write, as on a full disk."""
    return OutputError(
        f"{path}: cannot be written ({error.strerror}); what is stored stays: mend that, and run the same command again"
    )


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name[:100]}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_text(path, json_text(content))


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    write_text(path, jsonl_text(rows))


def json_text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def jsonl_text(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """The keys of the first row are the header."""
    write_text(path, csv_text(rows))


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV; the keys of the first row are the header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def file_sha256(path: Path) -> str:
    """64 hex digits, as sha256sum prints them."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_text(path: Path, text: str) -> None:
    write_atomically(path, text.encode())
