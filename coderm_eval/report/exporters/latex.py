"""The tables of a paper as LaTeX, for the package booktabs: per cent with one digit, as `report` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from coderm_eval.report.exporters.base import ANY_BENCHMARK, Export
from coderm_eval.report.exporters.entry import Entry
from coderm_eval.report.exporters.exported_run import ExportedRun
from coderm_eval.report.exporters.paper_tables import rules_of, score_rows
from coderm_eval.report.exporters.system import in_one_sentence
from coderm_eval.report.tables import rules_table, value_and_ci

__all__ = ["BENCHMARKS", "export"]

BENCHMARKS = ANY_BENCHMARK

_SCORES = ["Programs", "pass@1, %", "95 %", "gain, %", "95 %"]


def export(run: ExportedRun, entry: Entry, out: Path) -> Export:
    """A table of scores and one of rules, each below a comment that says the system."""
    summary = run.summary
    scores = [[row.label, *value_and_ci(row.score), *value_and_ci(row.gain, "+")] for row in score_rows(summary, entry)]
    rules = rules_table(rules_of(summary))
    said = " ".join(in_one_sentence(entry, summary).split())  # a second line would be LaTeX, and no comment
    about = f"% {summary['benchmark']}, {summary['n_problems']} problems. {said}\n"
    return Export(
        {
            out / "scores.tex": about + _tabular(_SCORES, scores),
            out / "rules.tex": about + _tabular(rules.headers, rules.rows),
        }
    )


def _tabular(headers: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    return tabulate(lines, list(headers), tablefmt="latex_booktabs", disable_numparse=True) + "\n"
