"""`reproduce paper`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from coderm_eval.cli.options import FILE, KEYS, overwrite_option, report_option, workers_option
from coderm_eval.cli.verbosity import note, verbosity_options

__all__ = ["reproduce_group"]

_KEYS = {**KEYS, "num": "tests.num"}


@click.group("reproduce")
def reproduce_group() -> None:
    """Run what a paper reports, and print its numbers beside ours."""


@reproduce_group.command("paper")
@click.option(
    "--records", type=FILE, help="Folder of the records, or a clone.  [default: what `fetch coderm-records` got]"
)
@click.option("--out", type=FILE, required=True, help="Folder to write: a run directory for each cell, and the tables.")
@click.option("--cells", help="Only these: a benchmark, a policy or both, as mbpp+/llama3-8b,livecodebench.")
@click.option("--n", type=int, help="Candidates per problem, the first N.  [default: 100]")
@click.option("--num", type=int, help="Tests per problem, the first N.  [default: 100]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N problems of each benchmark.")
@click.option("--allow-incomplete", is_flag=True, default=None, help="Go on although something could not be run.")
@report_option
@workers_option
@overwrite_option
@verbosity_options
def paper_command(
    records: Path | None, out: Path, cells: str | None, limit: int | None, overwrite: bool, **flags: Any
) -> None:
    """Run Table 1 of the CodeRM paper from its authors' records; write Table 2 and the data of figures as well.

    \b
    coderm-eval reproduce paper --out paper
    """
    from coderm_eval.core.secrets import typed_command
    from coderm_eval.core.settings import flags_to_settings
    from coderm_eval.generation.recorded.coderm_files import chosen_cells, records_cache
    from coderm_eval.pipeline.reproduction import Reproduction

    reproduction = Reproduction(
        records=records or records_cache(),
        cells=chosen_cells(cells),
        out=out,
        given=flags_to_settings(flags, _KEYS),
        limit=limit,
        overwrite=overwrite,
        command=typed_command(),
    )
    found = []
    for number, result in enumerate(reproduction.run(), 1):
        found.append(result)
        note(f"{result.cell.name} is done, {number} of {len(reproduction.cells)}: {reproduction.folder(result.cell)}")
    click.echo(reproduction.write(found))
    note(f"tables and data of figures: {out}")
