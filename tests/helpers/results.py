"""Small problems whose verdicts are written out, and their grades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from coderm_eval.core.records import (
    NO_OUTPUT,
    Candidate,
    Grade,
    Problem,
    RerankResult,
    Selection,
    UnitTest,
    Verdict,
    Verdicts,
)
from coderm_eval.report.tally import Tally
from coderm_eval.report.tally_row import ReportedProblem, tally_row


def problem(task: str, *rows: str, sizes: tuple[int, ...] = ()) -> RerankResult:
    """A candidate for each row such as "PF", a test for each character; programs that pass a test answer it alike.

    `sizes`: samples of each candidate; by default one.
    """
    matrix = np.array([[Verdict.PASSED if c == "P" else Verdict.FAILED for c in row] for row in rows], dtype=np.uint8)
    matrix = matrix.reshape(len(rows), -1)
    starts = np.cumsum([0, *(sizes or [1] * len(rows))])
    candidates = tuple(Candidate(f"p{i}", tuple(range(starts[i], starts[i + 1]))) for i in range(len(rows)))
    outputs = np.where(matrix == Verdict.PASSED, 1, NO_OUTPUT)
    tests = tuple(UnitTest(f"t{j}", (j,)) for j in range(matrix.shape[1]))
    verdicts = Verdicts(matrix, np.zeros(matrix.shape), outputs)
    return RerankResult(Problem(task, "f", "", ""), candidates, tests, verdicts, {})


def picked(task: str, confidence: float) -> RerankResult:
    """A problem whose first candidate was picked with this confidence."""
    pick = Selection("majority", 0, (1.0, 0.0), (0,), tests_used=2, stopped="limit", confidence=confidence)
    return replace(problem(task, "PP", "FF"), selections={"majority": pick})


def noisy(tasks: int, tests: int, seed: int, candidates: int = 6) -> list[RerankResult]:
    """Problems whose candidates pass each test with a chance of their own."""
    rng = np.random.default_rng(seed)
    found = []
    for n in range(tasks):
        passed = rng.uniform(size=(candidates, tests)) < rng.uniform(size=(candidates, 1))
        found.append(problem(f"n{n}", *("".join("P" if p else "F" for p in row) for row in passed)))
    return found


def tallied(
    results: Sequence[RerankResult], grades: Sequence[Sequence[Grade] | None] = (), rule: str = "majority"
) -> Tally:
    """The tally of problems, of which nothing else is known; without `grades` they are not graded."""
    return Tally(
        tally_row(ReportedProblem(result, grades=row), rule)
        for result, row in zip(results, grades or [None] * len(results), strict=True)
    )


def grades(*right: bool | None) -> list[Grade]:
    """None: could not be graded."""
    return [Grade({} if r is None else {"gold": "pass" if r else "fail"}) for r in right]
