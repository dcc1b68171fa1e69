"""`compare`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coderm_eval.cli.options import FILE, replace_option
from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_text

if TYPE_CHECKING:
    from coderm_eval.report.comparison.paired_runs import Comparison
    from coderm_eval.report.run_directory import RunDirectory

_STDOUT = Path("-")


@click.command("compare")
@click.argument("run", type=FILE)
@click.argument("others", type=FILE, nargs=-1, required=True, metavar="RUN [RUN ...]")
@click.option(
    "--json", "json_file", type=FILE, help="File to write everything to, with all task ids; -: print it instead."
)
@click.option("--html", type=FILE, help="File to write a page to, with the picks of all runs; it opens offline.")
@click.option("--csv", "csv_file", type=FILE, help="File to write the differences to, as numbers.")
@click.option("--latex", "latex_file", type=FILE, help="File to write the table of differences to, for a paper.")
@replace_option
def compare_command(
    run: Path,
    others: tuple[Path, ...],
    json_file: Path | None,
    html: Path | None,
    csv_file: Path | None,
    latex_file: Path | None,
    overwrite: bool,
) -> None:
    """Compare graded runs of one benchmark: paired differences on the problems that all of them have.

    \b
    coderm-eval compare run1 run2 --html difference.html
    """
    from coderm_eval.core.outputs import check_output
    from coderm_eval.report.comparison.graded_run import read_graded_run
    from coderm_eval.report.comparison.paired_runs import compare_runs
    from coderm_eval.report.comparison.tables import render_comparison
    from coderm_eval.report.run_directory import RunDirectory

    given = {"json": json_file, "html": html, "csv": csv_file, "latex": latex_file}
    files = {name: path for name, path in given.items() if path}
    if len({path.resolve() for path in files.values()}) < len(files):
        raise InputError("--json, --html, --csv and --latex name the same file twice; give each a file of its own")
    for name, path in files.items():
        if path != _STDOUT:
            check_output(path, inputs={}, overwrite=overwrite, flag=f"--{name}")
    directories = [RunDirectory(folder) for folder in (run, *others)]
    found = compare_runs([read_graded_run(directory) for directory in directories])
    texts = {path: _as_text(found, directories, name) for name, path in files.items()}
    printed = texts.pop(_STDOUT, None)
    for path, text in texts.items():
        write_text(path, text)
    click.echo(render_comparison(found) if printed is None else printed, nl=printed is None)


def _as_text(found: Comparison, directories: Sequence[RunDirectory], format_name: str) -> str:
    from coderm_eval.report.comparison.tables import comparison_as_csv, comparison_as_json, comparison_as_latex

    if format_name == "html":
        from coderm_eval.report.page.comparison_page import render_comparison_page  # with jinja2, for a page alone

        return render_comparison_page(found, directories)
    if format_name == "json":
        return json.dumps(comparison_as_json(found), indent=2) + "\n"
    return comparison_as_csv(found) if format_name == "csv" else comparison_as_latex(found)
