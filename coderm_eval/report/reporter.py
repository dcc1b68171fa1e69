"""Stage 6, REPORT: from a run's results to its scores and its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coderm_eval.core.progress import progress
from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.generation.test_sources import TestWritingStats
from coderm_eval.report.budget_curve import BudgetPoint, MakePolicy, budget_curve, doubling_budgets, write_curve
from coderm_eval.report.rules import compare_rules, resampled_scores
from coderm_eval.report.run_directory import AlternativeGrades, RunDirectory
from coderm_eval.report.scores import MeanScores, mean_scores
from coderm_eval.report.statistics import DrawSummary
from coderm_eval.report.summary import GradedRecord, Resampled, RunContext, RunRecord
from coderm_eval.report.test_faults import TestFault
from coderm_eval.selection.resampling import DRAWS, resample

__all__ = ["GradedResults", "PoliciesOf", "Reporter", "RunReport"]


@dataclass(frozen=True)
class GradedResults:
    """The benchmark's grades of a run's candidates, and the scores of its picks."""

    grades: Sequence[Sequence[Grade]]
    """Grades of each problem, in the order of the results; of each of its candidates, in their order."""
    scores: Mapping[str, Mapping[str, float]]
    """pass@1 of each way to choose, by task id."""
    alternative: AlternativeGrades | None
    """Grades of the picks by the benchmark's other grader, if it has one."""
    cross_checks: Mapping[str, Any]
    """The entry `cross_checks` of summary.json."""


@dataclass(frozen=True)
class RunReport:
    """The findings of a run; the last three are empty where grading was not asked for."""

    results: Sequence[RerankResult]
    summary: Mapping[str, Any]
    """The content of summary.json."""
    scores: MeanScores | None
    problems: Mapping[str, Mapping[str, float]]
    """pass@1 of each way to choose, by task id."""
    curve: Sequence[BudgetPoint]
    """Each budget policy at growing budgets, where that was asked for."""


PoliciesOf = Callable[[Sequence[RerankResult], Sequence[Sequence[Grade]]], Mapping[str, MakePolicy]]
"""Makes, from a run's results and grades, the budget policies that are scored on them."""


class Reporter:
    """Writes a run directory.

    Args:
        directory: the run directory.
        context: what the run was given.
        resample_tests: also score the rules with so many of each problem's tests, drawn many times.
        policies: the budget policies to score on the recorded tests; None: no budget curve.
    """

    def __init__(
        self, directory: RunDirectory, context: RunContext, *, resample_tests: int | None, policies: PoliciesOf | None
    ) -> None:
        self._directory = directory
        self._context = context
        self._resample_tests = resample_tests
        self._policies = policies

    def write(
        self,
        results: Sequence[RerankResult],
        graded: GradedResults | None,
        *,
        shown: Mapping[str, Sequence[int | None]],
        written: TestWritingStats,
        faults: Sequence[TestFault],
        change_probabilities: Mapping[str, float],
    ) -> RunReport:
        """Write all files but the samples, which were written before the run.

        Args:
            results: of each problem.
            graded: None where grading was not asked for.
            shown: by task id, the samples that a problem's test prompts showed, in turn.
            written: what became of the test samples.
            faults: tests that say nothing of any program.
            change_probabilities: by task id, the probability that the pick would change with more tests.
        """
        context = self._context
        self._directory.write_results(results, rule=context.rule, abstain_below=context.abstain_below, shown=shown)
        if graded:
            self._directory.write_grades(results, graded.grades, graded.alternative)
        else:
            self._directory.remove_grades()
        if not self._policies:
            self._directory.remove_curve()
        record = RunRecord(
            context=context,
            results=results,
            tests=written,
            faults=faults,
            change_probabilities=change_probabilities,
            graded=self._grade_record(results, graded) if graded else None,
        )
        summary = record.as_json()
        self._directory.write_summary(summary)
        return RunReport(
            results=results,
            summary=summary,
            scores=record.graded.scores if record.graded else None,
            problems=graded.scores if graded else {},
            curve=self._write_curve(results, graded.grades) if graded and self._policies else [],
        )

    def _grade_record(self, results: Sequence[RerankResult], graded: GradedResults) -> GradedRecord:
        return GradedRecord(
            grades=graded.grades,
            scores=mean_scores(list(graded.scores.values())),
            rules=compare_rules(results, graded.grades),
            resampled=self._resampled(results, graded.grades),
            cross_checks=graded.cross_checks,
        )

    def _resampled(self, results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> Resampled | None:
        if not self._resample_tests:
            return None
        draws = resample(results, tests=self._resample_tests, rules=self._context.rules)
        scores: Mapping[str, DrawSummary] = resampled_scores(
            progress(draws, DRAWS, "resampling tests", "draws"), grades
        )
        return Resampled(self._resample_tests, scores)

    def _write_curve(self, results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> list[BudgetPoint]:
        assert self._policies
        context = self._context
        policies = self._policies(results, grades)
        points = budget_curve(results, grades, context.rule, policies, doubling_budgets(results))
        if points:
            write_curve(self._directory.folder, points, f"{context.benchmark}, {context.rule}")
        return points
