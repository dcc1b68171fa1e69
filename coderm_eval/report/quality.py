"""The quality of the generated tests, by the benchmark's own: CodeRM's Table 2, and the textbooks' rates.

A program is right or wrong by its grade, and accepted or rejected by the generated tests, in two ways. Each test by
itself accepts the programs that pass it. The majority vote of a problem's tests accepts the programs that pass the
most tests. Repeated samples count as often as they were drawn: a program sampled twice against a test sampled three
times counts six times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import Grade, RerankResult

__all__ = [
    "QUALITIES",
    "ConfusionMatrix",
    "MisleadingTest",
    "confusion_of_each_test",
    "confusion_of_majority_vote",
    "misleading_tests",
]

QUALITIES = (
    *("accuracy", "f1", "far", "frr"),
    *("precision", "recall", "false_positive_rate", "false_negative_rate"),
)
"""Rates of a `ConfusionMatrix`: the four that the paper prints, then the textbooks'."""

_Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConfusionMatrix:
    """Counts or shares of the four outcomes; a rate with denominator 0 is NaN."""

    true_positive: float
    """Right and accepted."""
    false_positive: float
    """Wrong and accepted."""
    true_negative: float
    """Wrong and rejected."""
    false_negative: float
    """Right and rejected."""

    @property
    def counts(self) -> list[float]:
        """The four, in their order."""
        return [self.true_positive, self.false_positive, self.true_negative, self.false_negative]

    @property
    def accuracy(self) -> float:
        return _ratio(
            self.true_positive + self.true_negative,
            self.true_positive + self.true_negative + self.false_positive + self.false_negative,
        )

    @property
    def precision(self) -> float:
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)

    @property
    def false_positive_rate(self) -> float:
        """FP / (FP + TN), the share of wrong programs that are accepted."""
        return _ratio(self.false_positive, self.false_positive + self.true_negative)

    @property
    def false_negative_rate(self) -> float:
        """FN / (FN + TP), the share of right programs that are rejected."""
        return _ratio(self.false_negative, self.false_negative + self.true_positive)

    @property
    def far(self) -> float:
        """FP / (FP + TP), which the paper (Appendix D) calls FAR; the usual name is false discovery rate."""
        return _ratio(self.false_positive, self.false_positive + self.true_positive)

    @property
    def frr(self) -> float:
        """FN / (FN + TN), which the paper (Appendix D) calls FRR; the usual name is false omission rate."""
        return _ratio(self.false_negative, self.false_negative + self.true_negative)

    def __add__(self, other: ConfusionMatrix) -> ConfusionMatrix:
        return ConfusionMatrix(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.true_negative + other.true_negative,
            self.false_negative + other.false_negative,
        )

    @classmethod
    def from_weights(cls, accepted: _Weights, right: _Weights, weights: _Weights) -> ConfusionMatrix:
        """Count outcomes, of three arrays whose shapes broadcast.

        Args:
            accepted: 1 where the program is accepted, else 0.
            right: 1 where the program is right, else 0.
            weights: how often each outcome counts.
        """

        def count(is_accepted: _Weights, is_right: _Weights) -> float:
            return float((weights * is_accepted * is_right).sum())

        return cls(
            count(accepted, right),
            count(accepted, 1 - right),
            count(1 - accepted, 1 - right),
            count(1 - accepted, right),
        )


@dataclass(frozen=True)
class MisleadingTest:
    """A test passed by the wrong program that the majority vote put first, and failed by the best right program."""

    task_id: str
    test: int
    """Its column among the problem's tests."""
    wrong: int
    """Lowest sample index of the wrong program."""
    right: int
    """Lowest sample index of the right program that passes the most tests."""
    accepted_wrong: float
    """Share of the problem's wrong samples that pass the test."""
    accepted_right: float
    """Share of the problem's right samples that pass the test."""


def confusion_of_each_test(result: RerankResult, grades: Sequence[Grade]) -> ConfusionMatrix:
    """Count the outcomes of each test of a problem by itself."""
    return _GradedMatrix(result, grades).each_test()


def confusion_of_majority_vote(result: RerankResult, grades: Sequence[Grade]) -> ConfusionMatrix:
    """Count the outcomes of the vote of a problem's tests; none where it has no tests."""
    return _GradedMatrix(result, grades).majority_vote() if result.tests else ConfusionMatrix(0, 0, 0, 0)


def misleading_tests(result: RerankResult, grades: Sequence[Grade]) -> list[MisleadingTest]:
    """List the misleading tests of one problem: none if the vote puts a right program first, or no program is right."""
    view = _GradedMatrix(result, grades)
    first = np.flatnonzero(view.leads)
    right = np.flatnonzero(view.right == 1)
    if not right.size or view.right[first].any():
        return []
    wrong, best = int(first[0]), int(right[np.argmax(view.votes[right])])
    columns = np.flatnonzero((view.passed[wrong] == 1) & (view.passed[best] == 0))
    return [
        MisleadingTest(
            task_id=result.problem.task_id,
            test=int(column),
            wrong=view.first_sample[wrong],
            right=view.first_sample[best],
            accepted_wrong=_weighted_mean(view.passed[:, column], view.sizes * (1 - view.right)),
            accepted_right=_weighted_mean(view.passed[:, column], view.sizes * view.right),
        )
        for column in columns
    ]


class _GradedMatrix:
    """One problem's verdicts and grades as arrays; candidates that could not be graded are left out."""

    def __init__(self, result: RerankResult, grades: Sequence[Grade]) -> None:
        kept = [row for row, grade in enumerate(grades) if grade.passed is not None]
        self.ran = result.verdicts.ran[kept].astype(np.float64)
        self.passed = result.verdicts.passed[kept].astype(np.float64)
        self.right = np.array([float(grades[row].passed is True) for row in kept])
        self.sizes = np.array([float(result.candidates[row].multiplicity) for row in kept])
        self.first_sample = [result.candidates[row].samples[0] for row in kept]
        self.test_sizes = np.array([float(test.multiplicity) for test in result.tests])
        self.votes = self.passed.sum(axis=1)
        self.leads = self.votes == self.votes.max(initial=-1)

    def each_test(self) -> ConfusionMatrix:
        """Executions that could not be run count for nothing."""
        weights = self.ran * self.sizes[:, None] * self.test_sizes
        return ConfusionMatrix.from_weights(self.passed, self.right[:, None], weights)

    def majority_vote(self) -> ConfusionMatrix:
        return ConfusionMatrix.from_weights(self.leads.astype(np.float64), self.right, self.sizes)


def _weighted_mean(values: _Weights, weights: _Weights) -> float:
    return _ratio(float((values * weights).sum()), float(weights.sum()))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
