"""The file of results that lighteval writes after the runs, named in their run directories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lighteval.logging.evaluation_tracker import EvaluationTracker

from coderm_eval.report.provenance import name_results_file
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["name_results_file_in"]

_waiting: list[RunDirectory] = []
"""Of the runs since lighteval last wrote a file of results: one for each task of a command."""


def name_results_file_in(directory: RunDirectory) -> None:
    """Have lighteval's next file of results named in the run directory, if it is on this machine."""
    _waiting.append(directory)
    save = EvaluationTracker.save_results
    if len(_waiting) > 1:
        return

    def save_and_name(tracker: EvaluationTracker, date_id: str, *rest: Any, **named: Any) -> None:
        EvaluationTracker.save_results = save
        waiting = [*_waiting]
        _waiting.clear()
        tracker.save_results(date_id, *rest, **named)
        for path in Path(tracker.output_dir).rglob(f"results_{date_id}.json"):
            for each in waiting:
                name_results_file(each, path)

    EvaluationTracker.save_results = save_and_name
