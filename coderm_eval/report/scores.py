"""From picks and grades to numbers: pass@1 of each way to choose, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import Candidate, Grade, ProblemCandidates, RerankResult, Selection
from coderm_eval.report.statistics import Interval, mean_interval

__all__ = [
    "ROWS",
    "Scores",
    "expected_pass_at_1",
    "pass_at_1",
    "pass_rate",
    "pass_rates",
    "problem_scores",
    "random_pass_at_1",
    "score",
    "tied_pass_at_1",
]

ROWS = ("coderm", "first", "majority", "oracle", "random")
"""The ways to choose, in the order of lm-eval's table (alphabetical)."""


@dataclass(frozen=True)
class Scores:
    pass_at_1: Mapping[str, Interval]
    """By the names in ROWS."""
    paired_gain: Mapping[str, Interval]
    """`coderm` minus each other row, problem by problem."""


def problem_scores(result: RerankResult, grades: Sequence[Grade], rule: str) -> dict[str, float]:
    """pass@1 of each row on one problem; `grades` goes with `result.candidates`.

    random    expected pass@1 of a uniformly drawn sample
    first     the sample with index 0
    majority  the paper's rule: expected pass@1 over the samples that it leaves tied
    coderm    the one program that the configured `rule` chose
    oracle    1 if any sample is right (pass@N)
    and by the name of each other rule that was applied, its expected pass@1 over the samples that it leaves tied

    A row that depends on a program that could not be graded is NaN.
    """
    right = _right(grades)
    return {
        **{applied: expected_pass_at_1(result, grades, applied) for applied in result.selections},
        "coderm": float(right[result.selections[rule].chosen]),
        "first": float(right[_row_of_sample(result.candidates, 0)]),
        "oracle": 1.0 if np.any(right == 1) else float(np.max(right)),
        "random": random_pass_at_1(result, grades),
    }


def expected_pass_at_1(result: RerankResult, grades: Sequence[Grade], rule: str) -> float:
    """pass@1 of a sample drawn from those that `rule` leaves tied; NaN if one of them could not be graded."""
    return tied_pass_at_1(result.selections[rule], result.candidates, grades)


def tied_pass_at_1(selection: Selection, candidates: Sequence[Candidate], grades: Sequence[Grade]) -> float:
    """The same of a selection by itself."""
    ties = list(selection.ties)
    return float(np.average(_right(grades)[ties], weights=_sizes(candidates)[ties]))


def random_pass_at_1(result: RerankResult, grades: Sequence[Grade]) -> float:
    """pass@1 of a sample drawn from all."""
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
    """Share of right programs among samples with these grades; NaN if one of them could not be graded."""
    return float(np.mean(_right(grades)))


def score(problems: Sequence[Mapping[str, float]]) -> Scores:
    """Means over problems of what `problem_scores` gives."""
    columns = {row: np.array([problem[row] for problem in problems]) for row in ROWS}
    return Scores(
        pass_at_1={row: mean_interval(values) for row, values in columns.items()},
        paired_gain={
            row: mean_interval(columns["coderm"] - values) for row, values in columns.items() if row != "coderm"
        },
    )


def _right(grades: Sequence[Grade]) -> npt.NDArray[np.float64]:
    return np.array([math.nan if grade.passed is None else float(grade.passed) for grade in grades])


def _sizes(candidates: Sequence[Candidate]) -> npt.NDArray[np.int64]:
    return np.array([candidate.multiplicity for candidate in candidates])


def _row_of_sample(candidates: Sequence[Candidate], sample: int) -> int:
    return next(row for row, c in enumerate(candidates) if sample in c.samples)
