"""Shards in, one run directory out: its files are those of a run of all problems, byte for byte."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError, OutputError
from coderm_eval.core.files import not_written, write_parts
from coderm_eval.core.locks import alone_in
from coderm_eval.core.outputs import ANOTHER_OUT
from coderm_eval.core.progress import progress
from coderm_eval.core.records import sha256
from coderm_eval.core.store import merge_stores
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.pipeline.merging.shards import FinishedShard, read_shards
from coderm_eval.pipeline.merging.summary import merged_summary
from coderm_eval.pipeline.report_page import write_page
from coderm_eval.pipeline.run_identity import run_key, run_sha256, sample_rows_sha256
from coderm_eval.report import provenance
from coderm_eval.report.merged_lines import merged_lines, merged_tasks
from coderm_eval.report.provenance import Caller
from coderm_eval.report.run_directory import FILES_OF_LINES, RUN_FILES, TALLY, RunDirectory
from coderm_eval.report.tally import Tally

__all__ = ["merge_runs"]


def merge_runs(
    folders: Sequence[Path],
    out: Path,
    *,
    allow_incomplete: bool = False,
    overwrite: bool = False,
    command: Sequence[str] | None = None,
) -> RunDirectory:
    """Put the shards of a run together in `out`, which appears when all of it is written.

    Args:
        folders: the run directories of all shards, in any order.
        out: a folder that is none of these.
        allow_incomplete: whether something of a shard may be in no score, because it could not be run.
        overwrite: whether what is in `out` may be replaced.
        command: what was typed; None where a program calls.

    Raises:
        InputError: a folder with no finished shard, or shards that are not all of one run.
        OutputError: `out` exists or cannot be written.
        IncompleteRunError: something of a shard could not be run, and `allow_incomplete` is off.
    """
    _require_free(folders, out, overwrite=overwrite)
    shards = read_shards(folders, allow_incomplete=allow_incomplete)
    with _put_in_place(out) as folder:
        directory = RunDirectory(folder)
        summary = _write(shards, directory)
        provenance.begin(directory, Caller(command=command), run=run_sha256(summary), tests=None)
        execution = ExecutionSettings.model_validate(summary["settings"]["execution"])
        provenance.finish(directory, run_key(summary, execution, graded=summary["pass@1"] is not None))
        _merge_stores(shards, folder / "store")
        if all(shard.directory.page.is_file() for shard in shards):
            write_page(directory, summary["n_problems"])
    return RunDirectory(out)


def _write(shards: Sequence[FinishedShard], directory: RunDirectory) -> Mapping[str, Any]:
    """Write the files of lines and summary.json; returns the latter's content."""
    tally = _tally(shards)
    unit = shards[0].unit
    for name in FILES_OF_LINES:
        paths = [shard.directory.folder / name for shard in shards]
        if any(path.exists() for path in paths):
            tasks = progress(tally.tasks, len(tally), f"merging {name}", "problems")
            lines = merged_lines(paths, tasks, lambda place: place // unit % len(shards))
            write_parts(directory.folder / name, lines)
    summary = merged_summary(shards, tally, samples=sample_rows_sha256(directory.lines("samples.jsonl")))
    directory.write_summary(summary)
    return summary


def _tally(shards: Sequence[FinishedShard]) -> Tally:
    """The tally of all shards.

    Raises:
        InputError: the tasks are not those that the shards are of.
    """
    paths = [shard.directory.folder / TALLY for shard in shards]
    tally = Tally(map(json.loads, merged_tasks(paths, shards[0].unit)))
    if sha256(tally.tasks) != shards[0].summary["shard"]["tasks"]:
        raise InputError(f"{shards[0].directory} and the other shards have not the tasks of the run that they are of")
    return tally


def _merge_stores(shards: Sequence[FinishedShard], into: Path) -> None:
    """Put the stores together that are in run directories; others are where the user wants them."""
    stores = [shard.directory.folder / "store" for shard in shards]
    if found := [store for store in stores if store.is_dir()]:
        merge_stores(found, into)


def _require_free(folders: Sequence[Path], out: Path, *, overwrite: bool) -> None:
    """Refuse a folder with content: `overwrite` allows a run directory, and nothing else, to be replaced."""
    place = out.resolve()
    if any(place in (folder.resolve(), *folder.resolve().parents) for folder in folders):
        raise OutputError(f"{out}: a shard is there; name another folder after --out")
    found = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if found and not overwrite:
        raise OutputError(f"{out}: something is there already; {ANOTHER_OUT}")
    if other := sorted(found - {*RUN_FILES, "store"}):
        raise OutputError(f"{out}: {other[0]} is there, which is no part of a run; name another folder after --out")


@contextmanager
def _put_in_place(out: Path) -> Iterator[Path]:
    """Yield a folder beside `out`, which gets its name in the end; one that a killed process left is emptied."""
    folder = out.parent / f".{out.name}.merging"
    with alone_in(folder):
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield folder
        try:
            if out.is_dir():
                shutil.rmtree(out)
            folder.replace(out)
        except OSError as error:
            raise not_written(out, error) from error
