"""What was run and spent, as far as the numbers of summary.json hang together with each other and the other files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coderm_eval.report.notices import notices
from coderm_eval.report.recorded_results import RecordedRun

__all__ = ["of_spending"]


def of_spending(run: RecordedRun) -> dict[str, Any]:
    """The entries of summary.json that follow from its other entries and from the other files."""
    summary, results = run.summary, run.results
    cells = sum(result.verdicts.matrix.size for result in results)
    used = sum(len(result.test_samples) for result in results)
    rejected = summary["test_samples"]["rejected"]
    return {
        "problems_without_tests": sum(not result.tests for result in results),
        "executions": cells + summary["probing_inputs"]["executions"],
        "not_run": {"grades": sum(grade.passed is None for row in run.grades for grade in row)},
        "test_samples": {"read": used + sum(rejected.values())},
        "test_faults": {"test_samples": sum(test.multiplicity for result in results for test in result.tests)},
        "budget": _budget(summary),
        "notices": notices(summary),
    }


def _budget(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings and the test samples say of the budget; `average` may follow from the tests."""
    given = {key: value for key, value in summary["settings"].get("budget", {}).items() if key in summary["budget"]}
    if given.get("average", 0) is None:
        del given["average"]
    return {**given, "samples": summary["test_samples"]["read"]}
