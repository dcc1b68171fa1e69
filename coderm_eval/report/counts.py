"""Counts of a run, for `summary.json`: what it is of, what was run, and what could not be used."""

from __future__ import annotations

from typing import Any

from coderm_eval.report.tally import Tally

__all__ = ["candidate_counts", "probing_counts", "run_counts", "sizes", "test_counts"]


def sizes(tally: Tally, of_benchmark: int) -> dict[str, Any]:
    """What the scores are of; `of_benchmark` is the number of problems that the benchmark has."""
    samples = tally.column("samples")
    fewest, most = int(samples.min()), int(samples.max())
    return {
        "n_problems": len(tally),
        "n_problems_of_benchmark": of_benchmark,
        "n_candidates": most if fewest == most else [fewest, most],
        "n_distinct_candidates": tally.mean("programs"),
    }


def candidate_counts(tally: Tally) -> dict[str, int]:
    """Samples that cannot be right, and problems without a choice."""
    samples = tally.column("samples")
    return {
        "n_samples": tally.total("samples"),
        "answers_without_code": tally.total("no_code"),
        "problems_without_code": int((tally.column("no_code") == samples).sum()),
        "programs_without_function": tally.total("no_function"),
        "problems_with_one_program": int(((tally.column("programs") == 1) & (samples > 1)).sum()),
    }


def test_counts(tally: Tally) -> dict[str, Any]:
    """What became of the test samples."""
    return {
        "test_samples": {
            "read": tally.total("read"),
            "rejected": dict(sorted(tally.rejected.items())),
            "rejected_examples": {
                reason: {"task_id": task_id, "sample": sample}
                for reason, (task_id, sample) in sorted(tally.rejected_examples.items())
            },
            "truncated": tally.total("truncated"),
            "truncated_but_usable": tally.total("truncated_but_usable"),
        },
        "problems_without_tests": int((tally.column("tests") == 0).sum()),
    }


def run_counts(tally: Tally) -> dict[str, Any]:
    """What was run, and what could not be run; probing inputs are part of both."""
    return {
        "not_run": {"executions": tally.total("not_run"), "grades": tally.total("grades_not_run")},
        "executions": tally.total("executions"),
    }


def probing_counts(tally: Tally) -> dict[str, Any]:
    """The probing inputs that candidates were run on, the executions of it, and problems without any.

    Undecided are problems that have several candidates, and neither an input nor a test.
    """
    return {
        "probing_inputs": {
            "per_problem": tally.mean("inputs"),
            "problems_without": int((tally.column("inputs") == 0).sum()),
            "problems_undecided": tally.total("undecided"),
            "executions": tally.total("inputs_run"),
            "without_an_answer": tally.total("inputs_unanswered"),
        }
    }
