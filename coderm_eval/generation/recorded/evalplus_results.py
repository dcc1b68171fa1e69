"""Samples in a results file of EvalPlus's, as `evalplus.evaluate` and `coderm-eval grade` write it.

{"date", "hash", "eval": {task_id: [{"task_id", "solution", "base_status", ...}, ...]}} on one line
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coderm_eval.core.errors import InputError

__all__ = ["is_results", "results_programs"]


def is_results(row: Mapping[str, Any]) -> bool:
    """Return whether a line is a whole results file."""
    return isinstance(row.get("eval"), Mapping)


def results_programs(place: str, row: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield each task id with its programs; samples that were never graded are not in the file.

    Raises:
        InputError: a task has something else than a list of graded samples.
    """
    for task_id, graded in row["eval"].items():
        samples = graded if isinstance(graded, list) else [graded]
        programs = [sample.get("solution") if isinstance(sample, Mapping) else None for sample in samples]
        texts = [program for program in programs if isinstance(program, str)]
        if len(texts) < len(programs):
            raise InputError(
                f"{place}: a results file without the solutions of {task_id}; give the samples that it was made of"
            )
        yield task_id, texts
