"""The paper's majority rule, against a slow reading of its formula and examples worked by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.records import Candidate, Verdict, Verdicts
from coderm_eval.selection import RULES, majority, select

P, F, T, C, N = Verdict


def verdicts(*rows: list[Verdict]) -> Verdicts:
    matrix = np.array(rows, dtype=np.uint8).reshape(len(rows), -1)
    return Verdicts(matrix, np.zeros(matrix.shape))


def distinct(*sizes: int) -> list[Candidate]:
    """Candidates with these multiplicities, their samples numbered one after the other."""
    starts = np.cumsum([0, *sizes])
    return [Candidate(f"p{i}", tuple(range(starts[i], starts[i + 1])), "") for i in range(len(sizes))]


def slow_paper_rule(passed: npt.NDArray[np.bool_], sizes: list[int]) -> set[int]:
    """The authors' scorer in plain loops: most passes, then the largest group of identical passed sets."""
    samples = [(row, frozenset(np.flatnonzero(passed[row]))) for row, size in enumerate(sizes) for _ in range(size)]
    most = max(len(tests) for _, tests in samples)
    top = [(row, tests) for row, tests in samples if len(tests) == most]
    groups = [sum(other == tests for _, other in top) for _, tests in top]
    return {row for (row, _), group in zip(top, groups, strict=True) if group == max(groups)}


matrices = st.integers(1, 7).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=n, max_size=n),
        st.lists(st.integers(1, 5), min_size=n, max_size=n),
    )
)


@given(matrices)
def test_majority_keeps_the_candidates_that_the_authors_scorer_keeps(drawn: tuple[list[list[bool]], list[int]]) -> None:
    passed, sizes = np.array(drawn[0], dtype=bool), drawn[1]
    scores = majority(passed, np.array(sizes))
    assert set(np.flatnonzero(scores == scores.max())) == slow_paper_rule(passed, sizes)


@given(matrices, st.randoms(use_true_random=False))
def test_majority_does_not_depend_on_the_order_of_candidates_or_tests(
    drawn: tuple[list[list[bool]], list[int]], random: np.random.RandomState
) -> None:
    passed, sizes = np.array(drawn[0], dtype=bool), np.array(drawn[1])
    rows, columns = list(range(passed.shape[0])), list(range(passed.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    shuffled = majority(passed[rows][:, columns], sizes[rows])
    assert shuffled == pytest.approx(majority(passed, sizes)[rows])


def test_majority_worked_by_hand() -> None:
    """Passes: 2, 2, 1. Rows 0 and 1 pass different pairs; row 1 stands for two samples, so its group is larger.

    Scores: 2 + 1/5, 2 + 2/5, 1 + 1/5 (four samples in all).
    """
    passed = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=bool)
    assert majority(passed, np.array([1, 2, 1])) == pytest.approx([2.2, 2.4, 1.2])


def test_a_larger_group_never_outweighs_one_more_passed_test() -> None:
    passed = np.array([[1, 1], [1, 0]], dtype=bool)
    scores = majority(passed, np.array([1, 1000]))
    assert scores[0] > scores[1]


def test_without_tests_every_candidate_ties_and_the_first_sample_is_chosen() -> None:
    selection = select("majority", distinct(1, 1, 1), verdicts([], [], []), stopped="budget")
    assert (selection.chosen, selection.ties, selection.tests_used) == (0, (0, 1, 2), 0)


def test_among_equals_the_lowest_sample_index_is_chosen_whatever_the_row_order() -> None:
    candidates = [Candidate("b", (1,), ""), Candidate("a", (0,), "")]
    selection = select("majority", candidates, verdicts([P], [P]), stopped="budget")
    assert candidates[selection.chosen].samples == (0,)


def test_timeouts_and_crashes_count_as_not_passed() -> None:
    selection = select("majority", distinct(1, 1, 1), verdicts([T, T], [C, C], [P, F]), stopped="budget")
    assert selection.chosen == 2
    assert selection.rewards[0] == selection.rewards[1]


def test_a_test_that_could_not_be_run_against_one_candidate_is_left_out_for_all() -> None:
    """Row 1 would win by the first column, which is missing for row 0."""
    selection = select("majority", distinct(1, 1), verdicts([N, P], [P, F]), stopped="budget")
    assert (selection.chosen, selection.tests_used) == (0, 1)


def test_a_candidate_against_which_nothing_could_be_run_is_not_chosen_and_costs_the_others_no_test() -> None:
    selection = select("majority", distinct(1, 1, 1), verdicts([N, N], [F, F], [P, F]), stopped="budget")
    assert (selection.chosen, selection.tests_used) == (2, 2)
    assert np.isnan(selection.rewards[0])


def test_where_nothing_could_be_run_at_all_the_first_sample_is_chosen() -> None:
    selection = select("majority", distinct(1, 1), verdicts([N, N], [N, N]), stopped="budget")
    assert (selection.chosen, selection.ties, selection.tests_used) == (0, (0, 1), 0)


@pytest.mark.parametrize("rule", list(RULES))
def test_identical_candidates_share_their_score(rule: str) -> None:
    selection = select(rule, distinct(2, 1, 1), verdicts([P, F], [P, F], [F, F]), stopped="budget")
    assert selection.rewards[0] == selection.rewards[1]
    assert selection.ties == (0, 1)
