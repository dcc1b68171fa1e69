"""Recorded programs in the generations of bigcode-evaluation-harness: a list for each task, without its id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["generated_programs"]

_TASKS = {
    164: [f"HumanEval/{number}" for number in range(164)],
    500: [f"Mbpp/{number}" for number in range(11, 511)],
}
"""The ids of HumanEval, and of MBPP's test split, by how many they are."""


def generated_programs(entries: Sequence[Any]) -> dict[str, list[str]] | None:
    """The whole programs of each task; the number of tasks tells which they are. None for any other list."""
    task_ids = _TASKS.get(len(entries))
    if task_ids is None or not all(_is_programs(entry) for entry in entries):
        return None
    return {task_id: list(programs) for task_id, programs in zip(task_ids, entries, strict=True)}


def _is_programs(entry: Any) -> bool:
    return isinstance(entry, list) and bool(entry) and all(isinstance(program, str) for program in entry)
