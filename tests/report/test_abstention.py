"""What is answered where a run abstains below some confidence: counted by hand, and in words."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.results import grades, picked, tallied

from coderm_eval.report.abstention import abstention
from coderm_eval.report.notices import notices
from coderm_eval.report.tables import render_abstention

RESULTS = [picked("a", 0.9), picked("b", 0.85), picked("c", 0.3), picked("d", 0.1)]
RIGHT, WRONG, UNGRADED = grades(True, False), grades(False, True), grades(None, True)
GRADES = [RIGHT, WRONG, RIGHT, WRONG]


def counts(below: float, given: list[Any] = GRADES) -> dict[str, Any]:
    found = abstention(tallied(RESULTS, given), below)
    assert found
    return found


def test_answered_and_abstained_picks_are_scored_by_themselves() -> None:
    found = counts(0.85)
    assert (found["answered"], found["abstained"], found["coverage"]) == (2, 2, 0.5)
    assert {name: row["value"] for name, row in found["pass@1"].items()} == {"answered": 0.5, "abstained": 0.5}
    assert counts(0.86)["pass@1"]["answered"]["value"] == 1


@pytest.mark.parametrize(("below", "part"), [(1.0, "answered"), (0.0, "abstained")])
def test_a_score_of_no_pick_is_undefined(below: float, part: str) -> None:
    found = counts(below)
    assert found[part] == 0
    assert found["pass@1"][part] == {"value": None, "ci95": [None, None], "stderr": None}
    table = render_abstention(found, {"value": 0.5, "ci95": [0.1, 0.9]})
    assert [line.split("|")[4].strip() for line in table.splitlines() if line.startswith(f"|{part}")] == ["-"]


def test_a_pick_without_a_grade_is_in_neither_score() -> None:
    found = counts(0.5, [UNGRADED, RIGHT, UNGRADED, WRONG])
    assert (found["answered"], found["abstained"]) == (2, 2)
    assert {name: row["value"] for name, row in found["pass@1"].items()} == {"answered": 1, "abstained": 0}


def test_without_grades_there_are_numbers_and_no_scores() -> None:
    found = counts(0.5, [])
    assert (found["abstained"], found["pass@1"]) == (2, None)


def test_nothing_is_said_where_every_pick_is_an_answer() -> None:
    assert abstention(tallied(RESULTS, GRADES), None) is None


@pytest.mark.parametrize(("rule", "sentences"), [("evidence", 1), ("majority", 2)])
def test_another_rule_than_the_fitted_one_is_named(rule: str, sentences: int) -> None:
    quiet = dict.fromkeys(("answers_without_code", "programs_without_function", "problems_with_one_program"), 0)
    nothing = {"test_faults": {"faulty": 0, "test_samples": 0, "problems_with_no_other": 0}}
    tests = {"test_samples": {"rejected": {}, "truncated": 0, "read": 0}, "probing_inputs": {"problems_undecided": 0}}
    sizes = {"benchmark": "demo", "n_problems": 4, "n_problems_of_benchmark": 4, "n_candidates": 2, "n_samples": 8}
    found = notices({**quiet, **nothing, **tests, **sizes, "select": rule, "abstention": counts(0.5)})
    assert len(found) == sentences and found[0].startswith("2 of 4 problems are abstained from")
    assert all(rule in sentence for sentence in found[1:])
