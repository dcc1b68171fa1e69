"""Counts of a run, for `summary.json`: what it is of, what was run, and what could not be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from coderm_eval.core.programs.forms import is_solution
from coderm_eval.core.programs.source import parse
from coderm_eval.core.records import NO_OUTPUT, Grade, RerankResult
from coderm_eval.generation.test_sources import TestWritingStats

__all__ = ["candidate_counts", "probing_counts", "run_counts", "sizes", "test_counts"]


def sizes(results: Sequence[RerankResult], of_benchmark: int) -> dict[str, Any]:
    """What the scores are of; `of_benchmark` is the number of problems that the benchmark has."""
    samples = [sum(c.multiplicity for c in r.candidates) for r in results]
    return {
        "n_problems": len(results),
        "n_problems_of_benchmark": of_benchmark,
        "n_candidates": samples[0] if len(set(samples)) == 1 else [min(samples), max(samples)],
        "n_distinct_candidates": round(float(np.mean([len(r.candidates) for r in results])), 4),
    }


def candidate_counts(results: Sequence[RerankResult]) -> dict[str, int]:
    """Samples that cannot be right, and problems without a choice."""
    empty = {r.problem.task_id: sum(c.multiplicity for c in r.candidates if not c.program.strip()) for r in results}
    samples = {r.problem.task_id: sum(c.multiplicity for c in r.candidates) for r in results}
    return {
        "n_samples": sum(samples.values()),
        "answers_without_code": sum(empty.values()),
        "problems_without_code": sum(empty[task] == samples[task] for task in samples),
        "programs_without_function": sum(map(_without_function, results)),
        "problems_with_one_program": sum(len(r.candidates) == 1 and samples[r.problem.task_id] > 1 for r in results),
    }


def test_counts(results: Sequence[RerankResult], written: TestWritingStats) -> dict[str, Any]:
    """What became of the test samples."""
    return {
        "test_samples": {
            "read": written.samples,
            "rejected": dict(sorted(written.rejected.items())),
            "rejected_examples": {
                reason: {"task_id": task_id, "sample": sample}
                for reason, (task_id, sample) in sorted(written.examples.items())
            },
            "truncated": written.truncated,
            "truncated_but_usable": written.truncated_but_usable,
        },
        "problems_without_tests": sum(not r.tests for r in results),
    }


def run_counts(results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> dict[str, Any]:
    """What was run, and what could not be run; probing inputs are part of both."""
    run = [result.verdicts for result in results] + [result.probes.verdicts for result in results if result.probes]
    return {
        "not_run": {
            "executions": int(sum((~verdicts.ran).sum() for verdicts in run)),
            "grades": sum(grade.passed is None for row in grades for grade in row),
        },
        "executions": sum(verdicts.matrix.size for verdicts in run),
    }


def probing_counts(results: Sequence[RerankResult]) -> dict[str, Any]:
    """The probing inputs that candidates were run on, the executions of it, and problems without any.

    Undecided are problems that have several candidates, and neither an input nor a test.
    """
    probes = [result.probes.verdicts for result in results if result.probes]
    inputs = [verdicts.matrix.shape[1] for verdicts in probes]
    return {
        "probing_inputs": {
            "per_problem": round(sum(inputs) / len(results), 4),
            "problems_without": len(results) - sum(map(bool, inputs)),
            "problems_undecided": sum(map(_undecided, results)),
            "executions": sum(verdicts.matrix.size for verdicts in probes),
            "without_an_answer": sum(int((verdicts.outputs == NO_OUTPUT).sum()) for verdicts in probes),
        }
    }


def _undecided(result: RerankResult) -> bool:
    """Whether there is something to choose from, but neither a test nor an input to choose by."""
    return (
        len(result.candidates) > 1 and not result.tests and not (result.probes and result.probes.verdicts.matrix.size)
    )


def _without_function(result: RerankResult) -> int:
    """Samples of one problem that hold code, but no Python with what is wanted; one that passes a test is not read."""
    failing = zip(result.candidates, np.asarray(~result.verdicts.passed.any(axis=1)), strict=True)
    suspects = [candidate for candidate, fails in failing if fails and candidate.program.strip()]
    trees = [(parse(c.program), c.multiplicity) for c in suspects]
    return sum(size for tree, size in trees if tree is None or not is_solution(tree, result.problem))
