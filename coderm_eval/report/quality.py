"""How good the tests are, judged by the benchmark's own: as CodeRM's Table 2 prints it, and under textbook names.

A program is accepted or rejected, and right or wrong. Single test: accepted by a test that it passes. Vote: accepted
if no candidate of its problem passes more tests. Every pair of samples, of a program and of a test, counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import Grade, RerankResult

__all__ = ["QUALITIES", "ConfusionMatrix", "MisleadingTest", "misleading_tests", "single_tests", "vote"]

QUALITIES = (
    *("accuracy", "f1", "far", "frr"),
    *("precision", "recall", "false_positive_rate", "false_negative_rate"),
)
"""Names of what `Confusion` says: the paper's four, then the textbooks'."""

_Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConfusionMatrix:
    """Counts, or shares, of the four outcomes; rates that divide by nothing are NaN."""

    true_positive: float
    """Right and accepted."""
    false_positive: float
    """Wrong and accepted."""
    true_negative: float
    false_negative: float

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
        """FP / (FP + TN): of the wrong programs, those accepted."""
        return _ratio(self.false_positive, self.false_positive + self.true_negative)

    @property
    def false_negative_rate(self) -> float:
        """FN / (FN + TP): of the right programs, those rejected."""
        return _ratio(self.false_negative, self.false_negative + self.true_positive)

    @property
    def far(self) -> float:
        """FP / (FP + TP): what the paper (Appendix D) prints as FAR; its usual name is false discovery rate."""
        return _ratio(self.false_positive, self.false_positive + self.true_positive)

    @property
    def frr(self) -> float:
        """FN / (FN + TN): what the paper (Appendix D) prints as FRR; its usual name is false omission rate."""
        return _ratio(self.false_negative, self.false_negative + self.true_negative)

    def __add__(self, other: ConfusionMatrix) -> ConfusionMatrix:
        return ConfusionMatrix(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.true_negative + other.true_negative,
            self.false_negative + other.false_negative,
        )

    @classmethod
    def of(cls, accepted: _Weights, right: _Weights, weights: _Weights) -> ConfusionMatrix:
        """From arrays that go together: 1 for accepted, 1 for right, and how often each counts."""

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
    """A test that spoke for a wrong program which the vote put first, and against the best-placed right one."""

    task_id: str
    test: int
    """Its column among the problem's tests."""
    wrong: int
    """The lowest sample index of that wrong program."""
    right: int
    accepted_wrong: float
    """Share of the problem's wrong samples that it accepts."""
    accepted_right: float


def single_tests(results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> ConfusionMatrix:
    """Each test by itself, over all problems."""
    return _sum(_single_tests(_View(r, g)) for r, g in zip(results, grades, strict=True))


def vote(results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> ConfusionMatrix:
    """All tests of a problem together, over all problems that have any."""
    return _sum(_vote(_View(r, g)) for r, g in zip(results, grades, strict=True) if r.tests)


def misleading_tests(result: RerankResult, grades: Sequence[Grade]) -> list[MisleadingTest]:
    """Those of one problem; none where the vote puts a right program first, or there is no right program."""
    view = _View(result, grades)
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
            accepted_wrong=_mean(view.passed[:, column], view.sizes * (1 - view.right)),
            accepted_right=_mean(view.passed[:, column], view.sizes * view.right),
        )
        for column in columns
    ]


class _View:
    """One problem's arrays: candidates that could not be graded are left out, and tests that could not be run."""

    def __init__(self, result: RerankResult, grades: Sequence[Grade]) -> None:
        kept = [row for row, grade in enumerate(grades) if grade.passed is not None]
        self.cells = result.verdicts.ran[kept].astype(np.float64)
        self.passed = result.verdicts.passed[kept].astype(np.float64)
        self.right = np.array([float(grades[row].passed is True) for row in kept])
        self.sizes = np.array([float(result.candidates[row].multiplicity) for row in kept])
        self.first_sample = [result.candidates[row].samples[0] for row in kept]
        self.test_sizes = np.array([float(test.multiplicity) for test in result.tests])
        self.votes = self.passed.sum(axis=1)
        self.leads = self.votes == self.votes.max(initial=-1)


def _single_tests(view: _View) -> ConfusionMatrix:
    weights = view.cells * view.sizes[:, None] * view.test_sizes
    return ConfusionMatrix.of(view.passed, view.right[:, None], weights)


def _vote(view: _View) -> ConfusionMatrix:
    return ConfusionMatrix.of(view.leads.astype(np.float64), view.right, view.sizes)


def _sum(parts: Iterable[ConfusionMatrix]) -> ConfusionMatrix:
    return sum(parts, ConfusionMatrix(0, 0, 0, 0))


def _mean(values: _Weights, weights: _Weights) -> float:
    return _ratio(float((values * weights).sum()), float(weights.sum()))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
