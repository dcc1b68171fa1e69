"""The page's tables of scores."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from coderm_eval.report.page.page import read_run
from coderm_eval.report.page.result_tables import known_rules, rule_lines, score_lines
from coderm_eval.report.rows import interval_row
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.statistics import gain_interval


def test_rules_stand_in_tiers_and_each_tier_is_named_once(run: Path) -> None:
    recorded = read_run(RunDirectory(run))
    lines = rule_lines(recorded)
    assert {line.name for line in lines} == set(recorded.summary["rules"])
    assert [line.tier for line in lines if line.begins_tier] == sorted({line.tier for line in lines})
    assert lines[0].begins_tier and lines[0].cells[2:4] == ["", ""]


def test_no_interval_is_given_of_scores_that_are_equal_everywhere(run: Path) -> None:
    """A newcomer asked why two rules with the same score differ by up to 21 points."""
    recorded = read_run(RunDirectory(run))
    twice = [replace(r, selections={**r.selections, "twin": r.selections["majority"]}) for r in recorded.results]
    of_twin = {"gain_over_majority": interval_row(gain_interval(np.zeros(len(twice))))}
    rules = {**recorded.summary["rules"], "twin": {**recorded.summary["rules"]["majority"], **of_twin}}
    lines = rule_lines(replace(recorded, results=twice, summary={**recorded.summary, "rules": rules}))
    [twin] = [line for line in lines if line.name == "twin"]
    assert twin.cells[-2:] == ["0.0", "equal everywhere"]


def test_without_tests_there_is_no_vote_in_any_table(run: Path) -> None:
    recorded = read_run(RunDirectory(run))
    without = replace(recorded, summary={**recorded.summary, "tests_per_problem": 0.0})
    assert "majority" in known_rules(recorded.summary)
    assert "majority" not in known_rules(without.summary)
    assert "majority" not in {line[0] for line in score_lines(without)} | {line.name for line in rule_lines(without)}


def test_the_first_line_is_the_runs_own_score(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())
    name, _, value, *_ = score_lines(read_run(RunDirectory(run)))[0]
    assert (name, value) == ("coderm", f"{100 * summary['pass@1']['coderm']['value']:.1f}")
