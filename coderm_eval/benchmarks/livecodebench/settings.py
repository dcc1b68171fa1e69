"""Settings of LiveCodeBench."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from coderm_eval.core.settings import Section

__all__ = ["Grader", "LiveCodeBenchSettings"]

Grader = Literal["corrected", "official"]


def _iso(given: Any) -> Any:
    """A date as YAML reads it, as text."""
    return given.isoformat() if isinstance(given, datetime.date) else given


class LiveCodeBenchSettings(Section):
    """Which problems of LiveCodeBench, and how they are posed and graded.

    With none of release, dates, platform and io: the paper's 168. With any of them: all that match.
    """

    renamed: ClassVar[Mapping[str, str]] = {"kind": "io", "function_format": "method_format"}
    renamed_values: ClassVar[Mapping[str, Mapping[str, str]]] = {"grader": {"fixed": "corrected"}}

    release: str | None = None
    """release_v1 ... release_v6, release_latest (the default), an addition v1 ... v6, or a range such as v4_v6."""
    start_date: str | None = None
    """First contest date; a bare date is its midnight."""
    end_date: str | None = None
    """Last contest date; a bare date is its midnight."""
    _iso_dates = field_validator("start_date", "end_date", mode="before")(_iso)
    platform: Literal["leetcode", "atcoder", "codeforces"] | None = None
    """Where the contest took place; by default anywhere."""
    io: Literal["functional", "stdin", "both"] = "both"
    """`functional`: problems that ask for a method; `stdin`: for a program that reads its input."""
    timeout_s: float = Field(default=6.0, gt=0)
    """CPU seconds of a program for one of the benchmark's own tests."""
    grader: Grader = "corrected"
    """How programs that read standard input are run for their grade. `corrected`: as processes; `official`: as
    LiveCodeBench's grader does it, which rejects a dozen kinds of right programs. Methods are graded by the official
    rules in any case."""
    method_format: Literal["default", "paper"] = "default"
    """How tests reach a method. `default`: in its class, a fresh one for each call; `paper`: as the authors turned it
    into a function, which breaks methods that call others."""

    @model_validator(mode="before")
    @classmethod
    def _nothing_chosen_is_the_papers_choice(cls, given: Any) -> Any:
        given = cls.in_current_names(given)
        nothing = isinstance(given, Mapping) and not _CHOICES & {key for key in given if given[key] is not None}
        return {**PAPER_SLICE, **given} if nothing else given


_CHOICES = frozenset({"release", "start_date", "end_date", "platform", "io"})

PAPER_SLICE: Mapping[str, Any] = {
    "release": "release_v5",
    "start_date": "2024-01-01",
    "end_date": "2024-10-05T19:30:00",
    "platform": "leetcode",
    "io": "functional",
}
"""Exactly the 168 problems of the paper's own input files; their rule is not published, and this one was found by
comparing them with the 880 of release_v5."""
