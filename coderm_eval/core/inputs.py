"""Files that users give: gzipped or not, a pipe or the standard input, by line number; named for what they are."""

from __future__ import annotations

import functools
import gzip
import io
import json
import sys
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, cast

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import quoted_line, single_line

__all__ = [
    "BYTE_ORDER_MARK",
    "PARQUET",
    "ZIP",
    "called",
    "calling",
    "is_folder",
    "number_lines",
    "numbered_lines",
    "open_input",
    "parse_object",
    "require_one_from_stdin",
]

_STANDARD_INPUT = "-"

_NAMES: ContextVar[Mapping[Path, str]] = ContextVar("names", default={})  # noqa: B039  # nobody writes to it
"""What messages call files that the user did not name, but gave from memory."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_GZIP_MAGIC = b"\x1f\x8b"

ZIP, PARQUET = b"PK\x03\x04", b"PAR1"
"""First bytes of files that are no text."""

_OTHER_KINDS = (
    (b"\xfd7zXZ", "an xz file", "unpack it with `xz -d`, or pack it with gzip"),
    (b"BZh", "a bzip2 file", "unpack it with `bzip2 -d`, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it with `zstd -d`, or pack it with gzip"),
    (ZIP, "a zip file", "unpack it and name the file in it"),
    (PARQUET, "a Parquet file", "write it as JSON lines"),
    (b"\xff\xfe", "not UTF-8 but UTF-16", "save the file in UTF-8"),
    (b"\xfe\xff", "not UTF-8 but UTF-16", "save the file in UTF-8"),
)
"""First bytes, what a file that has them is, and what to do about it."""


@contextmanager
def calling(names: Mapping[Path, str]) -> Iterator[None]:
    """Have messages call files that were written for the user by the arguments that they were given as."""
    token = _NAMES.set(names)
    try:
        yield
    finally:
        _NAMES.reset(token)


def called(path: Path) -> str:
    """What a message calls an input: its path, or the argument that was given from memory."""
    return _NAMES.get().get(path, str(path))


def is_folder(path: Path) -> bool:
    """Return whether a folder is there; False also for a name that nothing can have."""
    try:
        return path.is_dir()
    except OSError:
        return False


@contextmanager
def open_input(path: Path, *, also: Collection[bytes] = ()) -> Iterator[io.BufferedReader]:
    """Open a user's file for reading; its first bytes tell whether it is gzipped.

    "-" is the standard input. A pipe can be read once, so that what came out of it is kept for the next time.

    Args:
        path: the file.
        also: first bytes of the kinds that the caller can read beside text: ZIP, PARQUET.

    Raises:
        InputError: the file is missing, is a folder, or cannot be read; also while it is read.
    """
    try:
        with _opened(path) as raw:
            beginning = raw.peek(8)
            if not beginning.startswith(tuple(also)):
                _refuse_other_kinds(path, beginning)
            unzipped = gzip.GzipFile(fileobj=raw) if beginning.startswith(_GZIP_MAGIC) else raw
            yield cast(io.BufferedReader, unzipped)  # a GzipFile has all of its methods
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a folder; name a file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({single_line(error)})") from error


def require_one_from_stdin(inputs: Mapping[str, Path | None]) -> None:
    """Refuse to read two inputs, by flag, from the standard input, which holds one.

    Raises:
        InputError: names the flags.
    """
    flags = [flag for flag, given in inputs.items() if str(given) == _STANDARD_INPUT]
    if len(flags) > 1:
        raise InputError(
            f"{' and '.join(flags)} are both {_STANDARD_INPUT}, and the standard input holds one file: name a file "
            "for one of them"
        )


def _opened(path: Path) -> io.BufferedReader:
    if str(path) == _STANDARD_INPUT:
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
        row = json.loads(line.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "surrogatepass"))  # thrice as fast as -sig
    except UnicodeDecodeError:
        raise InputError(f"{path}:{number}: not UTF-8: {quoted_line(line)}; save the file in UTF-8") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}:{number}: not JSON: {quoted_line(line)}; expected {expected}") from None
    return row if isinstance(row, dict) else {}
