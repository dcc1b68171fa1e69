"""`coderm-eval reproduce paper` on records that stand in for those of CodeRM's authors: time, memory, cells.

    python -m perf.paper DATA OUT --cells humaneval+/llama3-8b
    python -m perf.paper DATA OUT --n 10 --num 10

DATA is a folder of recorded data, whose benchmarks are taken unless their variables name others. OUT is one for the
records and the runs. What a run finds in OUT it does not run again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from perf._common import argument_parser, print_table
from perf._paper_records import VARIABLES, write_records


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--stand-in", action="store_true", help="invent verdicts: what the main process takes, alone")
    given, flags = parser.parse_known_args()
    os.environ.update({variable: str(given.data / name) for variable, name in VARIABLES.items()} | dict(os.environ))
    records, paper = given.out / "records", given.out / "paper"
    if not records.is_dir():
        write_records(given.data, records)
    figures, started = given.out / "figures.json", time.monotonic()
    command = ["reproduce", "paper", "--records", str(records), "--out", str(paper), *flags]
    executor = "stand-in" if given.stand_in else "workers"
    process = [sys.executable, "-m", "perf._measured_run", str(figures), executor, str(started), *command]
    subprocess.run(process, check=True)
    taken = {**json.loads(figures.read_text()), "wall_s": time.monotonic() - started}
    executions = sum(json.loads(path.read_text())["executions"] for path in paper.glob("*/summary.json"))
    headers = ["wall s", "CPU s, main process", "CPU s, workers", "peak MiB, main process", "executions"]
    sizes = [taken[name] for name in ("wall_s", "cpu_s", "workers_cpu_s", "peak_mib")]
    print_table(headers, [[*(f"{size:,.0f}" for size in sizes), f"{executions:,}"]])


if __name__ == "__main__":
    main()
