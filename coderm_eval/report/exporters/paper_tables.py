"""What the tables of a paper have: the score of the system beside what it is compared with, and the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from coderm_eval.report.exporters.entry import Entry, largest_n
from coderm_eval.report.tables import without_vote

__all__ = ["ScoreRow", "rules_of", "score_rows"]

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
    scores = without_vote(summary["pass@1"], summary["tests_per_problem"])
    return [
        ScoreRow(row, labels.get(row, row), score, gains.get(row, _NOTHING))
        for row, score in sorted(scores.items(), key=lambda item: item[0] != "coderm")
    ]


def rules_of(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The `rules` of summary.json, without the vote where there was no test."""
    return without_vote(summary["rules"], summary["tests_per_problem"])
