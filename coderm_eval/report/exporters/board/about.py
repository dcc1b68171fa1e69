"""What a submitter says of an entry, in the file `about.yaml` beside it: a run directory cannot know it."""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import Field

from coderm_eval.core.settings import Section
from coderm_eval.report.exporters import entry

__all__ = ["Entry", "Source", "Verification"]


class Source(Section):
    """Where candidates or tests come from that were not made for the entry."""

    of: Literal["candidates", "tests", "candidates and tests"]
    """which of the run's inputs."""
    url: str = Field(pattern="^https://")
    """address, which begins with https://."""
    licence: str = Field(min_length=1)
    """licence, such as MIT."""


class Verification(Section):
    """Who besides the submitter has looked."""

    state: Literal["self-reported", "recomputed", "re-executed"] = "self-reported"
    by: str | None = None
    date: datetime.date | None = None


class Entry(entry.Entry):
    """What `--about` holds for the board."""

    submitted_by: str = Field(min_length=1)
    """name of the person or group who made the run."""
    public_tests_used: Literal[False]
    """word false, if neither the benchmark's own tests nor expected values of examples helped to pick."""
    partial: str | None = Field(default=None, min_length=1)
    """Why problems are left out; null if none is."""
    sources: tuple[Source, ...] = ()
    verification: Verification = Verification()
