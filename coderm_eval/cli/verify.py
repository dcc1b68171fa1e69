"""`verify`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from coderm_eval.cli.options import FILE
from coderm_eval.cli.verbosity import verbosity_options
from coderm_eval.core.messages import counted

_PROBLEMS = 20


@click.command("verify")
@click.argument("run", type=FILE)
@click.option(
    "--problems", type=click.IntRange(min=1), default=_PROBLEMS, show_default=True, help="Problems to run again."
)
@click.option("--all", "run_all", is_flag=True, help="Run all of them again.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes at a time.  [default: one per core]")
@click.option("--select", metavar="FILE.py:NAME", help="Run this file, where the run's picks are by its rule.")
@verbosity_options
def verify_command(run: Path, problems: int, run_all: bool, workers: int | None, select: str | None) -> None:
    """Check that a run's files agree, and run and grade some of its problems again.

    \b
    coderm-eval verify run
    """
    from coderm_eval.core.scratch_folder import scratch_folder
    from coderm_eval.pipeline.verification.verify import verify
    from coderm_eval.report.run_directory import RunDirectory

    with _without_notices(), scratch_folder("coderm-verify-") as scratch:
        some = None if run_all else problems
        found = verify(RunDirectory(run), scratch, problems=some, workers=workers, rule_file=select)
    for finding in found.findings:
        click.echo(finding)
    if not found.has_provenance:
        click.echo(f"{run}: an earlier version wrote it, without provenance.json: no hashes of its files were compared")
    click.echo(
        f"{run}: {counted(found.problems, 'problem')}, whose files were compared; {counted(found.cells, 'verdict')} "
        f"and {counted(found.grades, 'grade')} of {found.again} were made again. "
        f"Findings: {len(found.findings) or 'none'}"
    )
    if found.findings:
        raise SystemExit(1)


@contextmanager
def _without_notices() -> Iterator[None]:
    """Keep what a run says of itself from the screen: here it would be said of a part of the run."""
    log = logging.getLogger("coderm_eval.pipeline.run")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
