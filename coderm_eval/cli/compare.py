"""`compare`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from coderm_eval.cli.options import FILE, replace_option
from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_text
from coderm_eval.core.outputs import check_output
from coderm_eval.report.comparison import Comparison, compare_runs
from coderm_eval.report.comparison_tables import (
    comparison_as_csv,
    comparison_as_json,
    comparison_as_latex,
    render_comparison,
)
from coderm_eval.report.graded_run import read_graded_run
from coderm_eval.report.run_directory import RunDirectory

_STDOUT = Path("-")


@click.command("compare")
@click.argument("run", type=FILE)
@click.argument("others", type=FILE, nargs=-1, required=True, metavar="RUN [RUN ...]")
@click.option(
    "--json", "json_file", type=FILE, help="File to write everything to, with all task ids; -: print it instead."
)
@click.option("--csv", "csv_file", type=FILE, help="File to write the table of differences to.")
@click.option("--latex", "latex_file", type=FILE, help="The same for a paper.")
@replace_option
def compare_command(
    run: Path,
    others: tuple[Path, ...],
    json_file: Path | None,
    csv_file: Path | None,
    latex_file: Path | None,
    overwrite: bool,
) -> None:
    """Compare graded runs of one benchmark: paired differences on the problems that all of them have.

    \b
    coderm-eval compare run1 run2 --json difference.json
    """
    files = {"json": json_file, "csv": csv_file, "latex": latex_file}
    to_terminal = [name for name, path in files.items() if path == _STDOUT]
    if len({path.resolve() for path in files.values() if path}) < sum(map(bool, files.values())):
        raise InputError("--json, --csv and --latex name the same file twice; give each a file of its own")
    for asked in files.values():
        if asked not in (None, _STDOUT):
            check_output(asked, inputs={}, overwrite=overwrite)
    found = compare_runs([read_graded_run(RunDirectory(folder)) for folder in (run, *others)])
    for name, path in files.items():
        if path and name not in to_terminal:
            write_text(path, _as_text(found, name))
    if to_terminal:
        click.echo(_as_text(found, to_terminal[0]), nl=False)
    else:
        click.echo(render_comparison(found))


def _as_text(found: Comparison, format_name: str) -> str:
    if format_name == "json":
        return json.dumps(comparison_as_json(found), indent=2) + "\n"
    return comparison_as_csv(found) if format_name == "csv" else comparison_as_latex(found)
