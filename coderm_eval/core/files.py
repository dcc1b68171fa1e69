"""Files that are written whole or not at all: JSON, JSON lines and CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from coderm_eval.core.errors import OutputError

__all__ = [
    "csv_text",
    "file_sha256",
    "json_text",
    "jsonl_text",
    "not_written",
    "stream_sha256",
    "write_atomically",
    "write_csv",
    "write_json",
    "write_jsonl",
    "write_parts",
    "write_text",
]

_PART = 2**20
"""Bytes of a file that are in memory at a time."""

_BESIDE = re.compile(r"(\..+)\.([0-9]{1,9})")
"""The name of a file that is being written: that of what it becomes, and the id of the process."""

log = logging.getLogger(__name__)


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the file, and put that in its place; a pipe or device, such as /dev/stdout, is written as it is.

    Raises:
        OutputError: it cannot be written; nothing is left behind.
    """
    log.debug("%s: %d bytes are written", path, len(content))
    write_parts(path, [content])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """As `write_atomically`, of content that comes in parts."""
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                file.writelines(parts)
        else:
            _replace(Path(os.path.realpath(path)), parts)  # what a link names is written, and the link stays
    except BrokenPipeError:
        raise  # whoever reads it wants no more
    except OSError as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: OSError) -> OutputError:
    """The error for a file that the system would not write, as on a full disk."""
    return OutputError(
        f"{path}: cannot be written ({error.strerror}); what is stored stays: mend that, and run the same command again"
    )


def _replace(path: Path, parts: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = f".{path.name[:100]}"
    beside = path.with_name(f"{hidden}.{os.getpid()}")
    for process in _begun_in(path.parent).get(hidden, []):
        if not _is_running(process):  # it was killed
            path.with_name(f"{hidden}.{process}").unlink(missing_ok=True)
    try:
        with beside.open("wb") as file:
            file.writelines(parts)
        beside.replace(path)
    except BaseException:  # also of who makes the parts
        with suppress(OSError):
            beside.unlink()
        raise


@lru_cache(maxsize=16)
def _begun_in(folder: Path) -> Mapping[str, Sequence[int]]:
    """The processes that began to write files in the folder, by the hidden names of these, when it was first asked."""
    found: dict[str, list[int]] = {}
    for path in folder.iterdir():
        if begun := _BESIDE.fullmatch(path.name):
            found.setdefault(begun[1], []).append(int(begun[2]))
    return found


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # another user's
    return True


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_text(path, json_text(content))


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """As `write_atomically`, one row at a time."""
    log.debug("%s is written", path)
    write_parts(path, (line.encode() for line in _json_lines(rows)))


def json_text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def jsonl_text(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(_json_lines(rows))


def _json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (json.dumps(row, allow_nan=False) + "\n" for row in rows)


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
    with path.open("rb") as file:
        return stream_sha256(file)


def stream_sha256(file: BinaryIO) -> str:
    """As `file_sha256`, of what is left to read of an open file."""
    digest = hashlib.sha256()
    while part := file.read(_PART):
        digest.update(part)
    return digest.hexdigest()


def write_text(path: Path, text: str) -> None:
    write_atomically(path, text.encode())
