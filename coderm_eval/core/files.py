"""Files: written whole or not at all; JSON, JSON lines and CSV; input that may be gzipped, by line number."""

from __future__ import annotations

import csv
import functools
import gzip
import io
import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from coderm_eval.core.errors import InputError, OutputError
from coderm_eval.core.messages import quoted_line, single_line

__all__ = [
    "is_folder",
    "not_written",
    "number_lines",
    "numbered_lines",
    "open_input",
    "parse_object",
    "write_atomically",
    "write_csv",
    "write_json",
    "write_jsonl",
    "write_text",
]

_GZIP_MAGIC = b"\x1f\x8b"

_OTHER_KINDS = (
    (b"\xfd7zXZ", "an xz file", "unpack it with `xz -d`, or pack it with gzip"),
    (b"BZh", "a bzip2 file", "unpack it with `bzip2 -d`, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it with `zstd -d`, or pack it with gzip"),
    (b"PK\x03\x04", "a zip file", "unpack it and name the file in it"),
    (b"PAR1", "a Parquet file", "write it as JSON lines"),
    (b"\xff\xfe", "not UTF-8 but UTF-16", "save the file in UTF-8"),
    (b"\xfe\xff", "not UTF-8 but UTF-16", "save the file in UTF-8"),
)
"""First bytes, what a file that has them is, and what to do about it."""


def is_folder(path: Path) -> bool:
    """Return whether a folder is there; False also for a name that nothing can have."""
    try:
        return path.is_dir()
    except OSError:
        return False


@contextmanager
def open_input(path: Path) -> Iterator[io.BufferedReader]:
    """Open a user's file for reading; its first bytes tell whether it is gzipped.

    "-" is the standard input. A pipe can be read once, so that what came out of it is kept for the next time.

    Raises:
        InputError: the file is missing, is a folder, or cannot be read; also while it is read.
    """
    try:
        with _opened(path) as raw:
            beginning = raw.peek(8)
            _refuse_other_kinds(path, beginning)
            unzipped = gzip.GzipFile(fileobj=raw) if beginning.startswith(_GZIP_MAGIC) else raw
            yield cast(io.BufferedReader, unzipped)  # a GzipFile has all of its methods
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a folder; name a file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({single_line(error)})") from error


def _opened(path: Path) -> io.BufferedReader:
    if str(path) == "-":
        return io.BufferedReader(io.BytesIO(_standard_input()))
    if path.is_file() or path.is_dir() or not path.exists():
        return path.open("rb")
    status = path.stat()
    return io.BufferedReader(io.BytesIO(_piped(path, status.st_dev, status.st_ino)))


@functools.cache
def _standard_input() -> bytes:
    return sys.stdin.buffer.read()


@functools.cache
def _piped(path: Path, device: int, inode: int) -> bytes:
    """The content of a pipe, which its numbers tell from others."""
    return path.read_bytes()


def _refuse_other_kinds(path: Path, beginning: bytes) -> None:
    """Name a file for what it is where its first bytes tell, rather than call it no JSON."""
    for magic, kind, advice in _OTHER_KINDS:
        if beginning.startswith(magic):
            raise InputError(f"{path}: {kind}; {advice}")


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file that are not blank, with their numbers from 1.

    Raises:
        InputError: the file is missing, is a folder, or cannot be read.
    """
    with open_input(path) as file:
        yield from number_lines(file)


def number_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def parse_object(path: Path, number: int, line: bytes, expected: str) -> dict[str, Any]:
    """The JSON object on a line; an empty one for JSON of another kind.

    Raises:
        InputError: it is not JSON, or not UTF-8; says what was `expected`.
    """
    try:
        row = json.loads(line.decode("utf-8-sig", "surrogatepass"))
    except UnicodeDecodeError:
        raise InputError(f"{path}:{number}: not UTF-8: {quoted_line(line)}; save the file in UTF-8") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}:{number}: not JSON: {quoted_line(line)}; expected {expected}") from None
    return row if isinstance(row, dict) else {}


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the file, and put that in its place; a pipe or device, such as /dev/stdout, is written as it is.

    Raises:
        OutputError: it cannot be written; nothing is left behind.
    """
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
