"""How likely a pick is to be right: against its formula read slowly, and what has to hold of any probability."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from coderm_eval.core.records import NO_OUTPUT
from coderm_eval.selection import Ballot
from coderm_eval.selection.confidence import confidence


def ballot(passed: list[str], samples: list[int], probes: list[str] | None = None) -> Ballot:
    """Candidates by what they pass, "1" or "0", and how they answer; a test's answer is whether it is passed."""
    cells = np.array([list(row) for row in passed], np.int64).reshape(len(passed), -1)
    answers = [list(row) for row in probes or [""] * len(passed)]
    return Ballot(
        passed=cells == 1,
        multiplicity=np.array(samples, np.int64),
        test_multiplicity=np.ones(cells.shape[1], np.int64),
        outputs=cells,
        first=np.cumsum([0, *samples[:-1]]),
        probes=np.array(answers, np.int64).reshape(len(passed), -1),
    )


def silent(passed: list[str]) -> Ballot:
    """Candidates that answer nothing."""
    problem = ballot(passed, [1] * len(passed))
    return replace(problem, outputs=np.full_like(problem.outputs, NO_OUTPUT))


def read_slowly(problem: Ballot, row: int) -> float:
    passable = [column for column in range(problem.passed.shape[1]) if problem.passed[:, column].any()]
    votes = sum(bool(problem.passed[row, column]) for column in passable)
    alike = sum(
        int(problem.multiplicity[other])
        for other in range(len(problem.multiplicity))
        if list(problem.outputs[other]) == list(problem.outputs[row])
        and list(problem.probes[other]) == list(problem.probes[row])
    )
    samples = int(problem.multiplicity.sum())
    crowd = (alike - 1) / (samples - 1) if samples > 1 else 0
    share = votes / (len(passable) + 1) if problem.passed.shape[1] else 0.5
    return 1 / (1 + math.exp(3.4 - 3.8 * share - 3.5 * crowd))


BALLOTS = [
    ballot(["110", "110", "100"], [3, 1, 2]),
    ballot(["110", "110", "100"], [3, 1, 2], ["12", "13", "12"]),
    ballot(["000", "000"], [1, 4]),
    ballot(["", ""], [1, 4], ["7", "8"]),
    ballot(["1"], [5]),
    ballot(["1"], [1]),
]


@pytest.mark.parametrize("problem", BALLOTS)
def test_it_is_the_formula_read_slowly(problem: Ballot) -> None:
    for row in range(len(problem.multiplicity)):
        assert confidence(problem, row) == pytest.approx(read_slowly(problem, row), abs=1e-6)


def test_more_passed_tests_and_more_agreement_make_it_more_likely() -> None:
    few, many = (ballot([rows, "1111"], [2, 2]) for rows in ("1100", "1110"))
    assert confidence(few, 0) < confidence(many, 0)
    alone, crowd = (ballot(["11", "10"], sizes) for sizes in ([1, 9], [9, 1]))
    assert confidence(alone, 0) < confidence(crowd, 0)


def test_a_test_that_nobody_passes_makes_nothing_less_likely() -> None:
    assert confidence(ballot(["110", "100"], [1, 1]), 0) == confidence(ballot(["11", "10"], [1, 1]), 0)


@pytest.mark.parametrize(
    ("problem", "most"),
    [
        pytest.param(silent(["00", "00"]), 0.05, id="no test is passed, and nothing answered"),
        pytest.param(ballot(["", "", ""], [1, 1, 1]), 0.5, id="nobody answers probing inputs, and there are no tests"),
    ],
)
def test_programs_that_do_nothing_are_no_crowd(problem: Ballot, most: float) -> None:
    assert confidence(problem, 0) < most


def test_without_anything_asked_the_same_text_is_the_crowd() -> None:
    assert confidence(ballot([""], [20]), 0) > 0.8
