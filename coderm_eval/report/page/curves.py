"""pass@1 with fewer tests and with fewer candidates, by rule, from the verdicts that a run recorded.

A run directory has no outputs, so that only rules which look at nothing but verdicts can pick again. Each problem has
random orders of its own: the spread of the mean over problems follows from those of the problems.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import NO_OUTPUT, Grade, RerankResult
from coderm_eval.report.rules import fully_graded
from coderm_eval.selection.ballot import Ballot
from coderm_eval.selection.picks import best_rows
from coderm_eval.selection.registry import known_rules

__all__ = ["DRAWN_RULES", "ORDERS", "CurvePoint", "over_candidates", "over_tests", "pass_at_k", "resampled_problems"]

DRAWN_RULES = ("majority", "codet", "b4")
"""Rules of verdicts alone, and quick: the others read outputs, are variants of these or take ten times as long."""
ORDERS = 10
"""Random orders of each problem. With 164 problems the mean of ten is known to a third of the band that is drawn."""
_SEED = 0
_WIDTH = 1.959964  # 95 % of a normal distribution

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]


class CurvePoint(NamedTuple):
    """Mean pass@1 over problems; 95 % of random orders are between `low` and `high`."""

    size: int
    value: float
    low: float
    high: float


class _Problem(NamedTuple):
    """A problem of which every cell was run and every candidate graded."""

    passed: npt.NDArray[np.bool_]
    right: _Floats
    of_sample: _Integers
    """The row of each sample."""
    of_test_sample: _Integers
    """Shape (test samples, tests): 1 where the sample holds the test."""

    def with_tests(self, order: _Integers) -> tuple[Ballot, _Floats]:
        """The problem with these test samples only, and which of its rows are right."""
        drawn = self.of_test_sample[order].sum(axis=0)
        kept = drawn > 0
        sizes = np.bincount(self.of_sample, minlength=len(self.right))
        return _ballot(self.passed[:, kept], sizes, drawn[kept]), self.right

    def with_samples(self, order: _Integers) -> tuple[Ballot, _Floats]:
        """The problem with these samples only, and which of its rows are right."""
        drawn = np.bincount(self.of_sample[order], minlength=len(self.right))
        kept = drawn > 0
        return _ballot(self.passed[kept], drawn[kept], self.of_test_sample.sum(axis=0)), self.right[kept]


def resampled_problems(results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> list[_Problem]:
    """The problems that curves can be of: all cells were run, and all candidates were graded."""
    return [_problem(r, g) for r, g in fully_graded(results, grades) if r.verdicts.ran.all()]


def over_tests(problems: Sequence[_Problem], rules: Sequence[str]) -> dict[str, list[CurvePoint]]:
    """pass@1 by rule with 1, 2, 4, ... test samples of each problem; one with fewer, or none, has all of its own."""
    return _curves(problems, rules, [len(p.of_test_sample) for p in problems], _Problem.with_tests)


def over_candidates(problems: Sequence[_Problem], rules: Sequence[str]) -> dict[str, list[CurvePoint]]:
    """pass@1 by rule with 1, 2, 4, ... samples of each problem and all of its tests."""
    return _curves(problems, rules, [len(p.of_sample) for p in problems], _Problem.with_samples)


def pass_at_k(samples: int, right: int, k: int) -> float:
    """The unbiased estimate 1 - C(n-c, k) / C(n, k) of pass@k (Chen et al. 2021, arXiv 2107.03374, equation 1)."""
    if samples - right < k:
        return 1.0
    return 1.0 - math.comb(samples - right, k) / math.comb(samples, k)


def _problem(result: RerankResult, grades: Sequence[Grade]) -> _Problem:
    rows = {sample: row for row, c in enumerate(result.candidates) for sample in c.samples}
    places = {sample: place for place, sample in enumerate(sorted(result.test_samples))}
    holds = np.zeros((len(places), len(result.tests)), np.int64)
    for column, test in enumerate(result.tests):
        holds[[places[sample] for sample in test.samples], column] = 1
    return _Problem(
        passed=result.verdicts.passed,
        right=np.array([float(grade.passed is True) for grade in grades]),
        of_sample=np.array([rows[sample] for sample in sorted(rows)]),
        of_test_sample=holds,
    )


def _curves(
    problems: Sequence[_Problem],
    rules: Sequence[str],
    available: Sequence[int],
    drawn: Callable[[_Problem, _Integers], tuple[Ballot, _Floats]],
) -> dict[str, list[CurvePoint]]:
    """Scores of shape (problems, orders, sizes, rules), as means over problems."""
    most = max(available, default=0)
    sizes = [*(2**n for n in range(most.bit_length()) if 2**n < most), most]
    scores = np.empty((len(problems), ORDERS, len(sizes), len(rules)))
    for number, (problem, known) in enumerate(zip(problems, available, strict=True)):
        everything = _scores(*drawn(problem, np.arange(known)), rules)
        rng = np.random.default_rng([_SEED, number])
        for order in range(ORDERS):
            shuffled = rng.permutation(known)
            scores[number, order] = [
                _scores(*drawn(problem, shuffled[:size]), rules) if size < known else everything for size in sizes
            ]
    return _points(scores, sizes, rules)


def _scores(ballot: Ballot, right: _Floats, rules: Sequence[str]) -> list[float]:
    """Expected pass@1 of each rule over the samples that it leaves tied."""
    ties = [best_rows(known_rules()[rule](ballot)) for rule in rules]
    sizes = ballot.multiplicity
    return [float(right[rows] @ sizes[rows] / sizes[rows].sum()) for rows in ties]


def _points(scores: _Floats, sizes: Sequence[int], rules: Sequence[str]) -> dict[str, list[CurvePoint]]:
    means = scores.mean(axis=(0, 1))
    around = _WIDTH * np.sqrt(scores.var(axis=1, ddof=1).sum(axis=0)) / len(scores)
    return {
        rule: [
            CurvePoint(size, *(float(x) for x in (mean, max(0.0, mean - width), min(1.0, mean + width))))
            for size, mean, width in zip(sizes, means[:, number], around[:, number], strict=True)
        ]
        for number, rule in enumerate(rules)
    }


def _ballot(passed: npt.NDArray[np.bool_], sizes: _Integers, test_sizes: _Integers) -> Ballot:
    rows = len(passed)
    return Ballot(
        passed=passed,
        multiplicity=sizes,
        test_multiplicity=test_sizes,
        outputs=np.full(passed.shape, NO_OUTPUT, np.int64),
        first=np.arange(rows),
        probes=np.zeros((rows, 0), np.int64),
    )
