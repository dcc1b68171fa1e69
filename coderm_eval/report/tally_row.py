"""One line of tally.jsonl: what summary.json counts of one problem. The same inputs give the same line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coderm_eval.core.records import NO_OUTPUT, Grade, RerankResult
from coderm_eval.generation.test_sources import TestWritingStats
from coderm_eval.report.oddities import is_undecided, samples_without_function
from coderm_eval.report.quality import confusion_of_each_test, confusion_of_majority_vote
from coderm_eval.report.scores import problem_scores
from coderm_eval.report.test_faults import TestFault, fault_counts

__all__ = ["OtherGrade", "ReportedProblem", "tally_row"]


@dataclass(frozen=True)
class OtherGrade:
    """What the benchmark's other grader says of a pick."""

    grader: str
    """Its name."""
    grade: Grade


@dataclass(frozen=True)
class ReportedProblem:
    """All that a run found out about one problem."""

    result: RerankResult
    written: TestWritingStats = field(default_factory=TestWritingStats)
    """What became of its test samples."""
    faults: Sequence[TestFault] = ()
    """Its tests that say nothing of any program, at most one fault for each."""
    change_probability: float | None = None
    """The probability that the pick would change with more tests; None where the budget does not look at picks."""
    grades: Sequence[Grade] | None = None
    """Of each candidate, in their order; None where grading was not asked for."""
    is_known_bad: bool = False
    """Whether the problem's own tests are known to be wrong."""
    other: OtherGrade | None = None
    """None where the benchmark has no other grader for the problem."""


def tally_row(problem: ReportedProblem, rule: str) -> dict[str, Any]:
    """The line; `rule` is the one whose picks count."""
    result, pick = problem.result, problem.result.selections[rule]
    return {
        "task_id": result.problem.task_id,
        "samples": sum(candidate.multiplicity for candidate in result.candidates),
        "programs": len(result.candidates),
        "no_code": sum(c.multiplicity for c in result.candidates if not c.program.strip()),
        "no_function": samples_without_function(result),
        "tests": len(result.tests),
        "test_samples": sum(test.multiplicity for test in result.tests),
        "tests_used": pick.tests_used,
        "confidence": None if math.isnan(pick.confidence) else pick.confidence,
        "change_probability": problem.change_probability,
        **_executions(result),
        "undecided": is_undecided(result),
        "written": _written(problem.written),
        "faulty": len(problem.faults),
        "faults": fault_counts(problem.faults, result.tests),
        "graded": _graded(problem, problem.grades, rule) if problem.grades is not None else None,
    }


def _executions(result: RerankResult) -> dict[str, int]:
    probes = result.probes.verdicts if result.probes else None
    run = [result.verdicts, probes] if probes else [result.verdicts]
    return {
        "executions": sum(verdicts.matrix.size for verdicts in run),
        "not_run": sum(int((~verdicts.ran).sum()) for verdicts in run),
        "inputs": probes.matrix.shape[1] if probes else 0,
        "inputs_run": probes.matrix.size if probes else 0,
        "inputs_unanswered": int((probes.outputs == NO_OUTPUT).sum()) if probes else 0,
    }


def _written(stats: TestWritingStats) -> dict[str, Any]:
    return {
        "read": stats.samples,
        "rejected": dict(sorted(stats.rejected.items())),
        "examples": {reason: sample for reason, (_, sample) in sorted(stats.examples.items())},
        "truncated": stats.truncated,
        "truncated_but_usable": stats.truncated_but_usable,
        "prompt_tokens": stats.usage.prompt_tokens,
        "completion_tokens": stats.usage.completion_tokens,
        "models": sorted(stats.usage.models),
    }


def _graded(problem: ReportedProblem, grades: Sequence[Grade], rule: str) -> dict[str, Any]:
    result = problem.result
    each, vote = confusion_of_each_test(result, grades), confusion_of_majority_vote(result, grades)
    return {
        "not_run": sum(grade.passed is None for grade in grades),
        "pass@1": _with_null(problem_scores(result, grades, rule)),
        "single_tests": each.counts,
        "vote": vote.counts,
        "known_bad": problem.is_known_bad,
        "other": problem.other and {"grader": problem.other.grader, "passed": problem.other.grade.passed},
    }


def _with_null(scores: Mapping[str, float]) -> dict[str, float | None]:
    """JSON has no NaN."""
    return {name: None if math.isnan(score) else score for name, score in scores.items()}
