"""What has to be said beside a graded run's scores: errors of the benchmark, another grader, what the paper lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import grade_programs
from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.core.store import Store
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.report.run_directory import interval_row
from coderm_eval.report.scores import mean_scores

__all__ = ["cross_checks", "messages", "without_errata"]


def cross_checks(
    benchmark: Benchmark,
    results: Sequence[RerankResult],
    grades: Sequence[Sequence[Grade]],
    problems: Mapping[str, Mapping[str, float]],
    *,
    rule: str,
    store: Store,
    execution: ExecutionSettings,
) -> dict[str, Any]:
    """For `summary.json`; a value is null where there is nothing to say.

    Args:
        grades: go with `results`.
        problems: by task id, what `report.scores.problem_scores` gives.
    """
    return {
        "protocol_note": benchmark.protocol_note or None,
        "without_errata": _without_errata(benchmark, problems),
        "other_grader": _other_grader(benchmark, results, grades, rule, store, execution),
    }


def messages(found: Mapping[str, Any]) -> list[str]:
    """Return what `cross_checks` found, as sentences."""
    said = [found["protocol_note"]] if found["protocol_note"] else []
    if errata := found["without_errata"]:
        value = errata["pass@1"]["coderm"]["value"]
        said.append(f"without the benchmark's errata ({errata['left_out']} here) pass@1 of coderm is {value:.4f}")
    if (other := found["other_grader"]) and other["differ"]:
        said.append(f"the {other['grader']} grader says otherwise of {other['differ']} of {other['picks']} picks")
    return said


def without_errata(benchmark: Benchmark, problems: Mapping[str, Mapping[str, float]]) -> Sequence[Mapping[str, float]]:
    """Of the problems that are not in the errata; none where that would be all or none of them."""
    kept = [found for task, found in problems.items() if task not in benchmark.errata]
    return kept if len(kept) < len(problems) else ()


def _without_errata(benchmark: Benchmark, problems: Mapping[str, Mapping[str, float]]) -> dict[str, Any] | None:
    kept = without_errata(benchmark, problems)
    if not kept:
        return None
    rows = mean_scores(kept).pass_at_1
    return {
        "left_out": len(problems) - len(kept),
        "pass@1": {name: interval_row(interval) for name, interval in rows.items()},
    }


def _other_grader(
    benchmark: Benchmark,
    results: Sequence[RerankResult],
    grades: Sequence[Sequence[Grade]],
    rule: str,
    store: Store,
    execution: ExecutionSettings,
) -> dict[str, Any] | None:
    """Of the picks alone: one program a problem is soon graded twice."""
    alternative = benchmark.alternative_grader  # made anew, with all its problems, whenever it is asked for
    if alternative is None:
        return None
    name, other = alternative
    regraded = other.problem_by_id()
    picks = {}
    for result, listed in zip(results, grades, strict=True):
        chosen = result.selections[rule].chosen
        if result.problem.task_id in regraded:
            picks[result.problem.task_id, result.candidates[chosen].program] = listed[chosen]
    found = grade_programs(other, picks, store, execution)
    differ = sum(found[pick].passed != grade.passed for pick, grade in picks.items())
    return {"grader": name, "picks": len(picks), "differ": differ}
