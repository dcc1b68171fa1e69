"""Programs and tests as text, found again in samples.jsonl and tests.jsonl."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coderm_eval.core.records import NO_TEST
from coderm_eval.report.rows import lines_of_tests

__all__ = ["by_task", "test_sources"]


def by_task(rows: Iterable[Mapping[str, Any]], field: str) -> dict[str, list[str]]:
    """Return the texts of each task, in the order of the file."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["task_id"]].append(row[field])
    return dict(found)


def test_sources(columns: Sequence[Sequence[int]], listed: Sequence[str]) -> dict[int, str]:
    """Return the source of each test by its column.

    Args:
        columns: the samples of each test, as verdicts.jsonl has them.
        listed: the task's lines of tests.jsonl.

    Raises:
        ValueError: there are more of one than of the other.
    """
    sources = [source for source in listed if source != NO_TEST]
    return dict(zip(lines_of_tests(columns), sources, strict=True))
