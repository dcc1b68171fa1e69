"""What a check finds, and how findings are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

__all__ = ["Finding", "Status", "findings_as_json", "render_finding", "verdict", "would_fail"]

_STATUS = len("warning") + 2
_INDENT = _STATUS + len("livecodebench") + 2

Status = Literal["ok", "warning", "failed"]


class Finding(NamedTuple):
    """One thing about this machine or these settings."""

    check: str
    """A word or two for what was looked at."""
    status: Status
    """`warning`: some work is not possible, or gives less than it could; `failed`: no run with these settings works."""
    fact: str
    cure: str = ""
    """The command, or the change, that makes it ok; empty where it is."""


def would_fail(findings: Sequence[Finding]) -> bool:
    """Return whether a run with these settings fails on this machine."""
    return any(finding.status == "failed" for finding in findings)


def render_finding(finding: Finding) -> str:
    """A line with the fact, and one below it with the cure."""
    cure = f"\n{'':{_INDENT}}-> {finding.cure}" if finding.cure else ""
    return f"{finding.status:{_STATUS}}{finding.check:{_INDENT - _STATUS}}{finding.fact}{cure}"


def verdict(findings: Sequence[Finding]) -> str:
    """The last line: whether a run works."""
    counts = {status: sum(finding.status == status for finding in findings) for status in ("warning", "failed")}
    said = "a run with these settings would fail" if counts["failed"] else "runs work on this machine"
    return f"{said}; warnings: {counts['warning']}, failed: {counts['failed']}"


def findings_as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    return {"ok": not would_fail(findings), "findings": [finding._asdict() for finding in findings]}
