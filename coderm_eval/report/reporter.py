"""Stage 6, REPORT: from a run's results to its scores and its files, some problems at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from coderm_eval.core.progress import progress
from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.report.budget_curve import BudgetPoint, MakePolicy, budget_curve, doubling_budgets, write_curve
from coderm_eval.report.problem_lines import problem_lines
from coderm_eval.report.rows import read_interval
from coderm_eval.report.rules import resampled_scores
from coderm_eval.report.run_directory import TALLY, RunDirectory
from coderm_eval.report.scores import MeanScores
from coderm_eval.report.summary import Resampled, RunContext, Seconds, summarise
from coderm_eval.report.tally import Tally
from coderm_eval.report.tally_row import ReportedProblem
from coderm_eval.selection.resampling import DRAWS, resample

__all__ = ["PoliciesOf", "Reporter", "RunReport"]


@dataclass(frozen=True)
class RunReport:
    """The findings of a run."""

    directory: RunDirectory
    summary: Mapping[str, Any]
    """The content of summary.json."""
    tally: Tally
    """What it was counted from, problem by problem."""
    curve: Sequence[BudgetPoint] = ()
    """Each budget policy at growing budgets, where that was asked for."""

    @cached_property
    def scores(self) -> MeanScores | None:
        """pass@1 by the names in `report.scores.ROWS`, with six digits; None where grading was not asked for."""
        if not self.summary["pass@1"]:
            return None
        parts = (self.summary["pass@1"], self.summary["paired_gain"])
        return MeanScores(*({name: read_interval(row) for name, row in part.items()} for part in parts))


PoliciesOf = Callable[[Sequence[RerankResult], Sequence[Sequence[Grade]]], Mapping[str, MakePolicy]]
"""Makes, from a run's results and grades, the budget policies that are scored on them."""


class Reporter:
    """Writes a run directory.

    Args:
        directory: the run directory.
        context: what the run was given.
        key: tells the run from all others: one that was killed goes on after the problems that were added.
        resample_tests: also score the rules with so many of each problem's tests, drawn many times.
        policies: the budget policies to score on the recorded tests; None: no budget curve. Either of these two looks
            at all problems at once: they are held in memory, and a run that was killed adds them anew.
    """

    def __init__(
        self,
        directory: RunDirectory,
        context: RunContext,
        *,
        key: str,
        resample_tests: int | None,
        policies: PoliciesOf | None,
    ) -> None:
        self._directory = directory
        self._context = context
        self._resample_tests = resample_tests
        self._policies = policies
        self._whole: list[ReportedProblem] | None = [] if resample_tests or policies else None
        self._files = directory.growing(key)
        if self._whole is not None:
            self._files.discard()
        self._tally = Tally(self._files.lines(TALLY))
        self._seconds = Seconds(**self._files.noted.get("seconds", {}))

    @property
    def done(self) -> int:
        """How many problems were added, in this process or in one that was killed."""
        return len(self._tally)

    def add(self, problems: Sequence[ReportedProblem], shown: Mapping[str, Sequence[int | None]]) -> None:
        """Write the lines of some problems, which come in the benchmark's order.

        Args:
            problems: all that the run found out about them.
            shown: by task id, the samples that a problem's test prompts showed, in turn.
        """
        lines: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for problem in problems:
            below, rule = self._context.abstain_below, self._context.rule
            for name, found in problem_lines(problem, rule, abstain_below=below, shown=shown).items():
                lines[name].extend(found)
        self._seconds = sum(map(_seconds, problems), self._seconds)
        self._files.append(lines, {"seconds": asdict(self._seconds)})
        for row in lines[TALLY]:
            self._tally.add(row)
        if self._whole is not None:
            self._whole += problems

    def finish(self) -> RunReport:
        """Put all files in place but the samples, which were written before the run."""
        results = [problem.result for problem in self._whole or ()]
        grades = [problem.grades or () for problem in self._whole or ()]
        self._directory.put_in_place(self._files)
        if not self._policies:
            self._directory.remove_curve()
        summary = summarise(self._context, self._tally, self._seconds, self._resampled(results, grades))
        self._directory.write_summary(summary)
        return RunReport(self._directory, summary, self._tally, self._write_curve(results, grades))

    def _resampled(self, results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> Resampled | None:
        if not self._resample_tests or not self._tally.is_graded:
            return None
        draws = resample(results, tests=self._resample_tests, rules=self._context.rules)
        scores = resampled_scores(progress(draws, DRAWS, "resampling tests", "draws"), grades)
        return Resampled(self._resample_tests, scores)

    def _write_curve(self, results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> list[BudgetPoint]:
        if not self._policies or not self._tally.is_graded:
            return []
        context = self._context
        policies = self._policies(results, grades)
        points = budget_curve(results, grades, context.rule, policies, doubling_budgets(results))
        if points:
            write_curve(self._directory.folder, points, f"{context.benchmark}, {context.rule}")
        return points


def _seconds(problem: ReportedProblem) -> Seconds:
    return Seconds(problem.written.usage.seconds, float(problem.result.verdicts.cpu_seconds.sum()))
