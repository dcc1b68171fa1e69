"""`report` and `export`."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from coderm_eval.cli.options import FILE
from coderm_eval.report.leaderboards.livecodebench import export
from coderm_eval.report.run_directory import read_json, read_jsonl, require_graded
from coderm_eval.report.tables import (
    render_misleading,
    render_quality,
    render_rules,
)


@click.command("report")
@click.argument("run", type=FILE)
def report_command(run: Path) -> None:
    """Print what a run directory says of the rules that were compared and of the tests.

    \b
    coderm-eval report run
    """
    summary = read_json(run, "summary.json")
    require_graded(run, summary)
    click.echo(render_rules(summary["rules"]))
    click.echo(render_quality(summary["test_quality"]))
    click.echo(render_misleading(read_jsonl(run, "misleading_tests.jsonl")))


@click.command("export")
@click.argument("run", type=FILE)
@click.option("--out", type=FILE, required=True, help="Folder to write.")
@click.option("--name", required=True, help='Of the entry, with the setting: "P + CodeRM-8B Bo20 (N=1)".')
@click.option("--temperature", type=float, default=0.8, show_default=True, help="That candidates were sampled with.")
def export_command(run: Path, out: Path, name: str, temperature: float) -> None:
    """Write the picks of a graded LiveCodeBench run as its runner and its leaderboard take them.

    \b
    coderm-eval export run --out submission --name "P + CodeRM-8B Bo20 (N=1)"
    """
    exported = export(run, out, name=name, temperature=temperature)
    if exported.incomplete:
        logging.getLogger(__name__).warning("%s", exported.incomplete)
    click.echo(f"{exported.custom_output}\n{exported.eval_all}")
