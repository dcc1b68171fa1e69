"""`report`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coderm_eval.cli.options import FILE, replace_option
from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_text

if TYPE_CHECKING:
    from coderm_eval.report.run_directory import RunDirectory


@click.command("report")
@click.argument("run", type=FILE)
@click.option("--html", type=FILE, help="File to write the run to as a page that opens in any browser, offline.")
@click.option(
    "--no-programs", is_flag=True, help="Leave the texts of programs and tests out of the page: it is much smaller."
)
@replace_option
def report_command(run: Path, html: Path | None, no_programs: bool, overwrite: bool) -> None:
    """Print a run's tables: scores, rules, the risk of the surest picks, the quality of tests, and which misled.

    Without grades a run has picks and no scores; then its counts are printed.

    \b
    coderm-eval report run
    coderm-eval report run --html report.html
    """
    from coderm_eval.core.outputs import check_output
    from coderm_eval.report.page.page import render_page
    from coderm_eval.report.run_directory import RunDirectory

    if html is None:
        click.echo("\n".join(_tables(RunDirectory(run))))
        return
    check_output(html, inputs={}, overwrite=overwrite, flag="--html")
    write_text(html, render_page(RunDirectory(run), with_programs=not no_programs))
    click.echo(str(html))


def _tables(directory: RunDirectory) -> tuple[str, ...]:
    """All tables and notices, before any of them is printed.

    Raises:
        InputError: this is no run, or another version wrote it.
    """
    summary = directory.summary()
    misleading = directory.rows("misleading_tests.jsonl") if summary.get("rules") else []
    try:
        tables = _tables_of(summary, misleading) if summary["rules"] else _of_picks(directory, summary)
        return *tables, *(f"note: {n}" for n in summary["notices"])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(
            f"{directory}: not what this version of coderm-eval writes; run the same `coderm-eval rerank` with "
            "--overwrite"
        ) from None


def _of_picks(directory: RunDirectory, summary: Mapping[str, Any]) -> Iterator[str]:
    """What there is to say of a run without grades."""
    from coderm_eval.report.labels import picks_table

    yield str(picks_table(summary))
    yield (
        "There are no grades, and so no scores. The picks are in chosen.jsonl; the reward of each sample:\n"
        f"coderm-eval labels {shlex.quote(str(directory))} --out labels.jsonl"
    )


def _tables_of(summary: Mapping[str, Any], misleading: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    from coderm_eval.report.tables import (
        render_abstention,
        render_misleading,
        render_quality,
        render_risk_coverage,
        render_rules,
        scores_table,
        without_vote,
    )

    tests = summary["tests_per_problem"]
    yield str(scores_table(summary))
    yield render_rules(without_vote(summary["rules"], tests))
    if summary["abstention"]:
        yield render_abstention(summary["abstention"], summary["pass@1"]["coderm"])
    if summary["confidence"]["risk_coverage"]:
        yield render_risk_coverage(summary["confidence"]["risk_coverage"])
    if tests:
        yield render_quality(summary["test_quality"])
        yield render_misleading(misleading) if misleading else "No test misled the vote.\n"
