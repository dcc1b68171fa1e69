"""`summary.json`: every number of a run, and everything one must know to defend it."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from coderm_eval.generation.cached_model import TokenUsage
from coderm_eval.generation.origin import Origin
from coderm_eval.report.abstention import abstention
from coderm_eval.report.calibration import calibration
from coderm_eval.report.counts import candidate_counts, probing_counts, run_counts, sizes, test_counts
from coderm_eval.report.cross_checks import cross_checks
from coderm_eval.report.notices import notices
from coderm_eval.report.quality import QUALITIES, ConfusionMatrix
from coderm_eval.report.rows import draw_summary_row, interval_row, json_number
from coderm_eval.report.rules import RuleScore, compare_rules
from coderm_eval.report.statistics import DrawSummary, Interval
from coderm_eval.report.tally import Tally
from coderm_eval.report.test_faults import fault_rows
from coderm_eval.selection.budget.settings import BudgetSettings
from coderm_eval.selection.resampling import DRAWS, SEED

__all__ = [
    "BudgetRecord",
    "Resampled",
    "RunContext",
    "Seconds",
    "interval_rows",
    "quality_rows",
    "rule_row",
    "summarise",
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

    def as_json(self, tally: Tally) -> dict[str, Any]:
        """The budget, the test samples that were spent, and the share of picks that more would still change."""
        budget, samples = self.settings, tally.total("read")
        if not self.average:  # nobody writes tests
            return {"policy": "none", "average": 0, "samples": 0, "recorded": None}
        spent = {"policy": budget.policy, "average": self.average, "samples": samples, "recorded": self.recorded}
        if budget.policy == "uniform":
            return spent
        limited = {**spent, "min": budget.min, "max": budget.max}
        if budget.policy == "greedy":
            return {**limited, "rates": str(budget.rates)}
        probabilities = tally.column("change_probability")
        known = probabilities[~np.isnan(probabilities)]
        expected = round(float(known.mean()), 4) if known.size else None
        return {**limited, "tolerance": budget.tolerance, "expected_to_change": expected}


@dataclass(frozen=True)
class RunContext:
    """The inputs of a run: all that its numbers depend on but the candidates and the tests."""

    benchmark: str
    problems_of_benchmark: int
    """How many problems the benchmark has; a run may be of fewer."""
    dataset_sha256: str
    protocol_note: str
    """A sentence on parts of the benchmark for which the paper has no protocol."""
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
    shard: Mapping[str, Any] | None
    """Which part of a larger run it is, as `Shard.record` has it."""


@dataclass(frozen=True)
class Seconds:
    """What a run took: the only numbers of summary.json that are not the same for the same inputs."""

    writing_tests: float = 0.0
    """Sum over requests, which run at the same time."""
    executing_cpu: float = 0.0

    def __add__(self, other: Seconds) -> Seconds:
        return Seconds(self.writing_tests + other.writing_tests, self.executing_cpu + other.executing_cpu)


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


def summarise(context: RunContext, tally: Tally, seconds: Seconds, resampled: Resampled | None) -> dict[str, Any]:
    """The content of summary.json; all but `seconds` depends on the run's inputs alone."""
    named, counts = {"benchmark": context.benchmark, "shard": context.shard}, _counts(context, tally)
    return {
        **named,
        **counts,
        "notices": notices({**named, "select": context.rule, **counts}),
        "select": context.rule,
        "budget": context.budget.as_json(tally),
        "tests_per_problem": tally.mean("tests_used"),
        **_scores(context, tally, resampled),
        "confidence": calibration(tally),
        "isolation": context.isolation,
        "policy": context.policy,
        "test_writer": context.test_writer(tally.usage),
        "inputs": context.inputs,
        "settings": context.settings,
        "versions": _versions(),
        "dataset_sha256": context.dataset_sha256,
        **_costs(tally, seconds),
    }


def _counts(context: RunContext, tally: Tally) -> dict[str, Any]:
    return {
        **sizes(tally, context.problems_of_benchmark),
        **candidate_counts(tally),
        **test_counts(tally),
        **probing_counts(tally),
        "test_faults": fault_rows(tally),
        **run_counts(tally),
        "abstention": abstention(tally, context.abstain_below),
    }


def _scores(context: RunContext, tally: Tally, resampled: Resampled | None) -> dict[str, Any]:
    """The scores, which need grades; null without them."""
    if not tally.is_graded:
        return dict.fromkeys(("pass@1", "paired_gain", "rules", "resampled", "cross_checks", "test_quality"), None)
    scores = tally.mean_scores()
    return {
        "pass@1": interval_rows(scores.pass_at_1),
        "paired_gain": interval_rows(scores.paired_gain),
        "rules": {score.rule: rule_row(score) for score in compare_rules(tally)} or None,
        "resampled": resampled and resampled.as_json(),
        "cross_checks": cross_checks(tally, context.protocol_note),
        "test_quality": quality_rows(tally),
    }


def _costs(tally: Tally, seconds: Seconds) -> dict[str, Any]:
    usage = tally.usage
    return {
        "tokens": {
            "policy": None,  # the harness's model does not say
            "tests": {"prompt": usage.prompt_tokens, "completion": usage.completion_tokens},
        },
        "seconds": {name: round(value, 3) for name, value in asdict(seconds).items()},
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


def quality_rows(tally: Tally) -> dict[str, Any]:
    """The entry `test_quality`: of each test by itself, and of the majority vote."""
    return {"single_tests": _confusion_row(tally.single_tests), "vote": _confusion_row(tally.vote)}


def _confusion_row(matrix: ConfusionMatrix) -> dict[str, Any]:
    """Under the paper's names what the paper prints, and under the textbooks' what they mean."""
    return {name: json_number(getattr(matrix, name)) for name in QUALITIES}


def interval_rows(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    """The entries `pass@1` and `paired_gain`."""
    return {name: interval_row(interval) for name, interval in intervals.items()}
