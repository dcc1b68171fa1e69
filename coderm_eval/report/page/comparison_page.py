"""The page of a comparison: the tables of `compare`, a figure, and every problem with the picks of all runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from coderm_eval.core.errors import InputError
from coderm_eval.report.comparison.paired_runs import Comparison, PairedDifference, compare_runs
from coderm_eval.report.comparison.tables import comparison_in_words, tables_of_comparison
from coderm_eval.report.page import plots
from coderm_eval.report.page.document import render
from coderm_eval.report.page.figures import svg
from coderm_eval.report.page.local_paths import names_apart, without_folders
from coderm_eval.report.run_directory import RunDirectory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["render_comparison_page"]

_SCRIPTS = ("source.js", "difference.js", "problem_table.js", "comparison.js")
_MOST_DRAWN = 15
"""Differences of each of six runs from each other; of more runs only those from the first are drawn."""
_HEIGHT_OF_PAIR = 0.4
"""Inches: two lines of text."""
_LONGEST_NAME = 28


def render_comparison_page(found: Comparison, directories: Sequence[RunDirectory]) -> str:
    """The HTML of a comparison, which loads nothing from anywhere; the same runs give the same bytes.

    Args:
        directories: of the runs, in their order.

    Raises:
        InputError: a file of a run cannot be read, or does not belong to it.
    """
    found = _without_folders(found)
    runs, differences, *settings = tables_of_comparison(found)
    picks = [_picks(directory, run.rule) for directory, run in zip(directories, found.runs, strict=True)]
    problems = [{"task_id": task, "runs": [of_run[task] for of_run in picks]} for task in found.problems]
    drawn = found.pairs if len(found.pairs) <= _MOST_DRAWN else found.pairs[: len(found.runs) - 1]
    return render(
        "comparison.html",
        {"runs": [run.name for run in found.runs], "problems": problems},
        _SCRIPTS,
        benchmark=found.runs[0].benchmark,
        words=comparison_in_words(found),
        runs=runs,
        differences=differences,
        settings=settings[0] if settings else None,
        only_first=len(drawn) < len(found.pairs),
        figure=svg(lambda axes: _differences(axes, drawn), height=1 + _HEIGHT_OF_PAIR * len(drawn)),
    )


def _without_folders(found: Comparison) -> Comparison:
    """The same comparison with the names of files and runs alone, as a page tells them."""
    names = names_apart([run.name for run in found.runs])
    runs = [
        replace(run, name=name, input_files={key: without_folders(file) for key, file in run.input_files.items()})
        for run, name in zip(found.runs, names, strict=True)
    ]
    settings = {key: tuple(map(without_folders, values)) for key, values in found.settings.items()}
    return replace(compare_runs(runs), settings=settings)


def _picks(directory: RunDirectory, rule: str) -> dict[str, dict[str, Any]]:
    """The pick of each problem, as the page's script takes it, by task id."""
    programs = {row["task_id"]: row["solution"] for row in directory.rows("chosen.jsonl")}
    grades = directory.grades_of_picks(rule)
    try:
        return {
            row["task_id"]: {
                "sample": row["selections"][rule]["chosen"],
                "confidence": row["selections"][rule]["confidence"],
                "right": grades[row["task_id"]].passed,
                "grades": dict(grades[row["task_id"]].statuses),
                "program": programs[row["task_id"]],
            }
            for row in directory.rows("verdicts.jsonl")
        }
    except KeyError as error:
        raise InputError(f"{directory}: chosen.jsonl and verdicts.jsonl do not belong together: no {error}") from None


def _differences(axes: Axes, pairs: Sequence[PairedDifference]) -> None:
    """Each difference with its interval, if they are not equal everywhere; the first pair on top."""
    places = range(len(pairs))[::-1]
    values = [100 * pair.difference.value for pair in pairs]
    ends = [(pair.difference.low, pair.difference.high) if pair.wins or pair.losses else (0.0, 0.0) for pair in pairs]
    around = [
        [value - 100 * low for value, (low, _) in zip(values, ends, strict=True)],
        [100 * high - value for value, (_, high) in zip(values, ends, strict=True)],
    ]
    axes.errorbar(values, places, xerr=around, fmt="o", color=plots.PICK, capsize=3)
    if not any(low or high for low, high in ends):
        axes.set_xlim(-1, 1)  # thousandths of a point would look like a difference
    axes.axvline(0, color=plots.BASE, lw=1)
    names = [f"{_end(pair.run)}\nminus {_end(pair.against)}" for pair in pairs]
    axes.set_yticks(places, names, parse_math=False)  # a name may have dollar signs
    axes.set_ylim(-0.5, len(pairs) - 0.5)
    axes.set_xlabel("difference of pass@1, percentage points")


def _end(name: str) -> str:
    """The end of a name, in which paths differ."""
    return name if len(name) <= _LONGEST_NAME else "…" + name[1 - _LONGEST_NAME :]
