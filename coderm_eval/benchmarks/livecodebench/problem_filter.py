"""Which of LiveCodeBench's problems are wanted."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from coderm_eval.benchmarks.livecodebench.rows import Row, contest_date, parse_date
from coderm_eval.core.errors import SettingsError

__all__ = ["ProblemFilter", "Wanted"]


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


class Wanted(NamedTuple):
    """A selection's dates, platform and io."""

    start: datetime
    end: datetime
    platform: str | None
    io: str

    @classmethod
    def of(cls, selection: ProblemFilter) -> Wanted:
        start = _boundary("start_date", selection.start_date, datetime.min)
        end = _boundary("end_date", selection.end_date, datetime.max)
        return cls(start, end, selection.platform, selection.io)

    def contest(self, date: datetime, platform: str) -> bool:
        return self.start <= date <= self.end and self.platform in (None, platform)

    def row(self, row: Row) -> bool:
        date = contest_date(row.place, row.contest_date)
        return self.contest(date, row.platform) and self.io in ("both", row.kind)


def _boundary(setting: str, text: str | None, otherwise: datetime) -> datetime:
    if text is None:
        return otherwise
    if (date := parse_date(text)) is None:
        raise SettingsError(f"{setting} is {text!r}, not a date; write it as 2024-01-01 or 2024-01-01T12:00:00")
    return date
