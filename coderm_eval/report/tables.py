"""Tables for the terminal: the result in the shape of lm-eval's own, rules side by side, the quality of tests."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pytablewriter import MarkdownTableWriter

from coderm_eval.report.budget_curve import BudgetPoint
from coderm_eval.report.rows import draw_summary_row, interval_row
from coderm_eval.report.scores import MeanScores
from coderm_eval.report.statistics import Interval

__all__ = [
    "TASK_VERSION",
    "render_curve",
    "render_misleading",
    "render_quality",
    "render_resampled",
    "render_rules",
    "render_scores",
]

TASK_VERSION = 1.0
"""Changes when scores of the same input change; the task files carry the same number."""

_HEADERS = ["Tasks", "Version", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr"]
_HOW_TESTS_ACCEPT = {"single_tests": "each test", "vote": "majority vote"}
"""Names in the table by the keys of summary.json's `test_quality`."""


def render_scores(task: str, scores: MeanScores, tests_per_problem: Interval) -> str:
    """The table that `lm_eval` prints for the task."""
    lines = [_line(task, row, "pass@1", "↑", value) for row, value in scores.pass_at_1.items()]
    lines.append(_line(task, "coderm", "tests_per_problem", "↓", tests_per_problem))
    for line in lines[1:]:
        line[:2] = ["", ""]
    return _table(_HEADERS, lines)


def render_rules(rules: Mapping[str, Any]) -> str:
    """The `rules` of summary.json in per cent, the best rule first."""
    headers = ["Rule", "pass@1", "95 %", "over random", "95 %", "over majority", "95 %", "P(ahead of next)"]
    lines = [
        [
            rule,
            *_value_and_interval(row["pass@1"]),
            *_value_and_interval(row["gain_over_random"]),
            *_value_and_interval(row["gain_over_majority"]),
            "" if row["ahead_of_next"] is None else f"{row['ahead_of_next']:.2f}",
        ]
        for rule, row in rules.items()
    ]
    return _table(headers, lines)


def render_resampled(resampled: Mapping[str, Any]) -> str:
    """The `resampled` of summary.json, in per cent."""
    headers = ["Rule", f"pass@1 with {resampled['tests']} tests", f"95 % of {resampled['draws']} draws"]
    return _table(headers, [[rule, *_value_and_interval(row)] for rule, row in resampled["pass@1"].items()])


def render_curve(points: Sequence[BudgetPoint]) -> str:
    """The points of curve.csv, in per cent."""
    headers = ["Budget", "average", "tests", "pass@1", "95 %", "over uniform", "95 %", "pick of all tests"]
    lines = [
        [
            point.policy,
            point.average,
            f"{point.tests:.1f}",
            *_value_and_interval(draw_summary_row(point.pass_at_1)),
            *_value_and_interval(interval_row(point.gain_over_uniform)),
            f"{100 * point.agreement:.1f}",
        ]
        for point in points
    ]
    return _table(headers, lines)


def render_quality(quality: Mapping[str, Any]) -> str:
    """The `test_quality` of summary.json, in per cent.

    FAR and FRR are the paper's: the share of accepted programs that are wrong, and of rejected programs that are right.
    FPR and FNR are the textbooks': the share of wrong programs that are accepted, and of right ones that are rejected.
    """
    headers = ["Tests", "Acc", "F1", "FAR (paper)", "FRR (paper)", "Precision", "Recall", "FPR", "FNR"]
    return _table(headers, [[_HOW_TESTS_ACCEPT[name], *map(_percent, row.values())] for name, row in quality.items()])


def render_misleading(rows: Sequence[Mapping[str, Any]]) -> str:
    """The problems of misleading_tests.jsonl: the wrong sample that the vote picked, and how many tests misled it."""
    problems = Counter((row["task_id"], row["wrong"], row["right"]) for row in rows)
    headers = ["Problem", "Wrong sample picked", "Best right sample", "Tests that misled"]
    return _table(headers, [[*problem, count] for problem, count in problems.items()])


def _table(headers: list[str], lines: list[list[Any]]) -> str:
    return str(MarkdownTableWriter(headers=headers, value_matrix=lines).dumps())


def _value_and_interval(row: Mapping[str, Any]) -> list[str]:
    low, high = row["ci95"]
    return [_percent(row["value"]), f"{_percent(low)} to {_percent(high)}"]


def _percent(value: float | None) -> str:
    return "N/A" if value is None else f"{100 * value:.1f}"


def _line(task: str, row: str, metric: str, arrow: str, value: Interval) -> list[object]:
    stderr = "   N/A" if math.isnan(value.stderr) else f"{value.stderr:.4f}"
    return [task, TASK_VERSION, row, "0", metric, arrow, f"{value.value:.4f}", "±", stderr]
