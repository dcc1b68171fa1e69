"""The result table, in the shape of lm-eval's own, so that both ways to run print the same."""

from __future__ import annotations

import math

from pytablewriter import MarkdownTableWriter

from coderm_eval.report.scores import Interval, Scores

__all__ = ["TASK_VERSION", "render"]

TASK_VERSION = 1.0
"""Changes when scores of the same input change; the task files carry the same number."""

_HEADERS = ["Tasks", "Version", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr"]


def render(task: str, scores: Scores, tests_per_problem: Interval) -> str:
    """The table that `lm_eval` prints for the task."""
    lines = [_line(task, row, "pass@1", "↑", value) for row, value in scores.pass_at_1.items()]
    lines.append(_line(task, "coderm", "tests_per_problem", "↓", tests_per_problem))
    for line in lines[1:]:
        line[:2] = ["", ""]
    return str(MarkdownTableWriter(headers=_HEADERS, value_matrix=lines).dumps())


def _line(task: str, row: str, metric: str, arrow: str, value: Interval) -> list[object]:
    stderr = "   N/A" if math.isnan(value.stderr) else f"{value.stderr:.4f}"
    return [task, TASK_VERSION, row, "0", metric, arrow, f"{value.value:.4f}", "±", stderr]
