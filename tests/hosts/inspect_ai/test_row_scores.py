"""What could not be graded is in no score: it fails the sample, or is left out where that is allowed."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("inspect_ai", reason="inspect_ai is missing: pip install 'coderm-eval[inspect]'")

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.core.records import Candidate, Grade, Problem, RerankResult, Selection, Verdicts
from coderm_eval.hosts.inspect_ai.row_scores import row_score
from coderm_eval.pipeline.settings import Settings, load_settings

PASS, FAIL, UNKNOWN = Grade({"base": "pass"}), Grade({"base": "fail"}), Grade()


def result(chosen: int) -> RerankResult:
    """Three answers, of which two are the same program."""
    selection = Selection("majority", chosen, (0.0, 1.0), (chosen,), 2, "limit", 0.5)
    candidates = (Candidate("a", (0, 2)), Candidate("b", (1,)))
    return RerankResult(Problem("t", "f", "", ""), candidates, (), Verdicts.not_run(2, 0), {"majority": selection})


def settings(**given: object) -> Settings:
    return load_settings({"select": "majority", "tests": {"file": "t.jsonl"}, **given}, source="test")


def test_every_row_has_its_score() -> None:
    score = row_score(result(1), [FAIL, PASS], settings(), why="so")
    assert score.value == pytest.approx({"coderm": 1, "first": 0, "majority": 1, "oracle": 1, "random": 1 / 3})
    assert (score.answer, score.explanation) == ("b", "so: right")


def test_what_could_not_be_graded_fails_the_sample() -> None:
    with pytest.raises(IncompleteRunError, match="1 of 2 programs could not be graded: `inspect eval-retry LOG`"):
        row_score(result(1), [UNKNOWN, PASS], settings(), why="so")


def test_where_that_is_allowed_it_is_in_no_score() -> None:
    allowed = settings(execution={"allow_incomplete": True})
    score = row_score(result(1), [UNKNOWN, PASS], allowed, why="so")
    assert isinstance(score.value, dict)
    assert {row for row, value in score.value.items() if isinstance(value, float) and math.isnan(value)} == {
        "first",
        "random",
    }
    assert score.metadata == {"grade": {"base": "pass"}, "not_graded": 1}


@pytest.mark.parametrize(("least", "answered"), [(0.4, True), (0.6, False)])
def test_an_abstained_pick_is_scored_apart(least: float, answered: bool) -> None:
    value = row_score(result(1), [FAIL, PASS], settings(abstain_below=least), why="so").value
    assert isinstance(value, dict)
    assert (value["coverage"], value["coderm"]) == (float(answered), 1)
    assert value["coderm_answered"] == pytest.approx(1.0 if answered else math.nan, nan_ok=True)
