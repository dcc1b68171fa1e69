"""Stage 5 of a run: grades the candidates by the benchmark's own tests, and the picks by its other grader."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import grade_programs
from coderm_eval.core.records import Grade, ProblemCandidates, RerankResult
from coderm_eval.core.store import Store
from coderm_eval.execution.backends.base import Executor
from coderm_eval.report.scores import pass_rates
from coderm_eval.report.tally_row import OtherGrade

__all__ = ["GradedProblem", "Grader"]

log = logging.getLogger(__name__)


class GradedProblem(NamedTuple):
    """The grades of one problem."""

    grades: Sequence[Grade]
    """Of each candidate, in their order."""
    other: OtherGrade | None
    """Of the pick, by the benchmark's other grader; None if it has none for the problem."""


class Grader:
    """Grades candidates with the benchmark's own tests; what the store holds is not run again.

    Args:
        rule: whose picks are graded by the benchmark's other grader, too.
    """

    def __init__(self, benchmark: Benchmark, store: Store, executor: Executor, rule: str) -> None:
        self._benchmark = benchmark
        self._store = store
        self._executor = executor
        self._rule = rule

    def __call__(self, results: Sequence[RerankResult]) -> list[GradedProblem]:
        """The grades of each problem, in the order of the results."""
        grades, others = self._grades(results), self._other_grades(results)
        return [GradedProblem(row, others.get(r.problem.task_id)) for r, row in zip(results, grades, strict=True)]

    def true_rates(self, problems: Sequence[ProblemCandidates]) -> dict[str, float]:
        """Pass rates by the grades, by task id: of samples that could be graded; 0 where none could."""
        log.warning("budget.rates is 'oracle': tests go where the grades say that they help; a bound, not a result")
        return pass_rates(problems, self._grades(problems))

    def _other_grades(self, results: Sequence[RerankResult]) -> dict[str, OtherGrade]:
        """Of the picks that the benchmark's other grader may judge otherwise; one program a problem is soon graded."""
        if self._benchmark.alternative_grader is None:
            return {}
        name, other = self._benchmark.alternative_grader
        known = other.problem_by_id()
        picks = {
            r.problem.task_id: (r.problem.task_id, r.candidates[r.selections[self._rule].chosen].program)
            for r in results
            if r.problem.task_id in known
        }
        grades = grade_programs(other, picks.values(), self._store, self._executor)
        return {task: OtherGrade(name, grades[pair]) for task, pair in picks.items()}

    def _grades(self, problems: Sequence[ProblemCandidates | RerankResult]) -> list[list[Grade]]:
        """Grade each problem's candidates; the grades are in their order."""
        pairs = [(item.problem.task_id, c.program) for item in problems for c in item.candidates]
        grades = grade_programs(self._benchmark, pairs, self._store, self._executor)
        return [[grades[item.problem.task_id, c.program] for c in item.candidates] for item in problems]
