"""Rules side by side: what each gains with its interval, how sure the order is, and the paper's resampling of tests."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from helpers.results import grades, tallied

from coderm_eval.core.records import NO_OUTPUT, Candidate, Problem, RerankResult, UnitTest, Verdict, Verdicts
from coderm_eval.report.rows import interval_row
from coderm_eval.report.rules import compare_rules
from coderm_eval.report.statistics import gain_interval
from coderm_eval.report.tables import render_rules, rules_table, without_vote
from coderm_eval.selection import select
from coderm_eval.selection.resampling import DRAWS, resample, with_tests

RULES = ("codet", "majority")


def problem(rows: Sequence[str], sizes: Sequence[int], tests: Sequence[tuple[int, ...]] | None = None) -> RerankResult:
    """Rows such as "P.P": passed, failed, passed."""
    matrix = np.array([[Verdict.PASSED if cell == "P" else Verdict.FAILED for cell in row] for row in rows], np.uint8)
    starts = np.cumsum([0, *sizes])
    candidates = tuple(Candidate(f"p{i}", tuple(range(starts[i], starts[i + 1]))) for i in range(len(sizes)))
    columns = tuple(UnitTest(f"t{j}", s) for j, s in enumerate(tests or [(j,) for j in range(matrix.shape[1])]))
    verdicts = Verdicts(matrix, np.zeros(matrix.shape), np.full(matrix.shape, NO_OUTPUT))
    picks = select(RULES, candidates, columns, verdicts, stopped="budget")
    return RerankResult(Problem("demo/0", "f", "", ""), candidates, columns, verdicts, picks)


DIFFER = problem(["PPP.", "P..P"], [1, 4])
"""majority takes the first with 3 votes to 2; codet the second with 2·√4 to 3·√1."""


def test_each_rule_is_scored_and_the_best_comes_first() -> None:
    found = compare_rules(tallied([DIFFER] * 4, [grades(False, True)] * 3 + [grades(True, False)]))
    assert [score.rule for score in found] == ["codet", "majority"]
    assert [score.pass_at_1.value for score in found] == [0.75, 0.25]
    assert [score.gain_over_majority.value for score in found] == [0.5, 0.0]


def test_the_gain_over_random_is_paired() -> None:
    """Four of five samples are right on every problem and codet is right on all: no gain differs from 0.2."""
    [codet, majority] = compare_rules(tallied([DIFFER] * 5, [grades(False, True)] * 5))
    assert (codet.gain_over_random.value, codet.gain_over_random.stderr) == pytest.approx((0.2, 0.0))
    assert majority.gain_over_random.value == pytest.approx(-0.8)


def test_a_problem_that_could_not_be_graded_is_left_out_for_all_rules() -> None:
    found = compare_rules(tallied([DIFFER] * 2, [grades(False, True), grades(None, True)]))
    assert [score.pass_at_1.value for score in found] == [1.0, 0.0]


def test_without_a_graded_problem_every_number_is_undefined() -> None:
    assert all(
        math.isnan(s.pass_at_1.value) and math.isnan(s.ahead_of_next)
        for s in compare_rules(tallied([DIFFER], [grades(None, True)]))
    )


def test_the_last_rule_has_no_next_one() -> None:
    assert math.isnan(compare_rules(tallied([DIFFER], [grades(False, True)]))[-1].ahead_of_next)


def test_the_table_shows_undefined_numbers_as_such() -> None:
    row = {"value": None, "ci95": [None, None], "stderr": None}
    scores = {"pass@1": row, "gain_over_random": row, "gain_over_majority": row, "ahead_of_next": None}
    (line,) = [line for line in render_rules({"majority": scores}).splitlines() if line.startswith("|majority|")]
    assert [cell.strip() for cell in line.split("|")[2:-1]] == ["-"] * 6 + [""]


@pytest.mark.parametrize("gains", [[0.0], [0.0, 0.0, 1e-17]])
def test_rules_that_are_equal_everywhere_have_no_interval(gains: list[float]) -> None:
    """A newcomer took "+0.0, -43.4 to +43.4" for a mistake, and found "equal everywhere" on the page."""
    row = interval_row(gain_interval(np.array(gains)))
    assert row["ci95"][1] > 0.5
    scores = {"pass@1": row, "gain_over_random": row, "gain_over_majority": row, "ahead_of_next": 0.5}
    [cells] = rules_table({"evidence": scores, "majority": scores}).rows[:1]
    assert cells[3:7] == ["0.0", "equal everywhere"] * 2
    assert cells[1:3] != cells[3:5]  # a score of 0 has an interval


def test_without_a_majority_vote_nothing_is_compared_with_it() -> None:
    row = {"value": 0.5, "ci95": [0.4, 0.6], "stderr": 0.1}
    rules = {"evidence": {"pass@1": row, "gain_over_random": row, "gain_over_majority": row, "ahead_of_next": None}}
    table = render_rules(without_vote({**rules, "majority": {}}, tests_per_problem=0))
    assert "|evidence|     50.0|40.0 to 60.0|         +50.0|+40.0 to +60.0|" in table
    assert "majority" not in table


def test_a_rule_has_no_interval_of_its_gain_over_itself() -> None:
    [_, majority] = compare_rules(tallied([DIFFER] * 5, [grades(False, True)] * 5))
    assert majority.gain_over_majority.value == 0 and math.isnan(majority.gain_over_majority.low)


# Resampling


def test_a_draw_keeps_candidates_and_takes_some_tests() -> None:
    drawn = with_tests(DIFFER, [3], RULES)
    assert drawn.candidates == DIFFER.candidates
    assert [test.source for test in drawn.tests] == ["t3"]
    assert drawn.selections["majority"].chosen == 1


def test_a_draw_takes_samples_so_that_a_test_often_written_is_often_drawn() -> None:
    often = problem(["P.", ".P"], [1, 1], tests=[(0, 1, 2, 3, 4, 5, 6, 7, 8), (9,)])
    picks = [drawn.selections["majority"].chosen for [drawn] in resample([often], tests=1, rules=RULES)]
    assert 80 <= picks.count(0) < DRAWS


def test_a_sample_with_several_tests_is_drawn_once_and_whole() -> None:
    several = problem(["PPP.", "P..P"], [1, 4], tests=[(0,), (0,), (0, 0), (1,)])
    drawn = [[test.samples for test in found.tests] for [found] in resample([several], tests=1, rules=RULES)]
    assert {str(samples) for samples in drawn} == {"[(0,), (0,), (0, 0)]", "[(1,)]"}
    assert 30 <= drawn.count([(1,)]) <= 70


def test_a_drawn_tests_multiplicity_is_that_of_the_draw() -> None:
    often = problem(["P.", ".P"], [1, 1], tests=[(0, 1, 2), (3,)])
    assert [t.samples for t in with_tests(often, [0, 2, 3], RULES).tests] == [(0, 2), (3,)]


def test_with_all_tests_every_draw_is_the_whole() -> None:
    whole = [r.selections["majority"].rewards for [r] in resample([DIFFER], tests=4, rules=RULES)]
    assert set(whole) == {DIFFER.selections["majority"].rewards}
    assert len(whole) == DRAWS


def test_a_problem_with_fewer_tests_keeps_all_it_has() -> None:
    [first, *_] = resample([DIFFER], tests=9, rules=RULES)
    assert len(first[0].tests) == 4


def test_draws_are_seeded() -> None:
    def picks() -> list[float]:
        return [drawn.selections["codet"].rewards[0] for [drawn] in resample([DIFFER], tests=2, rules=RULES)]

    assert picks() == picks()
    assert len(set(picks())) > 1
