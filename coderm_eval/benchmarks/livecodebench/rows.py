"""A line of LiveCodeBench's files as a problem."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from coderm_eval.benchmarks.livecodebench.releases import REPOSITORY
from coderm_eval.benchmarks.livecodebench.test_cases import Case, decode_cases, public_cases
from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import quoted, single_line

__all__ = ["COLUMNS", "Row", "contest_date", "lines_of", "parse_date", "parse_row"]

COLUMNS = (
    "question_title",
    "question_content",
    "platform",
    "question_id",
    "contest_id",
    "contest_date",
    "starter_code",
    "difficulty",
    "public_test_cases",
    "private_test_cases",
    "metadata",
)


@dataclass(frozen=True)
class Row:
    """One problem: the file's columns, and where they are from."""

    question_title: str
    question_content: str = field(repr=False)
    platform: str
    question_id: str
    contest_id: str
    contest_date: str
    """ISO, as in the file."""
    starter_code: str
    """Empty where the program reads standard input."""
    difficulty: str
    public_test_cases: str = field(repr=False)
    private_test_cases: str = field(repr=False)
    """Encoded, and often megabytes of it; `cases` decodes."""
    metadata: str
    function_name: str | None
    """The method to call, from the metadata; None where the program reads standard input."""
    path: Path
    line: int

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def kind(self) -> Literal["functional", "stdin"]:
        return "functional" if self.starter_code or self.function_name else "stdin"

    def cases(self) -> list[Case]:
        """All its tests, public before private, decoded anew at each call.

        Raises:
            InputError: a column cannot be decoded, or holds no private test.
        """
        return self._decoded("public_test_cases", public_cases) + self._decoded("private_test_cases", decode_cases)

    def _decoded(self, column: str, decode: Callable[[str], list[Case]]) -> list[Case]:
        try:
            return decode(getattr(self, column))
        except ValueError as error:
            raise InputError(
                f"{self.place}: {column} of question {self.question_id!r} cannot be decoded ({error}); "
                "fetch the file again"
            ) from error


def contest_date(place: str, text: str) -> datetime:
    if (date := parse_date(text)) is None:
        raise InputError(f"{place}: contest_date is {text[:40]!r}; expected a date such as 2024-01-06T00:00:00")
    return date


def parse_date(text: str) -> datetime | None:
    """None also for a date with a time zone, which cannot be compared to one without."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if date.tzinfo else date


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, with their numbers."""
    opener = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.isspace():
                    yield number, line
    except EOFError as error:
        raise InputError(f"{path}: the file is truncated after line {number}; fetch it again") from error
    except (OSError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({single_line(error)}); fetch it again") from error


def parse_row(path: Path, number: int, line: bytes) -> Row:
    place = f"{path}:{number}"
    row = _object(place, line)
    if lacking := [column for column in COLUMNS if not isinstance(row.get(column), str)]:
        raise InputError(
            f"{place}: no text under {', '.join(lacking)}: {_shown(line)}; expected a row of {REPOSITORY}, "
            f"with texts under {', '.join(COLUMNS)}"
        )
    columns = {column: row[column] for column in COLUMNS}
    return Row(**columns, function_name=_function_name(place, row["metadata"]), path=path, line=number)


def _object(place: str, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError
        if line.startswith(b"{") and not line.endswith(b"\n"):
            raise InputError(
                f"{place}: the file is truncated, it ends within this line: {_shown(line)}; fetch it again"
            ) from None
        raise InputError(f"{place}: not JSON: {_shown(line)}; expected a row of {REPOSITORY}") from None
    return row if isinstance(row, dict) else {}


def _function_name(place: str, metadata: str) -> str | None:
    """The func_name of the metadata, which may be empty."""
    try:
        known = json.loads(metadata or "{}")
    except (ValueError, RecursionError):
        known = None
    if isinstance(known, dict) and isinstance(name := known.get("func_name"), str | None):
        return name
    raise InputError(
        f'{place}: metadata is {metadata[:60]!r}; expected JSON such as {{"func_name": "solve"}}, or nothing'
    )


def _shown(line: bytes) -> str:
    return quoted(line[:240].decode("utf-8", "replace").strip())  # the rest may be megabytes
