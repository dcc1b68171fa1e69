"""When a problem has enough candidates: the published formula, and what counts as a behaviour."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.records import NO_OUTPUT, Verdict, Verdicts
from coderm_eval.selection.settling import behaviours, certainty_of_lead, next_round

P, F, T, N = Verdict.PASSED, Verdict.FAILED, Verdict.TIMED_OUT, Verdict.NOT_RUN


def plain(groups: list[int]) -> float:
    """∫ x^a (1 - x)^b over [1/2, 1], divided by that over [0, 1]: more than b of a + b + 1 fair coins are heads."""
    a, b = sorted([*groups, 0, 0], reverse=True)[:2]
    coins = a + b + 1
    return sum(comb(coins, heads) for heads in range(b + 1, coins + 1)) * 0.5**coins


@given(st.lists(st.integers(1, 60), max_size=6))
def test_the_certainty_is_that_of_its_formula(groups: list[int]) -> None:
    assert certainty_of_lead(groups) == pytest.approx(plain(groups))


@pytest.mark.parametrize(
    ("groups", "certainty"), [([], 0.5), ([1, 1, 1, 1], 0.5), ([4], 1 - 0.5**5), ([4, 1], 57 / 64), ([3, 3], 0.5)]
)
def test_groups_settle_as_one_of_them_leads(groups: list[int], certainty: float) -> None:
    assert certainty_of_lead(groups) == pytest.approx(certainty)


def answers(*programs: list[tuple[Verdict, int]]) -> Verdicts:
    verdicts = Verdicts.not_run(len(programs), len(programs[0]))
    for row, cells in enumerate(programs):
        verdicts.matrix[row], verdicts.outputs[row] = np.array(cells).T
    return verdicts


NO_BEHAVIOUR = {
    "raises on all inputs": [(F, 7), (F, 7)],
    "answers nothing": [(T, NO_OUTPUT), (T, NO_OUTPUT)],
    "returns what cannot be compared": [(P, NO_OUTPUT), (P, NO_OUTPUT)],
    "was not run on one": [(P, 7), (N, NO_OUTPUT)],
}


@pytest.mark.parametrize("cells", NO_BEHAVIOUR.values(), ids=NO_BEHAVIOUR)
def test_a_program_is_in_no_group_if_it(cells: list[tuple[Verdict, int]]) -> None:
    assert list(behaviours(answers(cells, [(P, 1), (F, 2)]))) == [None, (1, 2)]


def test_without_inputs_there_is_no_behaviour() -> None:
    assert list(behaviours(Verdicts.not_run(2, 0))) == [None, None]


@given(st.integers(1, 300))
def test_rounds_draw_each_sample_once_and_are_few(most: int) -> None:
    drawn: list[int] = []
    rounds = 0
    while len(drawn) < most:
        drawn.extend(next_round(len(drawn), most))
        rounds += 1
    assert drawn == list(range(most)) and rounds <= 10
