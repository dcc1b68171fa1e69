"""`summary.json`: every number of a run, and everything one must know to defend it."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.generation.cached_model import TokenUsage
from coderm_eval.generation.origin import Origin
from coderm_eval.generation.test_sources import TestWritingStats
from coderm_eval.report.abstention import abstention
from coderm_eval.report.calibration import calibration
from coderm_eval.report.counts import candidate_counts, probing_counts, run_counts, sizes, test_counts
from coderm_eval.report.notices import notices
from coderm_eval.report.quality import QUALITIES, ConfusionMatrix, confusion_of_each_test, confusion_of_majority_vote
from coderm_eval.report.rows import draw_summary_row, interval_row, json_number
from coderm_eval.report.rules import RuleScore
from coderm_eval.report.scores import MeanScores
from coderm_eval.report.statistics import DrawSummary, Interval
from coderm_eval.report.test_faults import TestFault, fault_rows
from coderm_eval.selection.budget.settings import BudgetSettings
from coderm_eval.selection.resampling import DRAWS, SEED

__all__ = [
    "BudgetRecord",
    "GradedRecord",
    "Resampled",
    "RunContext",
    "RunRecord",
    "interval_rows",
    "quality_rows",
    "rule_row",
]

_VERSIONED = ("coderm-eval", "lm-eval", "evalplus", "numpy", "scipy")


@dataclass(frozen=True)
class BudgetRecord:
    """The budget that a run was given."""

    settings: BudgetSettings
    average: int
    """Test samples per problem over the whole benchmark."""
    recorded: int | None
    """Test samples that there were to read, over all problems of the run; None where a model writes them."""

    def as_json(self, samples: int, change_probabilities: Mapping[str, float]) -> dict[str, Any]:
        """The budget, the test samples that were spent, and the share of picks that more would still change."""
        budget = self.settings
        if not self.average:  # nobody writes tests
            return {"policy": "none", "average": 0, "samples": 0, "recorded": None}
        spent = {"policy": budget.policy, "average": self.average, "samples": samples, "recorded": self.recorded}
        if budget.policy == "uniform":
            return spent
        limited = {**spent, "min": budget.min, "max": budget.max}
        if budget.policy == "greedy":
            return {**limited, "rates": str(budget.rates)}
        expected = _mean(list(change_probabilities.values())) if change_probabilities else None
        return {**limited, "tolerance": budget.tolerance, "expected_to_change": expected}


@dataclass(frozen=True)
class RunContext:
    """The inputs of a run: all that its numbers depend on but the candidates and the tests."""

    benchmark: str
    problems_of_benchmark: int
    """How many problems the benchmark has; a run may be of fewer."""
    dataset_sha256: str
    rule: str
    """The rule that picks."""
    rules: Sequence[str]
    """All rules that are applied."""
    abstain_below: float | None
    """Picks of less confidence are no answers; None: all are."""
    budget: BudgetRecord
    isolation: str
    """The level in force, such as "namespaces+seccomp+rlimits"."""
    inputs: Mapping[str, str | None]
    """SHA-256 of the candidates and of recorded tests."""
    policy: Origin
    """Who wrote the candidates."""
    test_writer: Callable[[TokenUsage], Origin]
    """Who wrote the tests, from what the answers said of it."""
    settings: Mapping[str, Any]
    """The settings that affect what the run finds, as JSON."""


@dataclass(frozen=True)
class Resampled:
    """Scores of the rules on random draws of the tests."""

    tests: int
    """Test samples of each problem."""
    scores: Mapping[str, DrawSummary]
    """pass@1 by rule."""

    def as_json(self) -> dict[str, Any]:
        rows = {rule: draw_summary_row(summary) for rule, summary in self.scores.items()}
        return {"tests": self.tests, "draws": DRAWS, "seed": SEED, "pass@1": rows}


@dataclass(frozen=True)
class GradedRecord:
    """The outcome of the benchmark's own tests for a run."""

    grades: Sequence[Sequence[Grade]]
    scores: MeanScores
    rules: Sequence[RuleScore]
    resampled: Resampled | None
    cross_checks: Mapping[str, Any]


@dataclass(frozen=True)
class RunRecord:
    """A finished run: everything that `summary.json` says."""

    context: RunContext
    results: Sequence[RerankResult]
    tests: TestWritingStats
    faults: Sequence[TestFault]
    """Tests that say nothing of any program."""
    change_probabilities: Mapping[str, float]
    """The probability, by task id, that the pick would change with more tests."""
    graded: GradedRecord | None

    def as_json(self) -> dict[str, Any]:
        """The content of the file; all but `seconds` depends on the run's inputs alone."""
        context = self.context
        counts = self._counts()
        return {
            "benchmark": context.benchmark,
            **counts,
            "notices": notices({"benchmark": context.benchmark, "select": context.rule, **counts}),
            "select": context.rule,
            "budget": context.budget.as_json(self.tests.samples, self.change_probabilities),
            "tests_per_problem": _mean([r.selections[context.rule].tests_used for r in self.results]),
            **self._scores(),
            "confidence": calibration(self.results, context.rule, self._grades),
            "isolation": context.isolation,
            "policy": context.policy,
            "test_writer": context.test_writer(self.tests.usage),
            "inputs": context.inputs,
            "settings": context.settings,
            "versions": _versions(),
            "dataset_sha256": context.dataset_sha256,
            **self._costs(),
        }

    @property
    def _grades(self) -> Sequence[Sequence[Grade]]:
        """Grades of each problem's candidates; empty where grading was not asked for."""
        return self.graded.grades if self.graded else ()

    def _counts(self) -> dict[str, Any]:
        context = self.context
        return {
            **sizes(self.results, context.problems_of_benchmark),
            **candidate_counts(self.results),
            **test_counts(self.results, self.tests),
            **probing_counts(self.results),
            "test_faults": fault_rows(self.faults, self.results),
            **run_counts(self.results, self._grades),
            "abstention": abstention(self.results, context.rule, context.abstain_below, self._grades),
        }

    def _scores(self) -> dict[str, Any]:
        """The scores, which need grades; null without them."""
        graded = self.graded
        if graded is None:
            return dict.fromkeys(("pass@1", "paired_gain", "rules", "resampled", "cross_checks", "test_quality"), None)
        return {
            "pass@1": interval_rows(graded.scores.pass_at_1),
            "paired_gain": interval_rows(graded.scores.paired_gain),
            "rules": {score.rule: rule_row(score) for score in graded.rules} or None,
            "resampled": graded.resampled and graded.resampled.as_json(),
            "cross_checks": graded.cross_checks,
            "test_quality": quality_rows(self.results, graded.grades),
        }

    def _costs(self) -> dict[str, Any]:
        usage = self.tests.usage
        cpu_seconds = sum(float(r.verdicts.cpu_seconds.sum()) for r in self.results)
        return {
            "tokens": {
                "policy": None,  # the harness's model does not say
                "tests": {"prompt": usage.prompt_tokens, "completion": usage.completion_tokens},
            },
            "seconds": {"writing_tests": round(usage.seconds, 3), "executing_cpu": round(cpu_seconds, 3)},
        }


def _versions() -> dict[str, str]:
    installed = {name: importlib.metadata.version(name) for name in _VERSIONED}
    return {"python": platform.python_version(), **installed}


def rule_row(score: RuleScore) -> dict[str, Any]:
    """What `rules` has of a rule."""
    return {
        "pass@1": interval_row(score.pass_at_1),
        "gain_over_random": interval_row(score.gain_over_random),
        "gain_over_majority": interval_row(score.gain_over_majority),
        "ahead_of_next": json_number(score.ahead_of_next),
    }


def quality_rows(results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> dict[str, Any]:
    """The entry `test_quality`: of each test by itself, and of the majority vote."""
    return {
        "single_tests": _confusion_row(confusion_of_each_test(results, grades)),
        "vote": _confusion_row(confusion_of_majority_vote(results, grades)),
    }


def _confusion_row(matrix: ConfusionMatrix) -> dict[str, Any]:
    """Under the paper's names what the paper prints, and under the textbooks' what they mean."""
    return {name: json_number(getattr(matrix, name)) for name in QUALITIES}


def interval_rows(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    """The entries `pass@1` and `paired_gain`."""
    return {name: interval_row(interval) for name, interval in intervals.items()}


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4)
