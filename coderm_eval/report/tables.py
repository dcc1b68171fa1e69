"""Tables for the terminal: the result in the shape of lm-eval's own, rules side by side, the quality of tests.

Scores are from 0 to 1 where the table is lm-eval's, and in per cent in all others, whose headings say so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from coderm_eval.report.budget_curve import ORDERS, BudgetPoint
from coderm_eval.report.percent import UNDEFINED, percent
from coderm_eval.report.printed_table import Table
from coderm_eval.report.rows import draw_summary_row, interval_row
from coderm_eval.report.scores import MeanScores
from coderm_eval.report.statistics import Interval

__all__ = [
    "TASK_VERSION",
    "render_abstention",
    "render_curve",
    "render_mean",
    "render_misleading",
    "render_quality",
    "render_resampled",
    "render_risk_coverage",
    "render_rules",
    "render_scores",
    "rules_table",
    "scores_legend",
    "scores_table",
    "value_and_ci",
    "without_vote",
]

T = TypeVar("T")

TASK_VERSION = 1.0
"""Changes when scores of the same input change; the task files carry the same number."""

_HEADERS = ["Tasks", "Version", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr"]
_LEGEND_OF_ROWS = {
    "coderm": "coderm and first: one program per problem; coderm is the run's result.",
    "majority": "majority: mean over the samples that the vote leaves tied.",
    "random": "random: mean over all samples.",
    "oracle": "oracle: whether any sample is right.",
}
_RULES_LEGEND = (
    "pass@1 of a rule: mean over the samples that it leaves tied, which compares rules with less chance. The number\n"
    "to report is coderm's, in the table of scores: of the programs in chosen.jsonl, the first of those samples.\n"
    "95 %: interval over problems, by Wilson's formula where each problem counts 0 or 1, else by bootstrap. Rules\n"
    "that are equal everywhere have the same score on every problem of this run."
)
_RISK_LEGEND = "Risk: share of wrong picks among the answered, the surest picks first; equally sure ones go together."
_ORDERS_OF_PICKS = {"aurc": "by confidence", "aurc_of_random_order": "in random order", "aurc_of_best_order": "at best"}
_SAME = "equal everywhere"
"""In place of the interval of a difference that is 0 on each problem."""
_PASS_AT_1 = "pass@1, %"
_INTERVAL = "95 %"

_HOW_TESTS_ACCEPT = {"single_tests": "each test", "vote": "majority vote"}
"""Names in the table by the keys of summary.json's `test_quality`."""


def without_vote(rows: Mapping[str, T], tests_per_problem: float) -> dict[str, T]:
    """Scores by name; where there was no test, there was no majority vote."""
    return {name: row for name, row in rows.items() if name != "majority" or tests_per_problem}


def scores_legend(rows: Iterable[str]) -> str:
    """What the rows of a table of scores are."""
    return " ".join(text for name, text in _LEGEND_OF_ROWS.items() if name in set(rows))


def render_scores(task: str, scores: MeanScores, tests_per_problem: Interval) -> str:
    """The table that `lm_eval` prints for the task."""
    rows = without_vote(scores.pass_at_1, tests_per_problem.value)
    lines = [_line(task, row, "pass@1", "↑", value) for row, value in rows.items()]
    lines.append(_line(task, "coderm", "tests_per_problem", "↓", tests_per_problem))
    for line in lines[1:]:
        line[:2] = ["", ""]
    return _table(_HEADERS, lines)


def scores_table(summary: Mapping[str, Any]) -> Table:
    """The `pass@1` of summary.json, in per cent, and what the rows are."""
    rows = without_vote(summary["pass@1"], summary["tests_per_problem"])
    lines = [[name, *value_and_ci(row)] for name, row in rows.items()]
    problems, known = summary["n_problems"], summary["n_problems_of_benchmark"]
    part = f", {problems} of {known} problems" if problems < known else ""
    return Table((summary["benchmark"] + part, _PASS_AT_1, _INTERVAL), lines, scores_legend(rows))


def render_rules(rules: Mapping[str, Any]) -> str:
    return str(rules_table(rules))


def rules_table(rules: Mapping[str, Any]) -> Table:
    """The `rules` of summary.json in per cent, the best rule first, and what the numbers are."""
    columns = {"pass@1": "", "gain_over_random": "+", **({"gain_over_majority": "+"} if "majority" in rules else {})}
    headings = [name.removeprefix("gain_").replace("_", " ") for name in columns]
    headers = ["Rule", *(cell for name in headings for cell in (f"{name}, %", _INTERVAL)), "P(ahead of next)"]
    lines = [
        [
            rule,
            *(cell for name, sign in columns.items() for cell in value_and_ci(row[name], sign)),
            "" if row["ahead_of_next"] is None else f"{row['ahead_of_next']:.2f}",
        ]
        for rule, row in rules.items()
    ]
    return Table(headers, lines, _RULES_LEGEND, names=1)


def render_resampled(resampled: Mapping[str, Any]) -> str:
    """The `resampled` of summary.json, in per cent."""
    headers = ["Rule", f"pass@1 with {resampled['tests']} tests, %", f"95 % of {resampled['draws']} draws"]
    return _table(headers, [[rule, *_value_and_draws(row)] for rule, row in resampled["pass@1"].items()])


def render_abstention(found: Mapping[str, Any], of_all: Mapping[str, Any]) -> str:
    """The `abstention` of a graded run's summary.json, shares in per cent; `of_all` is the pass@1 of all picks."""
    below = f"confidence {found['below']:g}"
    rows = {
        f"answered, from {below}": (found["answered"], found["pass@1"]["answered"]),
        f"abstained from, below {below}": (found["abstained"], found["pass@1"]["abstained"]),
        "all": (found["answered"] + found["abstained"], of_all),
    }
    total, _ = rows["all"]
    headers = ["Picks", "Problems", "Share, %", _PASS_AT_1, _INTERVAL]
    return _table(headers, [[name, n, percent(n / total), *value_and_ci(row)] for name, (n, row) in rows.items()])


def render_risk_coverage(found: Mapping[str, Any]) -> str:
    """The `risk_coverage` of summary.json, shares in per cent, and what the numbers are."""
    headers = ["Coverage, %", "Answered", "--abstain-below", _PASS_AT_1, "Risk, %"]
    points = {row["picks"]: row for row in found["points"]}  # few problems have fewer points than there are shares
    lines = [
        [
            percent(row["coverage"]),
            picks,
            f"{row['least_confidence']:.6f}",
            *map(percent, (1 - row["risk"], row["risk"])),
        ]
        for picks, row in points.items()
    ]
    areas = ", ".join(f"{found[key]:.3f} {order}" for key, order in _ORDERS_OF_PICKS.items())
    return f"{_table(headers, lines)}{_RISK_LEGEND}\nArea under the curve: {areas}.\n"


def render_curve(points: Sequence[BudgetPoint]) -> str:
    """The points of curve.csv, in per cent."""
    draws = f"95 % of {ORDERS} orders"
    headers = ["Budget", "average", "tests", _PASS_AT_1, draws, "over uniform, %", _INTERVAL, "pick of all tests, %"]
    lines = [
        [
            point.policy,
            point.average,
            f"{point.tests:.1f}",
            *_value_and_draws(draw_summary_row(point.pass_at_1)),
            *value_and_ci(interval_row(point.gain_over_uniform), "+"),
            f"{100 * point.agreement:.1f}",
        ]
        for point in points
    ]
    return str(Table(headers, lines, names=1))


def render_quality(quality: Mapping[str, Any]) -> str:
    """The `test_quality` of summary.json, in per cent.

    FAR and FRR are the paper's: the share of accepted programs that are wrong, and of rejected programs that are right.
    FPR and FNR are the textbooks': the share of wrong programs that are accepted, and of right ones that are rejected.
    """
    headers = ["Tests, %", "Acc", "F1", "FAR (paper)", "FRR (paper)", "Precision", "Recall", "FPR", "FNR"]
    return _table(headers, [[_HOW_TESTS_ACCEPT[name], *map(percent, row.values())] for name, row in quality.items()])


def render_misleading(rows: Sequence[Mapping[str, Any]]) -> str:
    """The problems of misleading_tests.jsonl: the wrong sample that the vote put first, how many tests misled it."""
    problems = Counter((row["task_id"], row["wrong"], row["right"]) for row in rows)
    headers = ["Problem", "Wrong sample put first by the vote", "Best right sample", "Tests that misled"]
    return _table(headers, [[*problem, count] for problem, count in problems.items()])


def render_mean(score: Interval) -> str:
    """A mean with its standard error, as far as they are defined."""
    if math.isnan(score.value):
        return "undefined"
    return f"{score.value:.4f}" + ("" if math.isnan(score.stderr) else f" ± {score.stderr:.4f}")


def _table(headers: list[str], lines: list[list[Any]]) -> str:
    return str(Table(headers, lines))


def value_and_ci(row: Mapping[str, Any], sign: str = "") -> list[str]:
    """A mean and its interval, as `interval_row` has them, in per cent; `sign` is "+" for differences.

    Where all differences are 0, the interval is of problems that were not seen, and would read as a mistake.
    """
    low, high = row["ci95"]
    if sign and row["value"] == 0 and low is not None and not row["stderr"]:  # null for one problem
        return ["0.0", _SAME]
    return [percent(row["value"], sign), _range(low, high, sign)]


def _value_and_draws(row: Mapping[str, Any]) -> list[str]:
    return [percent(row["value"]), _range(*row["draws95"])]


def _range(low: float | None, high: float | None, sign: str = "") -> str:
    return UNDEFINED if low is None or high is None else f"{percent(low, sign)} to {percent(high, sign)}"


def _line(task: str, row: str, metric: str, arrow: str, value: Interval) -> list[object]:
    stderr = "   N/A" if math.isnan(value.stderr) else f"{value.stderr:.4f}"
    return [task, TASK_VERSION, row, "0", metric, arrow, f"{value.value:.4f}", "±", stderr]
