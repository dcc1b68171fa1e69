"""Measure the store against its predecessor, JSON lines that were loaded whole, with the same verdicts in both.

    python -m perf.store --verdicts 1000000

Each measure is a process of its own, which says what it took beyond its imports. Verdicts are invented: problems of
20 x 20, CPU times of a millisecond or so in whole microseconds, and up to six distinct outputs of each test. The
predecessor kept a row a cell and was given each by itself; the store is given a block a problem.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from coderm_eval.core.records import Verdicts, fingerprint
from coderm_eval.core.store import convert_store, open_store
from coderm_eval.core.store.earlier import earlier_rows
from perf._common import argument_parser, print_table

SIDE = 20
CELLS = SIDE * SIDE


class Block(NamedTuple):
    """The verdicts of a problem, and what they are called."""

    key: str
    programs: list[bytes]
    tests: list[bytes]
    verdicts: Verdicts

    def cell_keys(self) -> list[list[str]]:
        """The keys of the predecessor's rows."""
        return [[fingerprint(self.key, p.hex(), t.hex()) for t in self.tests] for p in self.programs]


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--verdicts", type=int, default=1_000_000)
    parser.add_argument("--measure", nargs=2, metavar=("NAME", "FOLDER"), help="one of them, in this process")
    options = parser.parse_args()
    problems = options.verdicts // CELLS
    if options.measure:
        name, folder = options.measure
        print(json.dumps(measured(MEASURES[name], Path(folder), problems)))
        return
    with tempfile.TemporaryDirectory() as folder:
        report(Path(folder), problems)


def report(folder: Path, problems: int) -> None:
    """Fill both, read both, convert the earlier one; print a table."""
    taken: dict[str, dict[str, float]] = {}
    for name in MEASURES:
        place = folder / ("now" if name.startswith("store") else "earlier")
        place.mkdir(exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "perf.store",
            "--verdicts",
            str(problems * CELLS),
            "--measure",
            name,
            str(place),
        ]
        taken[name] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        taken[name]["bytes"] = sum(path.stat().st_size for path in place.iterdir() if ".converted" not in path.name)
    print(f"{problems * CELLS:,} verdicts of {problems:,} problems\n")
    rows = (
        [name, f"{t['wall']:.2f}", f"{t['cpu']:.2f}", f"{t['mib']:.0f}", f"{t['bytes'] / 1e6:.1f}"]
        for name, t in taken.items()
    )
    print_table(["", "s", "CPU s", "MiB over the imports", "MB on disk afterwards"], rows)


class Watch:
    """Adds up the time of what is measured, without that of inventing."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    @contextmanager
    def on(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu


def measured(work: Callable[[Path, int, Watch], None], folder: Path, problems: int) -> dict[str, float]:
    """Seconds, CPU seconds, and the growth of the largest memory of this process."""
    list(blocks(1))
    before, watch = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Watch()
    work(folder, problems, watch)
    mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"wall": watch.wall, "cpu": watch.cpu, "mib": mib}


def blocks(problems: int) -> Iterator[Block]:
    for number in range(problems):
        dice = np.random.default_rng(number)
        passed = dice.random((SIDE, 1)) < dice.random((1, SIDE))
        seconds = np.round(dice.lognormal(-7, 0.7, (1, SIDE)) * dice.lognormal(0, 0.4, (SIDE, SIDE)), 6)
        which = np.where(passed, 0, np.minimum(5, dice.geometric(0.5, (SIDE, SIDE))))
        outputs = np.take_along_axis(dice.integers(0, 1 << 54, (6, SIDE)), which, axis=0)
        yield Block(
            fingerprint(str(number)),
            [hashlib.md5(f"program {number} {i}".encode()).digest() for i in range(SIDE)],
            [hashlib.md5(f"test {number} {i}".encode()).digest() for i in range(SIDE)],
            Verdicts((~passed).astype(np.uint8), seconds, outputs),
        )


class Earlier:
    """The predecessor: all rows in memory, each appended with one system call."""

    def __init__(self, path: Path) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        if path.exists():
            for _, found in earlier_rows(path):
                if found:
                    self.rows.setdefault(*found)
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)

    def add(self, key: str, row: dict[str, Any]) -> None:
        os.write(self._descriptor, (json.dumps({"k": key, **row}, separators=(",", ":")) + "\n").encode())
        self.rows[key] = row


def earlier_adds(folder: Path, problems: int, watch: Watch) -> None:
    table = Earlier(folder / "verdicts.jsonl")
    for block in blocks(problems):
        rows = earlier_block(block)
        with watch.on():
            for key, row in rows.items():
                table.add(key, row)


def earlier_block(block: Block) -> dict[str, dict[str, Any]]:
    columns = (cells.ravel().tolist() for cells in (block.verdicts.cpu_seconds, block.verdicts.outputs))
    codes = "".join(block.verdicts.rows())
    keys = chain.from_iterable(block.cell_keys())
    return {key: {"v": v, "s": s, "o": o} for key, v, s, o in zip(keys, codes, *columns, strict=True)}


def earlier_starts(folder: Path, problems: int, watch: Watch) -> None:
    with watch.on():
        assert len(Earlier(folder / "verdicts.jsonl").rows) == problems * CELLS


def earlier_reads(folder: Path, problems: int, watch: Watch) -> None:
    table = Earlier(folder / "verdicts.jsonl")
    for block in blocks(problems):
        keys = list(chain.from_iterable(block.cell_keys()))
        with watch.on():
            found = [table.rows[key] for key in keys]
        assert [row["s"] for row in found] == block.verdicts.cpu_seconds.ravel().tolist()


def adds(folder: Path, problems: int, watch: Watch) -> None:
    with open_store(folder) as store:
        table = store.verdicts()
        for block in blocks(problems):
            with watch.on():
                table.add(*block)


def starts(folder: Path, problems: int, watch: Watch) -> None:
    """Open it, and read the first problem."""
    (block,) = blocks(1)
    with watch.on(), open_store(folder) as store:
        assert store.verdicts().read(*block[:3])


def reads(folder: Path, problems: int, watch: Watch) -> None:
    with open_store(folder) as store:
        table = store.verdicts()
        for block in blocks(problems):
            with watch.on():
                found = table.read(*block[:3])
            require_same(found, block.verdicts)


def reads_in_another_order(folder: Path, problems: int, watch: Watch) -> None:
    """As a run does that has other candidates or fewer tests."""
    with open_store(folder) as store:
        table = store.verdicts()
        for block in blocks(problems):
            with watch.on():
                found = table.read(block.key, block.programs[::-1], block.tests[1:])
            assert found and np.array_equal(found.matrix[::-1], block.verdicts.matrix[:, 1:])


def converts(folder: Path, problems: int, watch: Watch) -> None:
    with watch.on():
        assert convert_store(folder).written == {"verdicts": problems * CELLS}


def reads_converted(folder: Path, problems: int, watch: Watch) -> None:
    with open_store(folder) as store:
        table = store.verdicts()
        for block in blocks(problems):
            keys = block.cell_keys()
            with watch.on():
                found = table.read_cells(keys)
            require_same(found, block.verdicts)


def require_same(found: Verdicts | None, added: Verdicts) -> None:
    assert found and np.array_equal(found.matrix, added.matrix) and np.array_equal(found.outputs, added.outputs)
    assert np.array_equal(found.cpu_seconds, added.cpu_seconds)


MEASURES = {
    "earlier: add": earlier_adds,
    "earlier: start": earlier_starts,
    "earlier: read all, once started": earlier_reads,
    "store: add": adds,
    "store: start": starts,
    "store: read all": reads,
    "store: read all, rearranged": reads_in_another_order,
    "convert": converts,
    "converted: read all": reads_converted,
}


if __name__ == "__main__":
    main()
