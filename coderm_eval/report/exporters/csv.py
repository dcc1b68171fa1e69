"""The tables of a paper as CSV, for a spreadsheet or a script: the numbers of summary.json, shares with six digits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coderm_eval.core.files import csv_text
from coderm_eval.report.exporters.base import ANY_BENCHMARK, Export
from coderm_eval.report.exporters.entry import Entry
from coderm_eval.report.exporters.exported_run import ExportedRun
from coderm_eval.report.exporters.paper_tables import rules_of, score_rows

__all__ = ["BENCHMARKS", "export"]

BENCHMARKS = ANY_BENCHMARK


def export(run: ExportedRun, entry: Entry, out: Path) -> Export:
    """A table of scores and one of rules; both say the system in each line, so that runs can be joined."""
    summary = run.summary
    of_run = {"system": entry.name, "benchmark": summary["benchmark"], "problems": summary["n_problems"]}
    scores = [
        {**of_run, "row": row.row, **_numbers("pass@1", row.score), **_numbers("gain_of_system", row.gain)}
        for row in score_rows(summary, entry)
    ]
    applied = rules_of(summary)
    columns = ["pass@1", "gain_over_random", *(["gain_over_majority"] if "majority" in applied else [])]
    rules = [
        {
            **of_run,
            "rule": rule,
            **{key: number for column in columns for key, number in _numbers(column, row[column]).items()},
            "ahead_of_next": row["ahead_of_next"],
        }
        for rule, row in applied.items()
    ]
    return Export({out / "scores.csv": csv_text(scores), out / "rules.csv": csv_text(rules)})


def _numbers(name: str, value: Mapping[str, Any]) -> dict[str, float | None]:
    low, high = value["ci95"]
    return {name: value["value"], f"{name}_low": low, f"{name}_high": high}
