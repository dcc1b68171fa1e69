"""`report` and `export`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from coderm_eval.benchmarks import BENCHMARKS, Benchmark, load_benchmark
from coderm_eval.cli.options import FILE, overwrite_option, replace_option
from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_text
from coderm_eval.core.outputs import check_output, require_same
from coderm_eval.pipeline.settings import load_settings
from coderm_eval.report.leaderboards.base import exporting, load_exporter
from coderm_eval.report.page.page import render_page
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.tables import (
    render_abstention,
    render_misleading,
    render_quality,
    render_recorded_scores,
    render_risk_coverage,
    render_rules,
)


@click.command("report")
@click.argument("run", type=FILE)
@click.option("--html", type=FILE, help="File to write the run to as a page that opens in any browser, offline.")
@click.option(
    "--no-programs", is_flag=True, help="Leave the texts of programs and tests out of the page: it is much smaller."
)
@replace_option
def report_command(run: Path, html: Path | None, no_programs: bool, overwrite: bool) -> None:
    """Print a graded run's tables: scores, rules, the risk of the surest picks, the quality of tests, and which misled.

    \b
    coderm-eval report run
    coderm-eval report run --html report.html
    """
    if html is None:
        click.echo("\n".join(_tables(RunDirectory(run))))
        return
    check_output(html, inputs={}, overwrite=overwrite)
    write_text(html, render_page(RunDirectory(run), with_programs=not no_programs))
    click.echo(str(html))


def _tables(directory: RunDirectory) -> tuple[str, ...]:
    """All tables and notices, before any of them is printed.

    Raises:
        InputError: the run was not graded, or another version wrote it.
    """
    summary, misleading = directory.graded_summary(), directory.rows("misleading_tests.jsonl")
    try:
        return *_tables_of(summary), render_misleading(misleading), *(f"note: {n}" for n in summary["notices"])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(
            f"{directory}: not what this version of coderm-eval writes; run the same `coderm-eval rerank --grade` with "
            "--overwrite"
        ) from None


def _tables_of(summary: Mapping[str, Any]) -> Iterator[str]:
    yield render_recorded_scores(summary)
    yield render_rules(summary["rules"])
    if summary["abstention"]:
        yield render_abstention(summary["abstention"], summary["pass@1"]["coderm"])
    if summary["confidence"]["risk_coverage"]:
        yield render_risk_coverage(summary["confidence"]["risk_coverage"])
    yield render_quality(summary["test_quality"])


@click.command("export")
@click.argument("run", type=FILE)
@click.option("--to", "leaderboard", default="livecodebench", show_default=True, help="Leaderboard.")
@click.option("--out", type=FILE, required=True, help="Folder to write.")
@click.option("--name", required=True, help='Name of the entry, with the setting: "P + CodeRM-8B Bo20 (N=1)".')
@click.option(
    "--temperature", type=float, default=0.8, show_default=True, help="Sampling temperature of the candidates."
)
@overwrite_option
def export_command(run: Path, leaderboard: str, out: Path, name: str, temperature: float, overwrite: bool) -> None:
    """Write the picks of a graded run as a leaderboard takes them.

    \b
    coderm-eval export run --out submission --name "P + CodeRM-8B Bo20 (N=1)"
    """
    check_output(out, inputs={}, files=())
    exporter, directory = load_exporter(leaderboard), RunDirectory(run)
    summary = directory.summary()
    if summary.get("benchmark") not in exporter.BENCHMARKS:
        known = ", ".join(exporter.BENCHMARKS)
        raise InputError(f"{run}: a run of {summary.get('benchmark')}; only those of {known} can be exported")
    directory.graded_summary()
    with exporting(leaderboard):
        exported = exporter.export(directory, _benchmark_of(run, summary), out, name=name, temperature=temperature)
    if not overwrite:
        require_same(exported.files)
    if exported.incomplete:
        logging.getLogger(__name__).warning("%s", exported.incomplete)
    for path, text in exported.files.items():
        write_text(path, text)
    click.echo("\n".join(map(str, exported.files)))


def _benchmark_of(run: Path, summary: Mapping[str, Any]) -> Benchmark:
    """The benchmark of a run, with the settings that it was loaded with."""
    name = summary["benchmark"]
    key = BENCHMARKS[name].section
    given = {key: summary["settings"][key]} if key else {}
    settings = load_settings(given, source=str(run / "summary.json"), selects=False)
    return load_benchmark(name, settings.for_benchmark(name))
