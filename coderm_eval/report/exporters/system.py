"""The system behind a score, in words that fit wherever a format has room for notes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coderm_eval.report.exporters.entry import Entry, largest_n

__all__ = ["file_stem", "in_one_sentence"]


def in_one_sentence(entry: Entry, summary: Mapping[str, Any]) -> str:
    """What was done to get the score of a run, and what it is not."""
    n, version = largest_n(summary), summary["versions"]["coderm-eval"]
    if n == 1:
        return f"{entry.name}: one sample per problem{_part(summary)}, graded by coderm-eval {version}"
    low, high = (f"{value:.3f}" for value in summary["pass@1"]["coderm"]["ci95"])
    score = f"pass@1 of the picks among {n} candidates per problem{_part(summary)} (95 % {low} to {high})"
    how = f"picked by the rule {summary['select']} with {_tests(entry, summary)}, and by no test of the benchmark"
    return f"{entry.name}: {score}, which is not the model's own pass@1; {how}; coderm-eval {version}"


def file_stem(name: str) -> str:
    """A file's name that says the system: letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _part(summary: Mapping[str, Any]) -> str:
    problems, of_benchmark = summary["n_problems"], summary["n_problems_of_benchmark"]
    return "" if problems == of_benchmark else f", on {problems} of {of_benchmark} problems only"


def _tests(entry: Entry, summary: Mapping[str, Any]) -> str:
    if not summary["test_samples"]["read"]:
        return "no generated tests"
    writer = f" by {entry.test_writer.model}" if entry.test_writer.model else ""
    return f"{summary['tests_per_problem']:.1f} generated tests per problem{writer}"
