"""`labels`."""

from __future__ import annotations

from pathlib import Path

import click

from coderm_eval.cli.options import FILE, overwrite_option
from coderm_eval.core.files import write_jsonl


@click.command("labels")
@click.argument("run", type=FILE)
@click.option("--out", type=FILE, required=True, help="File to write: a line for each sample.")
@overwrite_option
def labels_command(run: Path, out: Path, overwrite: bool) -> None:
    """Write the reward of each sample of a run, graded or not, as training data.

    \b
    coderm-eval labels run --out labels.jsonl
    """
    from coderm_eval.core.outputs import check_output
    from coderm_eval.report.labels import label_rows
    from coderm_eval.report.run_directory import RunDirectory

    check_output(out, inputs={}, overwrite=overwrite)
    write_jsonl(out, label_rows(RunDirectory(run)))
    click.echo(str(out))
