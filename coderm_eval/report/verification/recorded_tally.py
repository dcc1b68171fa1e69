"""The tally of a run, counted again from the other files of its directory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from coderm_eval.report.recorded_results import RecordedRun
from coderm_eval.report.run_directory import TALLY, AlternativeGrades, RunDirectory
from coderm_eval.report.tally_row import OtherGrade, ReportedProblem, tally_row

__all__ = ["contradictions_of_tally", "recorded_rows"]

_KNOWN = (
    *("task_id", "samples", "programs", "no_code", "no_function", "tests", "test_samples", "tests_used", "confidence"),
    "graded",
)
"""What the other files say of a problem: they know nothing of probing inputs, and of what tests cost."""


def recorded_rows(
    run: RecordedRun, errata: Collection[str], alternative: AlternativeGrades | None
) -> Iterator[dict[str, Any]]:
    """Yield the line of each problem; what is not known is 0.

    Args:
        run: as its other files say.
        errata: the benchmark's problems whose own tests are known to be wrong.
        alternative: the grades of picks by the benchmark's other grader.
    """
    others = alternative.grades if alternative else {}
    for number, result in enumerate(run.results):
        task = result.problem.task_id
        problem = ReportedProblem(
            result,
            grades=run.grades[number] if run.grades else None,
            is_known_bad=task in errata,
            other=OtherGrade(alternative.grader, others[task]) if alternative and task in others else None,
        )
        yield tally_row(problem, run.summary["select"])


def contradictions_of_tally(directory: RunDirectory, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence where tally.jsonl first has something else than `rows`."""
    if not (directory.folder / TALLY).exists():
        return  # an earlier version wrote none
    for number, (row, found) in enumerate(zip_longest(rows, directory.lines(TALLY)), 1):
        for key in _KNOWN:
            here, there = (row or {}).get(key), (found or {}).get(key)
            if here != there:
                yield f"{TALLY}:{number}: {key} is {there!r:.60}, and the other files give {here!r:.60}"
                return
