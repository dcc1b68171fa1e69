"""pass@1 of each way to choose, and what one sample, identical and shuffled candidates must give."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.files import write_json
from coderm_eval.core.records import NO_OUTPUT, Candidate, Grade, Problem, RerankResult, UnitTest, Verdict, Verdicts
from coderm_eval.report.rows import interval_row
from coderm_eval.report.scores import ROWS, mean_scores, problem_scores
from coderm_eval.report.statistics import mean_interval
from coderm_eval.report.tables import render_scores
from coderm_eval.selection import select

PROBLEM = Problem("demo/0", "f", "def f(): ...", "What is f?")
GRADES = {True: Grade({"gold": "pass"}), False: Grade({"gold": "fail"}), None: Grade({})}


def reranked(matrix: list[list[bool]], samples: Sequence[tuple[int, ...]]) -> RerankResult:
    cells = np.where(np.array(matrix, dtype=bool), Verdict.PASSED, Verdict.FAILED).astype(np.uint8)
    cells = cells.reshape(len(samples), -1)
    candidates = tuple(Candidate(f"p{i}", indices) for i, indices in enumerate(samples))
    verdicts = Verdicts(cells, np.zeros(cells.shape), np.full(cells.shape, NO_OUTPUT))
    tests = tuple(UnitTest(f"t{j}", (j,)) for j in range(cells.shape[1]))
    return RerankResult(
        PROBLEM,
        candidates,
        tests,
        verdicts,
        select(["majority"], candidates, tests, verdicts, stopped="budget"),
    )


def rows(matrix: list[list[bool]], samples: Sequence[tuple[int, ...]], right: list[bool | None]) -> dict[str, float]:
    return problem_scores(reranked(matrix, samples), [GRADES[r] for r in right], "majority")


def test_each_row_worked_by_hand() -> None:
    """Four samples of three programs. Rows 0 and 2 tie with two passes each, row 2 twice as large, so it is kept."""
    found = rows([[1, 1, 0], [0, 0, 1], [0, 1, 1]], [(0,), (1,), (2, 3)], [False, False, True])  # type: ignore[list-item]
    assert found == {"first": 0.0, "random": 0.5, "oracle": 1.0, "majority": 1.0, "coderm": 1.0}


def test_the_majority_row_averages_ties_and_the_coderm_row_is_one_pick() -> None:
    found = rows([[True], [True]], [(0,), (1, 2, 3)], [False, True])
    assert found["majority"] == 0.75
    assert found["coderm"] == 0.0


@given(st.booleans(), st.lists(st.booleans(), max_size=4))
def test_with_one_sample_every_row_is_the_plain_score(right: bool, passes: list[bool]) -> None:
    assert set(rows([passes], [(0,)], [right]).values()) == {float(right)}


@given(st.integers(1, 50), st.booleans(), st.lists(st.booleans(), max_size=4))
def test_identical_candidates_give_the_plain_score_in_every_row(n: int, right: bool, passes: list[bool]) -> None:
    assert set(rows([passes], [tuple(range(n))], [right]).values()) == {float(right)}


problems = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
        st.permutations(range(n)),
    )
)


@given(problems)
def test_shuffled_candidates_have_the_same_expected_scores(
    drawn: tuple[list[list[bool]], list[bool], list[int]],
) -> None:
    matrix, right, order = drawn
    single = [(i,) for i in range(len(right))]
    before = rows(matrix, single, list(right))
    after = rows([matrix[i] for i in order], single, [right[i] for i in order])
    for row in ("random", "majority", "oracle"):
        assert after[row] == pytest.approx(before[row])


@given(problems)
def test_no_row_is_above_the_oracle_and_the_oracle_is_not_below_random(
    drawn: tuple[list[list[bool]], list[bool], list[int]],
) -> None:
    found = rows(drawn[0], [(i,) for i in range(len(drawn[1]))], list(drawn[1]))
    assert all(found[row] <= found["oracle"] + 1e-12 for row in ROWS)


def test_an_ungraded_program_leaves_only_rows_that_need_it_undefined() -> None:
    found = rows([[True], [False]], [(0,), (1,)], [True, None])
    assert (found["coderm"], found["first"], found["oracle"]) == (1.0, 1.0, 1.0)
    assert math.isnan(found["random"])


def test_an_oracle_is_undefined_if_only_an_ungraded_program_may_be_right() -> None:
    assert math.isnan(rows([[True], [False]], [(0,), (1,)], [False, None])["oracle"])


def test_nothing_graded_is_undefined_and_becomes_null(tmp_path: Path) -> None:
    interval = mean_interval(np.array([math.nan]))
    assert math.isnan(interval.value)
    write_json(tmp_path / "x.json", interval_row(interval))
    assert json.loads((tmp_path / "x.json").read_text())["value"] is None


def test_the_gain_is_paired_by_problem() -> None:
    """Both rows vary from problem to problem, their difference does not."""
    base = np.array([0.0, 0.75, 0.5])
    scores = mean_scores({**dict.fromkeys(ROWS, base), "coderm": base + 0.25})
    gain = scores.paired_gain["random"]
    assert (gain.value, gain.stderr) == pytest.approx((0.25, 0.0))


def test_the_table_has_one_line_per_row_in_lm_evals_shape() -> None:
    scores = mean_scores(dict.fromkeys(ROWS, np.array([0.5, 1.0])))
    lines = render_scores("coderm_demo", scores, mean_interval(np.array([16.0, 16.0]))).splitlines()
    assert [line.split("|")[3].strip() for line in lines[2:] if line.strip()] == [*ROWS, "coderm"]
