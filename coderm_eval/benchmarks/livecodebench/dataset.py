"""LiveCodeBench's problems, read from its files.

A release's files are up to 1.25 GB, nearly all of it encoded tests. So a line's date and platform are looked up in
its bytes, about six times faster than JSON is parsed, and only lines that may be wanted are parsed. A line that is
not wanted keeps its mistakes to itself, except one: that its file ends in the middle of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from coderm_eval.benchmarks.livecodebench.problem_filter import ProblemFilter, Wanted
from coderm_eval.benchmarks.livecodebench.rows import COLUMNS, Row, contest_date, lines_of, parse_row
from coderm_eval.core.errors import DatasetError, InputError
from coderm_eval.core.messages import abbreviated

__all__ = ["dataset_sha256", "read_rows"]

# In valid JSON a quote inside a text is escaped, so these bytes are a key; a value that needs no unescaping follows.
_PEEKED = re.compile(rb'"(contest_date|platform)"[ \t\r]*:[ \t\r]*"([ !#-\[\]-~]*)"')


def read_rows(paths: Iterable[Path], selection: ProblemFilter) -> list[Row]:
    """The problems of the files that the selection's dates, platform and io leave, ordered by question id.

    Raises:
        SettingsError: a date of the selection is none.
        InputError: a file is damaged or cut short, a wanted line is no problem, or a question is there twice.
        DatasetError: nothing is left; says what the files do hold.
    """
    paths = list(paths)
    wanted = Wanted.of(selection)
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
        for column in COLUMNS:
            text = getattr(row, column).encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(text))
            digest.update(text)
    return digest.hexdigest()


def _matching(path: Path, wanted: Wanted) -> Iterator[Row]:
    for number, line in lines_of(path):
        contest = _peek(line) if line.endswith(b"\n") else None  # a last line without end may be cut, so it is parsed
        if contest and not wanted.contest(contest_date(f"{path}:{number}", contest.date), contest.platform):
            continue
        row = parse_row(path, number, line)
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


def _nothing_left(paths: Sequence[Path], selection: ProblemFilter) -> str:
    """Why a selection is empty; reads everything again, now as a whole."""
    asked = selection._replace(release=None)._asdict().items()
    wanted = " and ".join(f"{name} {value}" for name, value in asked if value not in (None, "both"))
    where = abbreviated([str(path) for path in paths])
    dates, platforms, kinds = set(), set(), set()
    for path in paths:
        for number, line in lines_of(path):
            row = parse_row(path, number, line)
            dates.add(contest_date(row.place, row.contest_date))
            platforms.add(row.platform)
            kinds.add(row.kind)
    if not dates:
        return f"{where}: no problems, only empty lines; fetch LiveCodeBench's files again"
    return (
        f"{where}: no problem has {wanted}; the files hold contest dates from {min(dates).isoformat()} to "
        f"{max(dates).isoformat()}, the platforms {', '.join(sorted(platforms))} and the kinds "
        f"{', '.join(sorted(kinds))}; widen the selection, or add the files of another release"
    )
