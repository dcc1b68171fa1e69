"""The quality of tests: the paper's Table 2, examples worked by hand, and the tests that misled a vote."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from helpers.results import grades

from coderm_eval.core.records import NO_OUTPUT, Candidate, Problem, RerankResult, UnitTest, Verdict, Verdicts
from coderm_eval.report.quality import (
    QUALITIES,
    ConfusionMatrix,
    confusion_of_each_test,
    confusion_of_majority_vote,
    misleading_tests,
)

P, F, N = Verdict.PASSED, Verdict.FAILED, Verdict.NOT_RUN

TABLE_2 = {
    "single Llama3.1-8B": (60.02, 44.97, 13.66, 46.13),
    "single Llama3.1-70B": (73.65, 70.15, 11.10, 34.51),
    "single CodeRM-8B": (69.64, 63.63, 11.17, 38.55),
    "100 Llama3.1-8B": (74.21, 74.35, 20.44, 30.55),
    "100 Llama3.1-70B": (78.30, 78.76, 17.19, 25.97),
    "100 CodeRM-8B": (80.46, 81.27, 16.48, 22.71),
}
"""What arXiv 2501.01054 prints: Acc, F1, FAR, FRR, in per cent."""


def textbook_rates(accuracy: float, f1: float, far: float) -> tuple[float, float, float]:
    """(prevalence, recall, false positive rate) of a row, from three of its numbers.

    F1 = 2 TP / (2 TP + 1 - Acc) gives TP; FAR = FP / (FP + TP) gives FP; what is left of the errors is FN.
    """
    true_positive = f1 * (1 - accuracy) / (2 * (1 - f1))
    false_positive = true_positive * far / (1 - far)
    prevalence = true_positive + (1 - accuracy - false_positive)
    return prevalence, true_positive / prevalence, false_positive / (1 - prevalence)


def shares(prevalence: float, recall: float, false_positive_rate: float) -> ConfusionMatrix:
    return ConfusionMatrix(
        prevalence * recall,
        (1 - prevalence) * false_positive_rate,
        (1 - prevalence) * (1 - false_positive_rate),
        prevalence * (1 - recall),
    )


@pytest.mark.parametrize("row", TABLE_2.values(), ids=TABLE_2)
def test_the_papers_far_and_frr_follow_from_the_textbooks_rates(row: Sequence[float]) -> None:
    accuracy, f1, far, frr = (number / 100 for number in row)
    prevalence, recall, false_positive_rate = textbook_rates(accuracy, f1, far)
    assert prevalence == pytest.approx(0.5358, abs=0.0025)  # pass@1 of the policy: 53.58 %
    found = shares(prevalence, recall, false_positive_rate)
    assert 100 * found.far == pytest.approx(100 * far, abs=0.02)
    assert 100 * found.frr == pytest.approx(100 * frr, abs=0.02)
    assert 100 * found.f1 == pytest.approx(100 * f1, abs=0.02)
    assert 100 * found.accuracy == pytest.approx(100 * accuracy, abs=0.02)


def test_the_papers_far_is_not_what_textbooks_call_false_acceptance() -> None:
    """CodeRM-8B, single tests: of the accepted 11 % are wrong, but of the wrong only 7 % are accepted."""
    accuracy, f1, far, _ = (number / 100 for number in TABLE_2["single CodeRM-8B"])
    found = shares(*textbook_rates(accuracy, f1, far))
    assert (round(found.far, 3), round(found.false_positive_rate, 3)) == (0.112, 0.072)
    assert (round(found.frr, 3), round(found.false_negative_rate, 3)) == (0.385, 0.504)


def test_each_rate_worked_by_hand() -> None:
    """TP 6, FP 2, TN 3, FN 1."""
    found = {name: getattr(ConfusionMatrix(6, 2, 3, 1), name) for name in QUALITIES}
    assert found == pytest.approx(
        {
            "accuracy": 9 / 12,
            "f1": 12 / 15,
            "far": 2 / 8,
            "frr": 1 / 4,
            "precision": 6 / 8,
            "recall": 6 / 7,
            "false_positive_rate": 2 / 5,
            "false_negative_rate": 1 / 7,
        }
    )


@pytest.mark.parametrize("name", QUALITIES)
def test_a_rate_of_nothing_is_undefined(name: str) -> None:
    assert math.isnan(getattr(ConfusionMatrix(0, 0, 0, 0), name))


def problem(
    rows: list[list[Verdict]], samples: Sequence[tuple[int, ...]], tests: Sequence[tuple[int, ...]]
) -> RerankResult:
    matrix = np.array(rows, dtype=np.uint8).reshape(len(rows), -1)
    return RerankResult(
        Problem("demo/0", "f", "", ""),
        tuple(Candidate(f"p{i}", indices) for i, indices in enumerate(samples)),
        tuple(UnitTest(f"t{j}", indices) for j, indices in enumerate(tests)),
        Verdicts(matrix, np.zeros(matrix.shape), np.full(matrix.shape, NO_OUTPUT)),
        {},
    )


def counts(found: ConfusionMatrix) -> tuple[float, float, float, float]:
    return found.true_positive, found.false_positive, found.true_negative, found.false_negative


def test_each_pair_of_a_program_sample_and_a_test_sample_counts() -> None:
    """A right program sampled twice passes a test sampled three times and fails another; a wrong one the reverse."""
    asked = problem([[P, F], [F, P]], [(0, 1), (2,)], [(0, 1, 2), (3,)])
    assert counts(confusion_of_each_test(asked, grades(True, False))) == (6, 1, 3, 2)


def test_the_vote_accepts_the_programs_that_pass_the_most_tests() -> None:
    asked = problem([[P, P], [P, P], [P, F]], [(0,), (1, 2), (3,)], [(0,), (1,)])
    assert counts(confusion_of_majority_vote(asked, grades(True, False, True))) == (1, 2, 0, 1)


def test_problems_add_up() -> None:
    asked = problem([[P], [F]], [(0,), (1,)], [(0,)])
    one, other = (confusion_of_majority_vote(asked, given) for given in (grades(True, False), grades(False, True)))
    assert counts(one + other) == (1, 1, 1, 1)


def test_what_could_not_be_run_or_graded_is_not_counted() -> None:
    asked = problem([[P, N], [P, P], [F, F]], [(0,), (1,), (2,)], [(0,), (1,)])
    assert counts(confusion_of_each_test(asked, grades(True, None, False))) == (1, 0, 2, 0)


def test_a_problem_without_tests_has_no_vote() -> None:
    untested = problem([[], []], [(0,), (1,)], [])
    assert counts(confusion_of_majority_vote(untested, grades(True, False))) == (0, 0, 0, 0)


def test_the_tests_that_misled_are_those_only_the_wrong_leader_passes() -> None:
    """Sample 0 is wrong and passes three tests; of the right ones 1 passes two, 2 one. All pass the first."""
    asked = problem(
        [[P, P, P, F], [P, F, F, P], [P, F, F, F], [F, F, P, F]],
        [(0,), (1,), (2,), (3, 4)],
        [(0,), (1,), (2,), (3,)],
    )
    found = misleading_tests(asked, grades(False, True, True, False))
    assert [(m.test, m.wrong, m.right) for m in found] == [(1, 0, 1), (2, 0, 1)]
    assert [(m.accepted_wrong, m.accepted_right) for m in found] == [(1 / 3, 0.0), (1.0, 0.0)]


@pytest.mark.parametrize("right", [(True, False), (False, False)])
def test_nothing_misled_a_vote_that_was_right_or_could_not_be(right: tuple[bool, bool]) -> None:
    assert misleading_tests(problem([[P], [F]], [(0,), (1,)], [(0,)]), grades(*right)) == []
