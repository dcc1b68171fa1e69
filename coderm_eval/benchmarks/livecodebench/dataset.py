"""LiveCodeBench's problems: which files they are in, which of them are wanted, and what they hold.

A release's files are up to 1.25 GB, nearly all of it encoded tests. So a line's date and platform are looked up in
its bytes, about six times faster than JSON is parsed, and only lines that may be wanted are parsed. A line that is
not wanted keeps its mistakes to itself, except one: that its file ends in the middle of it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from coderm_eval.benchmarks.livecodebench.releases import FILES, LATEST, REPOSITORY, REVISION, files_of
from coderm_eval.benchmarks.livecodebench.test_cases import Case, decode_cases, public_cases
from coderm_eval.core.errors import DatasetError, InputError, SettingsError
from coderm_eval.core.messages import abbreviated, quoted, single_line

__all__ = ["ProblemFilter", "Row", "dataset_sha256", "find_files", "read_rows"]

_COLUMNS = (
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

# In valid JSON a quote inside a text is escaped, so these bytes are a key; a value that needs no unescaping follows.
_PEEKED = re.compile(rb'"(contest_date|platform)"[ \t\r]*:[ \t\r]*"([ !#-\[\]-~]*)"')


class ProblemFilter(NamedTuple):
    """Which problems are wanted; None leaves them as they are."""

    release: str | None = None
    """As `files_of` knows it. Without one: all files of a folder, or all of the hub's."""
    start_date: str | None = None
    """The first contest date, as 2024-01-01 or 2024-01-01T12:00:00."""
    end_date: str | None = None
    """The last one; a bare date means its midnight, as in LiveCodeBench's own runner."""
    platform: Literal["leetcode", "atcoder", "codeforces"] | None = None
    io: Literal["functional", "stdin", "both"] = "both"


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


def find_files(selection: ProblemFilter, variable: str = "LIVECODEBENCH_PATH") -> list[Path]:
    """The files that hold the selection's release: those the variable points to, else those in the hub's cache.

    The variable holds files and folders, joined as in PATH. Of a folder with any of the release's own files exactly
    those of the release are taken, else every .jsonl and .jsonl.gz in it; a file is taken whatever it is called.

    Raises:
        SettingsError: no such release.
        DatasetError: a file is missing; says how to get it.
    """
    names = files_of(selection.release or LATEST)
    if given := os.environ.get(variable, "").strip(os.pathsep):
        places = [Path(place) for place in given.split(os.pathsep) if place]
        return [path for place in places for path in _files_at(place, selection.release, variable)]
    return _in_hub_cache(names, selection.release or LATEST, variable)


def _files_at(place: Path, release: str | None, variable: str) -> list[Path]:
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise DatasetError(
            f"{variable}: no file or folder {str(place)!r}; set it to LiveCodeBench's .jsonl files or to their folder"
        )
    if release and any(_either(place, name) for name in FILES):
        return [_of_release(place, name, release) for name in files_of(release)]
    found = sorted([*place.glob("*.jsonl"), *place.glob("*.jsonl.gz")])
    if not found:
        raise DatasetError(f"{variable}: {place} holds no .jsonl and no .jsonl.gz; set it to LiveCodeBench's files")
    return found


def _either(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _of_release(folder: Path, name: str, release: str) -> Path:
    if path := _either(folder, name):
        return path
    raise DatasetError(f"{folder} holds no {name}, which is part of {release}; add it, or name a release without it")


def _in_hub_cache(names: Sequence[str], release: str, variable: str) -> list[Path]:
    from huggingface_hub import try_to_load_from_cache

    cached = {name: try_to_load_from_cache(REPOSITORY, name, repo_type="dataset", revision=REVISION) for name in names}
    found = [Path(path) for path in cached.values() if isinstance(path, str)]
    if len(found) < len(names):
        missing = [name for name, path in cached.items() if not isinstance(path, str)]
        size = sum(FILES[name].size for name in missing) / 1e9
        raise DatasetError(
            f"the hub's cache lacks LiveCodeBench's {abbreviated(missing)} of {release}; run "
            f"`coderm-eval fetch livecodebench --release {release}` to download them ({size:.1f} GB), "
            f"or set {variable} to your copy"
        )
    return found


def read_rows(paths: Iterable[Path], selection: ProblemFilter) -> list[Row]:
    """The problems of the files that the selection's dates, platform and io leave, ordered by question id.

    Raises:
        SettingsError: a date of the selection is none.
        InputError: a file is damaged or cut short, a wanted line is no problem, or a question is there twice.
        DatasetError: nothing is left; says what the files do hold.
    """
    paths = list(paths)
    wanted = _Wanted.of(selection)
    rows: dict[str, Row] = {}
    for path in paths:
        for row in _matching(path, wanted):
            if other := rows.get(row.question_id):
                raise InputError(
                    f"{row.place}: question {row.question_id!r} is also at {other.place}; leave one of them out"
                )
            rows[row.question_id] = row
    if not rows:
        raise DatasetError(_nothing_left(paths, selection))
    return [rows[question] for question in sorted(rows)]


def dataset_sha256(rows: Iterable[Row]) -> str:
    """The SHA-256 of the rows' contents, in their order, whichever files they are from and however those write JSON.

    It is taken over the eleven columns of each row in LiveCodeBench's order, each as its length in bytes, a colon,
    and its UTF-8 text.
    """
    digest = hashlib.sha256()
    for row in rows:
        for column in _COLUMNS:
            text = getattr(row, column).encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(text))
            digest.update(text)
    return digest.hexdigest()


class _Wanted(NamedTuple):
    """A selection's dates, platform and io."""

    start: datetime
    end: datetime
    platform: str | None
    io: str

    @classmethod
    def of(cls, selection: ProblemFilter) -> _Wanted:
        start = _boundary("start_date", selection.start_date, datetime.min)
        end = _boundary("end_date", selection.end_date, datetime.max)
        return cls(start, end, selection.platform, selection.io)

    def contest(self, date: datetime, platform: str) -> bool:
        return self.start <= date <= self.end and self.platform in (None, platform)

    def row(self, row: Row) -> bool:
        date = _contest_date(row.place, row.contest_date)
        return self.contest(date, row.platform) and self.io in ("both", row.kind)


def _boundary(setting: str, text: str | None, otherwise: datetime) -> datetime:
    if text is None:
        return otherwise
    if (date := _date(text)) is None:
        raise SettingsError(f"{setting} is {text!r}, not a date; write it as 2024-01-01 or 2024-01-01T12:00:00")
    return date


def _contest_date(place: str, text: str) -> datetime:
    if (date := _date(text)) is None:
        raise InputError(f"{place}: contest_date is {text[:40]!r}; expected a date such as 2024-01-06T00:00:00")
    return date


def _date(text: str) -> datetime | None:
    """None also for a date with a time zone, which cannot be compared to one without."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if date.tzinfo else date


def _matching(path: Path, wanted: _Wanted) -> Iterator[Row]:
    for number, line in _lines(path):
        contest = _peek(line) if line.endswith(b"\n") else None  # a last line without end may be cut, so it is parsed
        if contest and not wanted.contest(_contest_date(f"{path}:{number}", contest.date), contest.platform):
            continue
        row = _parse(path, number, line)
        if wanted.row(row):
            yield row


class _Contest(NamedTuple):
    date: str
    platform: str


def _peek(line: bytes) -> _Contest | None:
    """What parsing a line that is a valid row would find; None where only parsing can tell."""
    found = _PEEKED.findall(line)
    values = {key: value.decode("ascii") for key, value in found}
    if len(found) != 2 or len(values) != 2:
        return None
    return _Contest(values[b"contest_date"], values[b"platform"])


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
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


def _parse(path: Path, number: int, line: bytes) -> Row:
    place = f"{path}:{number}"
    row = _object(place, line)
    if lacking := [column for column in _COLUMNS if not isinstance(row.get(column), str)]:
        raise InputError(
            f"{place}: no text under {', '.join(lacking)}: {_shown(line)}; expected a row of {REPOSITORY}, "
            f"with texts under {', '.join(_COLUMNS)}"
        )
    columns = {column: row[column] for column in _COLUMNS}
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


def _nothing_left(paths: Sequence[Path], selection: ProblemFilter) -> str:
    """Why a selection is empty; reads everything again, now as a whole."""
    asked = selection._replace(release=None)._asdict().items()
    wanted = " and ".join(f"{name} {value}" for name, value in asked if value not in (None, "both"))
    where = abbreviated([str(path) for path in paths])
    dates, platforms, kinds = set(), set(), set()
    for path in paths:
        for number, line in _lines(path):
            row = _parse(path, number, line)
            dates.add(_contest_date(row.place, row.contest_date))
            platforms.add(row.platform)
            kinds.add(row.kind)
    if not dates:
        return f"{where}: no problems, only empty lines; fetch LiveCodeBench's files again"
    return (
        f"{where}: no problem has {wanted}; the files hold contest dates from {min(dates).isoformat()} to "
        f"{max(dates).isoformat()}, the platforms {', '.join(sorted(platforms))} and the kinds "
        f"{', '.join(sorted(kinds))}; widen the selection, or add the files of another release"
    )
