"""`summary.json`: every number of a run, and everything one must know to defend it."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.generation.test_sources import TestWritingStats
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.quality import QUALITIES, ConfusionMatrix, confusion_of_each_test, confusion_of_majority_vote
from coderm_eval.report.rules import RuleScore
from coderm_eval.report.run_directory import draw_summary_row, interval_row, json_number
from coderm_eval.report.scores import MeanScores
from coderm_eval.report.statistics import DrawSummary, Interval
from coderm_eval.selection.budget.settings import BudgetSettings
from coderm_eval.selection.resampling import DRAWS, SEED

__all__ = ["summarise"]

_VERSIONED = ("coderm-eval", "lm-eval", "evalplus", "numpy", "scipy")

# What changes how fast or where a run happens, but not what it finds.
_NOT_RECORDED = {
    "store": True,
    "policy": True,  # its answers are the candidates, wherever they come from
    "execution": {"workers"},
    "tests": {"concurrency", "timeout_s", "retries", "base_url", "file"},
}


def summarise(
    results: Sequence[RerankResult],
    *,
    grades: Sequence[Sequence[Grade]] | None,
    scores: MeanScores | None,
    settings: Settings,
    average: int,
    chances: Mapping[str, float],
    tally: TestWritingStats,
    comparison: Sequence[RuleScore],
    draws: Mapping[str, DrawSummary] | None,
    isolation: str,
    benchmark: str,
    dataset_sha256: str,
    beside: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """All but `seconds` depends on the run's inputs alone.

    `average`: test samples per problem. `chances`: how likely each pick is to change with more of them. `beside`: what
    `asides` found.
    """
    sizes = [sum(c.multiplicity for c in r.candidates) for r in results]
    used = [r.selections[settings.rule].tests_used for r in results]
    cpu_seconds = sum(float(r.verdicts.cpu_seconds.sum()) for r in results)
    return {
        "benchmark": benchmark,
        "n_problems": len(results),
        "n_candidates": sizes[0] if len(set(sizes)) == 1 else [min(sizes), max(sizes)],
        "n_distinct_candidates": _mean([len(r.candidates) for r in results]),
        "select": settings.rule,
        "budget": _budget_row(settings.budget, average, chances, tally),
        "tests_per_problem": _mean(used),
        "pass@1": _rows(scores.pass_at_1) if scores else None,
        "paired_gain": _rows(scores.paired_gain) if scores else None,
        "rules": {found.rule: _rule_row(found) for found in comparison} or None,
        "resampled": _resampled_row(draws, settings) if draws else None,
        "beside": beside,
        "test_quality": _quality_rows(results, grades) if grades else None,
        "not_run": {
            "executions": int(sum((~r.verdicts.ran).sum() for r in results)),
            "grades": sum(grade.passed is None for row in grades or [] for grade in row),
        },
        "executions": sum(r.verdicts.matrix.size for r in results),
        "answers_without_code": sum(c.multiplicity for r in results for c in r.candidates if not c.program.strip()),
        "test_samples": {
            "read": tally.samples,
            "rejected": dict(sorted(tally.rejected.items())),
            "truncated": tally.truncated,
            "truncated_but_usable": tally.truncated_but_usable,
        },
        "problems_without_tests": sum(not r.tests for r in results),
        "isolation": isolation,
        "settings": settings.model_dump(mode="json", exclude=_NOT_RECORDED),  # type: ignore[arg-type]
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in _VERSIONED},
        },
        "dataset_sha256": dataset_sha256,
        "tokens": {
            "policy": None,  # the harness's model does not say
            "tests": {"prompt": tally.usage.prompt_tokens, "completion": tally.usage.completion_tokens},
        },
        "seconds": {
            "writing_tests": round(tally.usage.seconds, 3),
            "executing_cpu": round(cpu_seconds, 3),
        },
    }


def _budget_row(
    budget: BudgetSettings, average: int, chances: Mapping[str, float], tally: TestWritingStats
) -> dict[str, Any]:
    used = {"policy": budget.policy, "average": average, "samples": tally.samples}
    if budget.policy == "uniform":
        return used
    limited = {**used, "min": budget.min, "max": budget.max}
    if budget.policy == "greedy":
        return {**limited, "rates": str(budget.rates)}
    return {**limited, "tolerance": budget.tolerance, "expected_to_change": _mean(list(chances.values()))}


def _rule_row(found: RuleScore) -> dict[str, Any]:
    return {
        "pass@1": interval_row(found.pass_at_1),
        "gain_over_random": interval_row(found.gain_over_random),
        "gain_over_majority": interval_row(found.gain_over_majority),
        "ahead_of_next": json_number(found.ahead_of_next),
    }


def _resampled_row(draws: Mapping[str, DrawSummary], settings: Settings) -> dict[str, Any]:
    rows = {rule: draw_summary_row(summary) for rule, summary in draws.items()}
    return {"tests": settings.resample_tests, "draws": DRAWS, "seed": SEED, "pass@1": rows}


def _quality_rows(results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> dict[str, Any]:
    return {
        "single_tests": _confusion_row(confusion_of_each_test(results, grades)),
        "vote": _confusion_row(confusion_of_majority_vote(results, grades)),
    }


def _confusion_row(found: ConfusionMatrix) -> dict[str, Any]:
    """Under the paper's names what the paper prints, and under the textbooks' what they mean."""
    return {name: json_number(getattr(found, name)) for name in QUALITIES}


def _rows(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: interval_row(interval) for name, interval in intervals.items()}


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4)
