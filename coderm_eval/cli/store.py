"""`store convert` and `store merge`."""

from __future__ import annotations

from pathlib import Path

import click

from coderm_eval.cli.options import FILE
from coderm_eval.cli.verbosity import verbosity_options

__all__ = ["store_group"]


@click.group("store")
def store_group() -> None:
    """Convert and merge stores: folders of answers, executions and grades."""


@store_group.command("convert")
@click.argument("folder", type=FILE)
@verbosity_options
def convert_command(folder: Path) -> None:
    """Convert the store of an earlier version, in place.

    Its files are kept, as *.jsonl.converted, and are not needed any more.

    \b
    coderm-eval store convert run/store
    """
    from coderm_eval.core.store import convert_store

    written, known, unreadable = convert_store(folder)
    if not written:
        click.echo(f"{folder}: up to date")
        return
    said = ["converted " + ", ".join(f"{count:,} {kind}" for kind, count in written.items())]
    said += [f"passed over {known:,} whose key was there"] * bool(known)
    said += [f"passed over {unreadable:,} torn or foreign lines"] * bool(unreadable)
    click.echo(f"{folder}: {'; '.join(said)}; *.jsonl.converted can be removed")


@store_group.command("merge")
@click.argument("folders", type=FILE, nargs=-1, required=True)
@click.option("--into", type=FILE, required=True, help="Folder of the store that gets everything.")
@verbosity_options
def merge_command(folders: tuple[Path, ...], into: Path) -> None:
    """Add to a store what others have, such as those of other machines.

    Of two results for one thing the first counts.

    \b
    coderm-eval store merge machine1/store machine2/store --into store
    """
    from coderm_eval.core.store import merge_stores

    click.echo(f"{into}: {merge_stores(folders, into):,} rows added")
