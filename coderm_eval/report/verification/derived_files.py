"""Files of a run that follow from its verdicts and grades: whether they hold what these give."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from coderm_eval.report.quality import misleading_tests
from coderm_eval.report.recorded_results import RecordedRun
from coderm_eval.report.rows import chosen_row, misleading_row
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.scores import pass_rates

__all__ = ["contradictions_of_files"]

_OF_GRADES = ("pass_rates.jsonl", "misleading_tests.jsonl", "alternative_grades.jsonl")


def contradictions_of_files(directory: RunDirectory, run: RecordedRun) -> Iterator[str]:
    """Yield a sentence for each such file that holds something else; its first line that does."""
    rule, below = run.summary["select"], run.summary["settings"].get("abstain_below")
    yield from _different(directory, "chosen.jsonl", (chosen_row(result, rule, below) for result in run.results))
    if not run.grades:
        for name in _OF_GRADES:
            if (directory.folder / name).exists():
                yield f"{name}: it needs grades, and there is no grades.jsonl"
        return
    rates = pass_rates(run.results, run.grades)
    misleading = (
        misleading_row(result, test)
        for result, grades in zip(run.results, run.grades, strict=True)
        for test in misleading_tests(result, grades)
    )
    yield from _different(directory, "pass_rates.jsonl", ({"task_id": t, "rate": rate} for t, rate in rates.items()))
    yield from _different(directory, "misleading_tests.jsonl", misleading)


def _different(directory: RunDirectory, name: str, expected: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield where the file first has another line than the rows."""
    lines = zip_longest(expected, directory.rows(name))
    for number, (row, found) in enumerate(lines, 1):
        if row is None or found != json.loads(json.dumps(row)):
            yield f"{name}:{number}: {json.dumps(found):.100}, and the other files give {json.dumps(row):.100}"
            return
