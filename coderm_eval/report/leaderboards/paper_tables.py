"""The tables of a paper: the score of the system beside what it is compared with, and all rules side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from coderm_eval.report.leaderboards.entry import Entry, largest_n

__all__ = ["RuleRow", "ScoreRow", "rule_rows", "score_rows"]

_Value = Mapping[str, Any]
"""A mean with its interval, as `interval_row` has it."""

_NOTHING: _Value = {"value": None, "ci95": [None, None]}


class ScoreRow(NamedTuple):
    """A way to choose, and what the system gains over it."""

    row: str
    """Its name in summary.json."""
    label: str
    score: _Value
    gain: _Value


class RuleRow(NamedTuple):
    """A rule, and what it gains."""

    rule: str
    score: _Value
    over_random: _Value
    over_majority: _Value
    ahead_of_next: float | None


def score_rows(summary: Mapping[str, Any], entry: Entry) -> list[ScoreRow]:
    """The rows of summary.json's `pass@1`, the system first."""
    n, gains = largest_n(summary), summary["paired_gain"]
    labels = {
        "coderm": entry.name,
        "first": "first sample",
        "majority": "majority vote",
        "oracle": f"pass@{n} (oracle)",
        "random": "mean of all samples",
    }
    return [
        ScoreRow(row, labels.get(row, row), score, gains.get(row, _NOTHING))
        for row, score in sorted(summary["pass@1"].items(), key=lambda item: item[0] != "coderm")
    ]


def rule_rows(summary: Mapping[str, Any]) -> list[RuleRow]:
    """The rows of summary.json's `rules`, in its order: the best first."""
    return [
        RuleRow(rule, row["pass@1"], row["gain_over_random"], row["gain_over_majority"], row["ahead_of_next"])
        for rule, row in summary["rules"].items()
    ]
