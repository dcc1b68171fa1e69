"""Checks of a graded run's scores: known-bad problems, another grader, parts without a published protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import grade_programs
from coderm_eval.core.messages import abbreviated
from coderm_eval.core.records import Grade
from coderm_eval.core.store import Store
from coderm_eval.execution.backends.base import Executor
from coderm_eval.report.rows import interval_row
from coderm_eval.report.run_directory import AlternativeGrades
from coderm_eval.report.scores import mean_scores

__all__ = ["cross_checks", "grade_picks_by_alternative", "messages", "without_errata"]


def cross_checks(
    benchmark: Benchmark,
    problems: Mapping[str, Mapping[str, float]],
    picks: Mapping[str, Grade],
    alternative: AlternativeGrades | None,
) -> dict[str, Any]:
    """The entry `cross_checks` of summary.json; a value is null if there is nothing to say.

    Args:
        benchmark: that was graded.
        problems: what `report.scores.problem_scores` gives, by task id.
        picks: grades of the picks, by task id.
        alternative: grades of picks by the benchmark's other grader, if it has one.
    """
    return {
        "protocol_note": benchmark.protocol_note or None,
        "without_errata": _without_errata(benchmark, problems),
        "other_grader": _disagreement(picks, alternative) if alternative else None,
    }


def messages(checks: Mapping[str, Any]) -> list[str]:
    """Say in sentences what `cross_checks` found."""
    sentences = [checks["protocol_note"]] if checks["protocol_note"] else []
    if errata := checks["without_errata"]:
        value = errata["pass@1"]["coderm"]["value"]
        names = abbreviated(errata["tasks"])
        sentences.append(f"excluding known-bad problems ({names}), pass@1 of coderm is {value:.4f}")
    if (other := checks["other_grader"]) and other["differ"]:
        sentences.append(f"the {other['grader']} grader disagrees on {other['differ']} of {other['picks']} picks")
    return sentences


def without_errata(benchmark: Benchmark, problems: Mapping[str, Mapping[str, float]]) -> Sequence[Mapping[str, float]]:
    """Scores of the problems without known errors; none if that would be all problems."""
    kept = [scores for task, scores in problems.items() if task not in benchmark.errata]
    return kept if len(kept) < len(problems) else ()


def grade_picks_by_alternative(
    benchmark: Benchmark,
    picks: Mapping[str, str],
    *,
    store: Store,
    executor: Executor,
) -> AlternativeGrades | None:
    """Grade the picks by the benchmark's other grader, if it has one: those that it may judge otherwise.

    Args:
        benchmark: whose other grader it is.
        picks: programs by task id; only these, since one program per problem is quickly graded twice.
        store: what it holds is not graded again.
        executor: that of the run.
    """
    alternative = benchmark.alternative_grader
    if alternative is None:
        return None
    name, other = alternative
    pairs = {task: (task, picks[task]) for task in other.problem_by_id() if task in picks}
    grades = grade_programs(other, pairs.values(), store, executor)
    return AlternativeGrades(name, {task: grades[pair] for task, pair in pairs.items()})


def _without_errata(benchmark: Benchmark, problems: Mapping[str, Mapping[str, float]]) -> dict[str, Any] | None:
    kept = without_errata(benchmark, problems)
    if not kept:
        return None
    rows = mean_scores(kept).pass_at_1
    return {
        "left_out": len(problems) - len(kept),
        "tasks": [task for task in problems if task in benchmark.errata],
        "pass@1": {name: interval_row(interval) for name, interval in rows.items()},
    }


def _disagreement(picks: Mapping[str, Grade], alternative: AlternativeGrades) -> dict[str, Any]:
    """Count the picks that were graded by both graders, and those on which these disagree."""
    pairs = [(picks[task].passed, grade.passed) for task, grade in alternative.grades.items()]
    graded = [(one, other) for one, other in pairs if one is not None and other is not None]
    return {
        "grader": alternative.grader,
        "picks": len(graded),
        "differ": sum(one != other for one, other in graded),
    }
