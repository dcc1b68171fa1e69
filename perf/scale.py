"""Measure runs of more and more invented problems: time, memory of the main process, sizes of files, and how they grow.

    python -m perf.scale --sizes 1000 10000 --candidates 10 --tests 10
    python -m perf.scale --sizes 1000 10000 100000 --stand-in

Each size is run by `coderm-eval rerank` in a process of its own, and then once more by the same command, which reads
everything from the store. Flags that this script does not know are handed to `rerank`.

CPU and memory are those of the main process, without its workers. With --stand-in verdicts are invented in the main
process at once: what is measured is then all but the execution. "First test" is the time from the command to the first
verdict. An exponent is that of growth between a size and the one before it: 1 is linear, 0 is flat.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from perf._common import argument_parser, print_table
from perf._invented import InventedFiles, Shape


class Taken(NamedTuple):
    """What a run took."""

    wall_s: float
    cpu_s: float
    workers_cpu_s: float
    peak_mib: float
    first_s: float | None
    store_mb: float
    files_mb: float
    """The run directory without its store."""


class Measured(NamedTuple):
    """A run, and the same command once it was finished."""

    shape: Shape
    cells: int
    """A test sample of several asserts is several tests."""
    run: Taken
    resumed: Taken


COLUMNS: Mapping[str, Callable[[Measured], float | None]] = {
    "wall, s": lambda m: m.run.wall_s,
    "first test, s": lambda m: m.run.first_s,
    "CPU, s": lambda m: m.run.cpu_s,
    "CPU, µs a cell": lambda m: 1e6 * m.run.cpu_s / m.cells,
    "workers' CPU, s": lambda m: m.run.workers_cpu_s,
    "peak, MiB": lambda m: m.run.peak_mib,
    "store, MB": lambda m: m.run.store_mb,
    "files, MB": lambda m: m.run.files_mb,
    "resumed: wall, s": lambda m: m.resumed.wall_s,
    "CPU, µs a cell, resumed": lambda m: 1e6 * m.resumed.cpu_s / m.cells,
    "peak, MiB, resumed": lambda m: m.resumed.peak_mib,
}


def main() -> None:
    options, flags = parser().parse_known_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        rows = [
            measured(folder / str(problems), shape_of(options, problems), options, flags) for problems in options.sizes
        ]
    executor = "verdicts invented in the main process" if options.stand_in else f"{options.workers} workers"
    shape = shape_of(options, 0)
    print(
        f"{shape.candidates} candidates ({shape.distinct_candidates} distinct) by {shape.tests} tests "
        f"({shape.distinct_tests} distinct), {'with' if shape.gold else 'without'} gold tests, {executor}\n"
    )
    print_table(["problems", "cells", *COLUMNS], (figures(row) for row in rows))
    if len(rows) > 1:
        print()
        print_table(["exponent", *COLUMNS], (exponents(*pair) for pair in itertools.pairwise(rows)))


def parser() -> argparse.ArgumentParser:
    made = argument_parser(__doc__)
    made.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="numbers of problems")
    made.add_argument("--candidates", type=int, default=20, help="of each problem")
    made.add_argument("--distinct-candidates", type=int, help="by default all")
    made.add_argument("--tests", type=int, default=20, help="of each problem")
    made.add_argument("--distinct-tests", type=int, help="by default all")
    made.add_argument("--gold", action="store_true", help="have gold tests, and grade the picks")
    made.add_argument("--workers", type=int, default=os.cpu_count())
    made.add_argument("--stand-in", action="store_true", help="invent the verdicts, in the main process")
    made.add_argument("--keep", type=Path, metavar="FOLDER", help="keep all files there; by default none are kept")
    return made


def shape_of(options: argparse.Namespace, problems: int) -> Shape:
    candidates, tests = options.candidates, options.tests
    distinct = options.distinct_candidates or candidates, options.distinct_tests or tests
    return Shape(problems, candidates, min(distinct[0], candidates), tests, min(distinct[1], tests), options.gold)


def measured(folder: Path, shape: Shape, options: argparse.Namespace, flags: Sequence[str]) -> Measured:
    folder.mkdir(parents=True)
    files, out = InventedFiles.written(folder, shape), folder / "run"
    command = [
        "rerank",
        "--benchmark",
        files.problems,
        "--samples",
        files.samples,
        "--tests",
        files.tests,
        "--out",
        out,
    ]
    command += ["--budget", "uniform", "--workers", options.workers, *["--grade"] * shape.gold, *flags]
    executor = "stand-in" if options.stand_in else "workers"
    run = taken(executor, list(map(str, command)), out)
    print(f"{shape.problems} problems: {run.wall_s:.1f} s", file=sys.stderr)
    cells = json.loads((out / "summary.json").read_text())["executions"]
    return Measured(shape, cells, run, taken(executor, list(map(str, command)), out))


def taken(executor: str, command: Sequence[str], out: Path) -> Taken:
    """Run a command line in a process of its own; what it says goes to a file beside `out`."""
    figures, said = out.with_name("figures.json"), out.with_name("said.txt")
    started = time.monotonic()
    process = [sys.executable, "-m", "perf._measured_run", str(figures), executor, str(started), *command]
    with said.open("a") as output:
        done = subprocess.run(process, stdout=output, stderr=output)
    wall_s = time.monotonic() - started
    if done.returncode:
        raise SystemExit(f"exit code {done.returncode}: {said.read_text()[-2000:]}")
    store = folder_mb(out / "store")
    return Taken(wall_s=wall_s, store_mb=store, files_mb=folder_mb(out) - store, **json.loads(figures.read_text()))


def folder_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def figures(row: Measured) -> list[str]:
    return [f"{row.shape.problems:,}", f"{row.cells:,}", *(shown(of(row)) for of in COLUMNS.values())]


def shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def exponents(small: Measured, large: Measured) -> list[str]:
    steps = math.log(large.shape.problems / small.shape.problems)
    pairs = ((of(small), of(large)) for of in COLUMNS.values())
    grown = [f"{math.log(after / before) / steps:.2f}" if before and after else "" for before, after in pairs]
    return [f"{small.shape.problems:,} to {large.shape.problems:,}", *grown]


if __name__ == "__main__":
    main()
