"""Stage 5 of a run: grades the candidates, scores the picks, and cross-checks both."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import grade_programs
from coderm_eval.core.records import Grade, ProblemCandidates, RerankResult
from coderm_eval.core.store import Store
from coderm_eval.execution.backends.base import Executor
from coderm_eval.pipeline.cross_checks import cross_checks, grade_picks_by_alternative
from coderm_eval.report.reporter import GradedResults
from coderm_eval.report.run_directory import AlternativeGrades
from coderm_eval.report.scores import pass_rates, problem_scores

__all__ = ["Grader"]

log = logging.getLogger(__name__)


class Grader:
    """Grades candidates with the benchmark's own tests; what the store holds is not run again.

    Args:
        rule: whose picks are scored as `coderm`.
    """

    def __init__(self, benchmark: Benchmark, store: Store, executor: Executor, rule: str) -> None:
        self._benchmark = benchmark
        self._store = store
        self._executor = executor
        self._rule = rule

    def __call__(self, results: Sequence[RerankResult]) -> GradedResults:
        grades = self._grades(results)
        pairs = zip(results, grades, strict=True)
        scores = {r.problem.task_id: problem_scores(r, g, self._rule) for r, g in pairs}
        alternative = self._alternative_grades(results)
        checks = cross_checks(self._benchmark, scores, self._grades_of_picks(results, grades), alternative)
        return GradedResults(grades, scores, alternative, checks)

    def true_rates(self, problems: Sequence[ProblemCandidates]) -> dict[str, float]:
        """Pass rates by the grades, by task id: of samples that could be graded; 0 where none could."""
        log.warning("budget.rates is 'oracle': tests go where the grades say that they help; a bound, not a result")
        return pass_rates(problems, self._grades(problems))

    def _alternative_grades(self, results: Sequence[RerankResult]) -> AlternativeGrades | None:
        picks = {r.problem.task_id: r.candidates[r.selections[self._rule].chosen].program for r in results}
        return grade_picks_by_alternative(self._benchmark, picks, store=self._store, executor=self._executor)

    def _grades_of_picks(self, results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> dict[str, Grade]:
        pairs = zip(results, grades, strict=True)
        return {r.problem.task_id: listed[r.selections[self._rule].chosen] for r, listed in pairs}

    def _grades(self, problems: Sequence[ProblemCandidates | RerankResult]) -> list[list[Grade]]:
        """Grade each problem's candidates; the grades are in their order."""
        pairs = [(item.problem.task_id, c.program) for item in problems for c in item.candidates]
        grades = grade_programs(self._benchmark, pairs, self._store, self._executor)
        return [[grades[item.problem.task_id, c.program] for c in item.candidates] for item in problems]
