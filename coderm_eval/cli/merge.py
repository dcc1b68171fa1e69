"""`merge`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from coderm_eval.cli.options import FILE, overwrite_option
from coderm_eval.cli.verbosity import note, verbosity_options
from coderm_eval.core.secrets import typed_command


@click.command("merge")
@click.argument("runs", type=FILE, nargs=-1, required=True, metavar="RUN [RUN ...]")
@click.option("--out", type=FILE, required=True, help="Run directory to write.")
@click.option("--allow-incomplete", is_flag=True, help="Merge shards of which something could not be run.")
@overwrite_option
@verbosity_options
def merge_command(runs: Sequence[Path], out: Path, allow_incomplete: bool, overwrite: bool) -> None:
    """Put the shards of a run together: all files are those of a run without --shard.

    \b
    coderm-eval merge run-1 run-2 run-3 run-4 --out run
    """
    from coderm_eval.core.outputs import check_output
    from coderm_eval.pipeline.merging.merge import merge_runs
    from coderm_eval.report.run_directory import RUN_FILES

    check_output(out, inputs={}, files=RUN_FILES, overwrite=overwrite)
    directory = merge_runs(runs, out, allow_incomplete=allow_incomplete, overwrite=overwrite, command=typed_command())
    note(directory.where())
