"""A comparison as text for the terminal, as JSON, and as tables for a paper or a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from coderm_eval.core.files import csv_text
from coderm_eval.report.comparison.graded_run import GradedRun
from coderm_eval.report.comparison.paired_runs import Comparison, PairedDifference
from coderm_eval.report.printed_table import Table
from coderm_eval.report.rows import interval_row, json_number
from coderm_eval.report.tables import value_and_ci

__all__ = [
    "comparison_as_csv",
    "comparison_as_json",
    "comparison_as_latex",
    "comparison_in_words",
    "render_comparison",
    "tables_of_comparison",
]

_RUNS = ["Tier", "Run", "Rule", "Tests per problem", "pass@1, %", "95 %"]
_PAIRS = ["Run", "against", "difference, %", "95 %", "wins", "losses", "McNemar p"]
_TIERS_LEGEND = "Runs of one tier cannot be told from the best of it: the interval of the paired difference holds 0."
_HASHED_AS_A_FILE = "inputs.rule"
"""Of the other inputs the contents are hashed, so that `sha256sum` prints something else."""
_MOST_SHOWN = 10
"""Task ids of a list on the screen; the JSON has all."""


def render_comparison(found: Comparison) -> str:
    """The comparison in words and Markdown tables; numbers in per cent."""
    runs, differences, *settings = map(str, tables_of_comparison(found))
    return "\n".join([*comparison_in_words(found), runs, differences, *map(_who_won, found.pairs), *settings])


def comparison_in_words(found: Comparison) -> list[str]:
    """What is compared, and a note for each run of which problems are left out."""
    return [
        f"{found.runs[0].benchmark}, {len(found.problems)} problems that all runs have graded\n",
        *(f"note: {name}: left out {_listed(tasks)}\n" for name, tasks in found.left_out.items() if tasks),
    ]


def tables_of_comparison(found: Comparison) -> list[Table]:
    """The runs, their differences, and the settings that differ, if any do; numbers in per cent."""
    tables = [
        Table(_RUNS, _run_lines(found), _TIERS_LEGEND, names=3),
        Table(_PAIRS, _pair_lines(found.pairs), names=2),
    ]
    if found.settings:
        headers = ["They differ in", *(run.name for run in found.runs)]
        tables.append(Table(headers, _setting_lines(found), names=len(headers)))
    return tables


def _run_lines(found: Comparison) -> list[list[str]]:
    """The tier, name, rule, tests per problem and pass@1 of each run, the best first."""
    runs = {run.name: run for run in found.runs}
    return [
        [
            str(number),
            *(name, runs[name].rule, f"{runs[name].tests_per_problem:.1f}"),
            *value_and_ci(interval_row(found.pass_at_1[name])),
        ]
        for number, tier in enumerate(found.tiers, 1)
        for name in tier
    ]


def _setting_lines(found: Comparison) -> list[list[str]]:
    """Each setting in which the runs differ, with the value of each run; an input by its file, if that is known."""
    return [
        [key, *(_value_of(key, value, run) for value, run in zip(values, found.runs, strict=True))]
        for key, values in found.settings.items()
    ]


def _value_of(key: str, value: Any, run: GradedRun) -> str:
    if value is None:
        return "-"
    if not key.startswith("inputs."):
        return str(value)
    digest = value[:12] if key == _HASHED_AS_A_FILE else f"contents {value[:12]}"
    file = run.input_files.get(key)
    return f"{file} ({digest})" if file else digest


def comparison_as_csv(found: Comparison) -> str:
    """The differences for a spreadsheet or a script, with the numbers of the JSON."""
    return csv_text([_numbers(pair) for pair in found.pairs])


def _numbers(pair: PairedDifference) -> dict[str, Any]:
    difference = interval_row(pair.difference)
    low, high = difference["ci95"]
    return {
        **{"run": pair.run, "against": pair.against},
        **{"difference": difference["value"], "difference_low": low, "difference_high": high},
        **{"wins": len(pair.wins), "losses": len(pair.losses), "mcnemar_p": json_number(pair.p_value)},
    }


def comparison_as_latex(found: Comparison) -> str:
    """The table of differences in per cent, for a paper that uses the package booktabs."""
    return tabulate(_pair_lines(found.pairs), _PAIRS, tablefmt="latex_booktabs", disable_numparse=True) + "\n"


def comparison_as_json(found: Comparison) -> dict[str, Any]:
    """All of a comparison; numbers from 0 to 1 with six digits, undefined ones null."""
    return {
        "benchmark": found.runs[0].benchmark,
        "dataset_sha256": found.runs[0].dataset_sha256,
        "problems": list(found.problems),
        "left_out": {name: list(tasks) for name, tasks in found.left_out.items()},
        "tiers": [list(tier) for tier in found.tiers],
        "runs": {
            run.name: {
                "select": run.rule,
                "input_files": dict(run.input_files),
                "tests_per_problem": run.tests_per_problem,
                "pass@1": interval_row(found.pass_at_1[run.name]),
            }
            for run in found.runs
        },
        "pairs": [
            {
                "run": pair.run,
                "against": pair.against,
                "difference": interval_row(pair.difference),
                "wins": list(pair.wins),
                "losses": list(pair.losses),
                "mcnemar_p": json_number(pair.p_value),
            }
            for pair in found.pairs
        ],
        "differing_settings": {key: list(values) for key, values in found.settings.items()},
    }


def _pair_lines(pairs: Sequence[PairedDifference]) -> list[list[Any]]:
    """Each paired difference, with wins, losses and McNemar's p."""
    return [
        [
            pair.run,
            pair.against,
            *value_and_ci(interval_row(pair.difference), "+"),
            len(pair.wins),
            len(pair.losses),
            f"{pair.p_value:.3g}",
        ]
        for pair in pairs
    ]


def _who_won(pair: PairedDifference) -> str:
    if not (pair.wins or pair.losses):
        return f"{pair.run} and {pair.against} are right on the same problems\n"
    return f"only {pair.run} is right on {_listed(pair.wins)}\nonly {pair.against} is right on {_listed(pair.losses)}\n"


def _listed(tasks: Sequence[str]) -> str:
    if not tasks:
        return "no problem"
    count = "1 problem" if len(tasks) == 1 else f"{len(tasks)} problems"
    more = f", and {len(tasks) - _MOST_SHOWN} more" if len(tasks) > _MOST_SHOWN else ""
    return f"{count}: {', '.join(tasks[:_MOST_SHOWN])}{more}"
