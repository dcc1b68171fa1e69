"""Which candidates are run on probing inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coderm_eval.core.records import NO_OUTPUT, Candidate, UnitTest, Verdict, Verdicts
from coderm_eval.selection import MOST_FINALISTS, finalists

P, F, _, _, N = Verdict


def chosen(rows: Sequence[Sequence[Verdict]], sizes: Sequence[int] | None = None) -> tuple[int, ...]:
    """The finalists of candidates with these verdicts and multiplicities."""
    starts = np.cumsum([0, *(sizes or [1] * len(rows))])
    candidates = [Candidate(f"p{i}", tuple(range(starts[i], starts[i + 1]))) for i in range(len(rows))]
    matrix = np.array(rows, np.uint8)
    tests = [UnitTest(f"t{j}", (j,)) for j in range(matrix.shape[1])]
    return finalists(candidates, tests, Verdicts(matrix, np.zeros(matrix.shape), np.full(matrix.shape, NO_OUTPUT)))


def test_those_of_more_than_half_of_the_best_score_are_finalists() -> None:
    assert chosen([[P, P], [F, F], [P, P], [F, P]]) == (0, 2)


def test_without_tests_all_are_finalists() -> None:
    count = MOST_FINALISTS + 3
    assert chosen([[]] * count) == tuple(range(count))
    assert chosen([[]]) == ()


def test_nothing_is_to_tell_apart_where_one_is_ahead_or_alone() -> None:
    assert chosen([[P, P], [F, F], [F, F]]) == ()
    assert chosen([[P]]) == ()


def test_one_that_could_not_be_run_is_no_finalist() -> None:
    assert chosen([[P, P], [N, N], [P, P]]) == (0, 2)


def test_of_too_many_equals_the_frequent_and_early_are_taken() -> None:
    rows = [[P]] * (MOST_FINALISTS + 3)
    sizes = [1, 1, 1, *[2] * (MOST_FINALISTS - 1), 1]
    assert chosen(rows, sizes) == (0, *range(3, MOST_FINALISTS + 2))
