"""Curves over tests and candidates, from what a run recorded."""

from __future__ import annotations

import math
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pytest

from coderm_eval.core.records import NO_OUTPUT, Candidate, Grade, Problem, RerankResult, UnitTest, Verdicts
from coderm_eval.report.page.curves import over_candidates, over_tests, pass_at_k, resampled_problems
from coderm_eval.report.page.page import read_run
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.scores import expected_pass_at_1
from coderm_eval.selection import select
from coderm_eval.selection.resampling import with_tests

RULES = ["majority", "codet", "b4"]


def result(cells: list[str], sizes: list[int]) -> RerankResult:
    """A problem with these verdicts; test j is written in sample j and, if it is the first, in the last one, too."""
    tests = len(cells[0])
    starts = np.cumsum([0, *sizes])
    candidates = tuple(Candidate(f"program {n}", tuple(range(starts[n], starts[n + 1]))) for n in range(len(cells)))
    written = tuple(UnitTest(f"test {n}", (n, tests) if n == 0 else (n,)) for n in range(tests))
    matrix = np.array([["PFTCN".index(cell) for cell in row] for row in cells], np.uint8)
    verdicts = Verdicts(matrix, np.zeros(matrix.shape), np.full(matrix.shape, NO_OUTPUT, np.int64))
    selections = select(RULES, candidates, written, verdicts, stopped="limit")
    return RerankResult(Problem("a/1", "f", "", ""), candidates, written, verdicts, selections)


GRADES = [Grade({"base": "pass"}), Grade({"base": "fail"}), Grade({"base": "fail"})]


def test_the_last_point_is_the_runs_own_score(run: Path) -> None:
    recorded = read_run(RunDirectory(run))
    problems = resampled_problems(recorded.results, recorded.grades)
    assert len(problems) == 3
    for curves in (over_tests(problems, RULES), over_candidates(problems, RULES)):
        for rule in RULES:
            last = curves[rule][-1]
            assert last.low == last.value == last.high
            assert math.isclose(last.value, recorded.summary["rules"][rule]["pass@1"]["value"], abs_tol=1e-6)


@pytest.mark.parametrize("samples", [[0], [3], [0, 3], [1, 2], [0, 1, 2, 3]])
def test_fewer_tests_are_picked_by_as_the_loop_does(samples: list[int]) -> None:
    problem = result(["PPF", "FPP", "FFP"], [2, 1, 1])
    [resampled] = resampled_problems([problem], [GRADES])
    ballot, right = resampled.with_tests(np.array(samples))
    expected = with_tests(problem, samples, RULES)
    assert ballot.passed.tolist() == expected.verdicts.passed.tolist()
    assert ballot.test_multiplicity.tolist() == [test.multiplicity for test in expected.tests]
    assert right.tolist() == [1, 0, 0]


def test_one_candidate_is_a_random_sample_and_all_orders_agree() -> None:
    """One right of three samples: pass@1 of one of them is a third in the mean, with a band as wide as a coin's."""
    problems = resampled_problems([result(["PPF", "FPP", "FFP"], [1, 1, 1])] * 200, [GRADES] * 200)
    first = over_candidates(problems, ["majority"])["majority"][0]
    assert abs(first.value - 1 / 3) < 0.03
    coin = 1.96 * math.sqrt(1 / 3 * 2 / 3 / 200)
    assert math.isclose(first.high - first.value, coin, rel_tol=0.15)


def test_the_mean_over_draws_is_that_over_all_subsets() -> None:
    problem = result(["PPF", "FPP", "FFP"], [2, 1, 1])
    pairs = [with_tests(problem, pair, RULES) for pair in combinations(range(4), 2)]
    exact = {rule: np.mean([expected_pass_at_1(drawn, GRADES, rule) for drawn in pairs]) for rule in RULES}
    found = over_tests(resampled_problems([problem] * 100, [GRADES] * 100), RULES)
    for rule in RULES:
        [point] = [point for point in found[rule] if point.size == 2]
        assert abs(point.value - exact[rule]) < 0.05


def test_problems_without_tests_count_with_a_random_sample() -> None:
    """As in the scores of the run: a problem that nothing was written for is no easier for being left out."""
    problems = resampled_problems([result(["", ""], [1, 1]), result(["P", "F"], [1, 1])], [GRADES[:2]] * 2)
    for rule in RULES:
        assert over_tests(problems, RULES)[rule][-1].value == over_candidates(problems, RULES)[rule][-1].value == 0.75


def test_problems_with_what_could_not_be_run_are_left_out() -> None:
    whole, gap = result(["PPF", "FPP", "FFP"], [1, 1, 1]), result(["PPF", "FNP", "FFP"], [1, 1, 1])
    assert len(resampled_problems([whole, gap], [GRADES, GRADES])) == 1
    assert resampled_problems([whole], [[*GRADES[:2], Grade()]]) == []


@pytest.mark.parametrize(("samples", "right", "k"), [(10, 3, 1), (10, 3, 4), (10, 0, 5), (10, 8, 4), (5, 5, 5)])
def test_pass_at_k_is_the_unbiased_estimate(samples: int, right: int, k: int) -> None:
    assert math.isclose(pass_at_k(samples, right, k), 1 - comb(samples - right, k) / comb(samples, k), abs_tol=1e-12)
