"""Check the entries of the board, or one of them against the run that it is of.

python leaderboards/check.py                            every entry: its form, and its numbers from its picks
python leaderboards/check.py leaderboards/entries/NAME --run RUN
                                                        and whether this run directory gives the same entry
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import CodermError
from coderm_eval.core.messages import abbreviated
from coderm_eval.report.exporters.board.picks import numbers_of_picks, pick_rows
from coderm_eval.report.exporters.board.submitted import faults, read_submitted
from coderm_eval.report.exporters.exported_run import read_exported_run
from coderm_eval.report.run_directory import RunDirectory

ENTRIES = Path(__file__).resolve().parent / "entries"


def differences(folder: Path, directory: Path) -> Iterator[str]:
    """Yield a sentence for each thing that a run says otherwise than an entry.

    Raises:
        CodermError: the run or the entry cannot be read.
    """
    entry, run = read_submitted(folder), read_exported_run(RunDirectory(directory), _no_benchmark)
    said = {pick["task_id"]: pick for pick in entry.picks}
    found = {pick["task_id"]: pick for pick in pick_rows(run)}
    other = [task for task in {**said, **found} if said.get(task) != found.get(task)]
    if other:
        keys = {key for task in other for key in _differing(said.get(task, {}), found.get(task, {}))}
        yield f"{folder}: not the picks of {directory} ({', '.join(sorted(keys))}): {abbreviated(other)}"
    values: dict[str, Any] = {
        **numbers_of_picks(list(found.values())),
        "budget": run.summary["budget"],
        "inputs": {name: run.summary["inputs"][name] for name in entry.entry["inputs"]},
    }
    for key, value in values.items():
        if entry.entry[key] != value:
            yield f"{folder}: {key} is {entry.entry[key]}, and {directory} gives {value}"


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]


def _no_benchmark() -> Benchmark:
    raise AssertionError("an entry is made without the benchmark's data")


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong; 0 if nothing is."""
    parser = argparse.ArgumentParser(description="Check the entries of the board.")
    parser.add_argument("entry", type=Path, nargs="*", help="folders; by default all")
    parser.add_argument("--run", type=Path, help="run directory that the one entry is of")
    given = parser.parse_args(arguments)
    folders = given.entry or sorted(ENTRIES.iterdir())
    if given.run and len(folders) != 1:
        parser.error("--run is of one entry; name its folder")
    try:
        found = [fault for folder in folders for fault in faults(folder)]
        found += differences(folders[0], given.run) if given.run and not found else []
    except CodermError as error:
        found = [str(error)]
    print("\n".join(found or [f"nothing is wrong with {', '.join(folder.name for folder in folders)}"]))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
