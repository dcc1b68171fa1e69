"""Files: written whole or not at all; JSON, JSON lines and CSV; gzipped input by line number."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import quoted_line

__all__ = ["numbered_lines", "parse_object", "write_atomically", "write_csv", "write_json", "write_jsonl", "write_text"]


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, by their numbers from 1.

    Raises:
        InputError: the file is not there or cannot be read.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        with opener(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error


def parse_object(path: Path, number: int, line: bytes, expected: str) -> dict[str, Any]:
    """The JSON object on a line; an empty one for JSON of another kind.

    Raises:
        InputError: it is no JSON; says what was `expected`.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError
        raise InputError(f"{path}:{number}: not JSON: {quoted_line(line)}; expected {expected}") from None
    return row if isinstance(row, dict) else {}


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the file, and put that in its place. Raises OSError, and leaves nothing behind, if it cannot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    write_text(path, "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows))


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """The keys of the first row are the header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def write_text(path: Path, text: str) -> None:
    write_atomically(path, text.encode())
