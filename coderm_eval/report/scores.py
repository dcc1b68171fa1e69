"""pass@1 of each way to choose, from picks and grades, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import Candidate, Grade, ProblemCandidates, RerankResult, Selection
from coderm_eval.report.statistics import Interval, gain_interval, score_interval

__all__ = [
    "ROWS",
    "MeanScores",
    "expected_pass_at_1",
    "mean_scores",
    "pass_at_1",
    "pass_rate",
    "pass_rates",
    "problem_scores",
    "random_pass_at_1",
    "tied_pass_at_1",
]

ROWS = ("coderm", "first", "majority", "oracle", "random")
"""The ways to choose, in the order of lm-eval's table (alphabetical)."""


@dataclass(frozen=True)
class MeanScores:
    """Means over problems, by the names in ROWS."""

    pass_at_1: Mapping[str, Interval]
    paired_gain: Mapping[str, Interval]
    """pass@1 of `coderm` minus that of each other row: the mean of the differences, problem by problem."""


def problem_scores(result: RerankResult, grades: Sequence[Grade], rule: str) -> dict[str, float]:
    """pass@1 of each row on one problem; `grades` are those of `result.candidates`, in their order.

    random    expected pass@1 of a uniformly drawn sample
    first     the sample with index 0
    majority  the paper's rule: expected pass@1 over the samples that it leaves tied
    coderm    the one program that the configured `rule` chose
    oracle    1 if any sample is right (pass@N)
    Each other rule that was applied has a row of its name: its expected pass@1 over the samples that it leaves tied.

    A row that depends on a program that could not be graded is NaN.
    """
    right = _right(grades)
    return {
        **{applied: expected_pass_at_1(result, grades, applied) for applied in result.selections},
        "coderm": float(right[result.selections[rule].chosen]),
        "first": float(right[_row_of_sample(result.candidates, 0)]),
        "oracle": 1.0 if np.any(right == 1) else float(np.max(right)),  # one NaN makes the maximum NaN
        "random": random_pass_at_1(result, grades),
    }


def expected_pass_at_1(result: RerankResult, grades: Sequence[Grade], rule: str) -> float:
    """Expected pass@1 of a sample that is drawn from those which `rule` leaves tied; NaN if one has no grade."""
    return tied_pass_at_1(result.selections[rule], result.candidates, grades)


def tied_pass_at_1(selection: Selection, candidates: Sequence[Candidate], grades: Sequence[Grade]) -> float:
    """Expected pass@1 of a sample that is drawn from the ties of `selection`; NaN if one has no grade."""
    ties = list(selection.ties)
    return float(np.average(_right(grades)[ties], weights=_sizes(candidates)[ties]))


def random_pass_at_1(result: RerankResult, grades: Sequence[Grade]) -> float:
    """Expected pass@1 of a sample that is drawn from all; NaN if one has no grade."""
    return float(np.average(_right(grades), weights=_sizes(result.candidates)))


def pass_rates(
    problems: Sequence[ProblemCandidates | RerankResult], grades: Sequence[Sequence[Grade]]
) -> dict[str, float]:
    """`pass_rate` of each problem, by task id."""
    return {p.problem.task_id: pass_rate(p.candidates, g) for p, g in zip(problems, grades, strict=True)}


def pass_rate(candidates: Sequence[Candidate], grades: Sequence[Grade]) -> float:
    """Share of right samples among those that could be graded; 0 if none could."""
    known = [(g.passed, c.multiplicity) for c, g in zip(candidates, grades, strict=True) if g.passed is not None]
    return sum(size for right, size in known if right) / max(1, sum(size for _, size in known))


def pass_at_1(grades: Sequence[Grade]) -> float:
    """Share of right programs; NaN if one could not be graded."""
    return float(np.mean(_right(grades)))


def mean_scores(columns: Mapping[str, npt.NDArray[np.float64]]) -> MeanScores:
    """Average what `problem_scores` gives over problems, of which each of ROWS has a column."""
    return MeanScores(
        pass_at_1={row: score_interval(columns[row]) for row in ROWS},
        paired_gain={row: gain_interval(columns["coderm"] - columns[row]) for row in ROWS if row != "coderm"},
    )


def _right(grades: Sequence[Grade]) -> npt.NDArray[np.float64]:
    return np.array([math.nan if grade.passed is None else float(grade.passed) for grade in grades])


def _sizes(candidates: Sequence[Candidate]) -> npt.NDArray[np.int64]:
    return np.array([candidate.multiplicity for candidate in candidates])


def _row_of_sample(candidates: Sequence[Candidate], sample: int) -> int:
    return next(row for row, c in enumerate(candidates) if sample in c.samples)
