"""The page's tables of scores, as lines of cells; every share is in per cent with one digit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from coderm_eval.report.recorded_results import RecordedRun
from coderm_eval.report.rows import interval_row
from coderm_eval.report.rules import fully_graded
from coderm_eval.report.scores import expected_pass_at_1
from coderm_eval.report.statistics import gain_interval
from coderm_eval.report.tables import value_and_ci
from coderm_eval.report.tiers import tiers

__all__ = ["RuleLine", "abstention_lines", "known_rules", "rule_lines", "score_lines"]

_MEANINGS = {
    "coderm": "the run's pick",
    "majority": "the paper's rule: most tests passed",
    "first": "the first sample",
    "random": "a random sample",
    "oracle": "any sample is right (pass@N)",
}
"""What each row of the table of scores is, in the order of the page."""

_Scores = npt.NDArray[np.float64]


class RuleLine(NamedTuple):
    """A line of the table of rules."""

    tier: int
    begins_tier: bool
    name: str
    cells: list[str]


def score_lines(run: RecordedRun) -> list[list[str]]:
    """pass@1 of each way to choose, and what the pick gains on it."""
    summary = run.summary
    scores, gains = summary["pass@1"], summary["paired_gain"]
    if scores is None:
        return []
    return [
        [name, meaning, *value_and_ci(scores[name]), *_gain(gains.get(name))]
        for name, meaning in _MEANINGS.items()
        if name != "majority" or summary["tests_per_problem"]  # without a test there is no vote
    ]


def rule_lines(run: RecordedRun) -> list[RuleLine]:
    """The rules in tiers, the best first; what they are behind the best of their tier, and their gains."""
    rules = known_rules(run.summary)
    graded = fully_graded(run.results, run.grades) if rules else []
    if not graded:
        return []
    columns = {rule: np.array([expected_pass_at_1(r, g, rule) for r, g in graded]) for rule in rules}
    return [
        RuleLine(number, rule == tier[0], rule, _rule_cells(rules[rule], columns, rule, tier[0]))
        for number, tier in enumerate(tiers(columns), start=1)
        for rule in tier
    ]


def known_rules(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The rules with a score; without a test there is no vote, and `majority` would be a random sample."""
    return {
        rule: row
        for rule, row in (summary["rules"] or {}).items()
        if row["pass@1"]["value"] is not None and (rule != "majority" or summary["tests_per_problem"])
    }


def _rule_cells(found: Mapping[str, Any], columns: Mapping[str, _Scores], rule: str, best: str) -> list[str]:
    """Its pass@1, what it is behind the `best` of its tier, and its gains."""
    behind = None if rule == best else interval_row(gain_interval(columns[best] - columns[rule]))
    over_majority = found["gain_over_majority"] if rule != "majority" and "majority" in columns else None
    return [
        *value_and_ci(found["pass@1"]),
        *_gain(behind),
        *_gain(found["gain_over_random"]),
        *_gain(over_majority),
    ]


def abstention_lines(found: Mapping[str, Any]) -> list[list[Any]]:
    """The answered problems and the others."""
    return [[name, found[name], *value_and_ci(row)] for name, row in (found.get("pass@1") or {}).items()]


def _gain(row: Mapping[str, Any] | None) -> list[str]:
    """A paired difference with its interval, if there is one."""
    return value_and_ci(row, "+") if row else ["", ""]
