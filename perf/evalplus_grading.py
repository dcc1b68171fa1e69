"""Grade EvalPlus samples here and with `evalplus.evaluate` in the same run: time, memory, and where they differ.

    python -m perf.evalplus_grading --dataset humaneval --samples samples.jsonl [--parallel 2]

Both start with their expected outputs computed. The peak is that of the proportional set sizes of all processes
together, read every half second. For each status that differs, the task, both statuses and the program are listed.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from coderm_eval.benchmarks.evalplus.dataset import Dataset
from coderm_eval.benchmarks.evalplus.reference_answers import reference_answers
from coderm_eval.core.messages import quoted
from perf._common import argument_parser

_BENCHMARKS = {"humaneval": "humaneval+", "mbpp": "mbpp+"}
_MIB = 1024 * 1024


class Measured(NamedTuple):
    wall_s: float
    cpu_s: float
    peak_mib: float
    statuses: dict[str, list[tuple[str, str | None]]]


def main() -> None:
    options = parse_options()
    reference_answers(Dataset(options.dataset))
    with tempfile.TemporaryDirectory() as folder:
        ours = measured(coderm(options, Path(folder)), Path(folder) / "ours.json")
        theirs = measured(evalplus(options, Path(folder)), Path(folder) / "samples_eval_results.json")
    for name, found in (("coderm-eval grade", ours), ("evalplus.evaluate", theirs)):
        print(f"{name}  {found.wall_s:8.1f} s  {found.cpu_s:8.1f} CPU s  {found.peak_mib:8.0f} MiB")
    print(f"wall {theirs.wall_s / ours.wall_s:.1f}, CPU {theirs.cpu_s / ours.cpu_s:.1f} times ours")
    compare(ours, theirs, options.samples)


def parse_options() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--dataset", choices=_BENCHMARKS, required=True)
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--parallel", type=int, default=2)
    return parser.parse_args()


def coderm(options: argparse.Namespace, folder: Path) -> list[str]:
    config = folder / "workers.yaml"
    config.write_text(f"execution:\n  workers: {options.parallel}\n")
    given = ["--benchmark", _BENCHMARKS[options.dataset], "--samples", options.samples, "--config", config]
    return [sys.executable, "-m", "coderm_eval.cli", "grade", *map(str, given), "--out", str(folder / "ours.json")]


def evalplus(options: argparse.Namespace, folder: Path) -> list[str]:
    samples = folder / "samples.jsonl"
    samples.symlink_to(options.samples.resolve())
    given = ["--dataset", options.dataset, "--samples", samples, "--parallel", options.parallel]
    return [sys.executable, "-m", "evalplus.evaluate", *map(str, given)]


def measured(command: list[str], results: Path) -> Measured:
    """Run the command to its end, and read the results file that it writes."""
    start, before, peak = time.monotonic(), os.times(), 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, memory_mib(process.pid))
            time.sleep(0.5)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    rows = json.loads(results.read_text())["eval"]
    statuses = {task: [(row["base_status"], row["plus_status"]) for row in listed] for task, listed in rows.items()}
    return Measured(time.monotonic() - start, cpu, peak, statuses)


def memory_mib(process: int) -> float:
    """Return the memory of a process and all its descendants."""
    total = 0
    try:
        parent = psutil.Process(process)
        family = [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return 0.0
    for member in family:
        try:
            total += member.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
    return total / _MIB


def compare(ours: Measured, theirs: Measured, samples: Path) -> None:
    programs: dict[str, list[str]] = collections.defaultdict(list)
    for line in samples.read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        programs[row["task_id"]].append(row["solution"])
    different = [
        (task, mine, its, programs[task][number])
        for task, listed in ours.statuses.items()
        for number, (mine, its) in enumerate(zip(listed, theirs.statuses[task], strict=True))
        if mine != its
    ]
    print(f"{sum(map(len, ours.statuses.values()))} samples, {len(different)} of them with another status")
    for task, mine, its, program in different:
        print(f"{task}: {'/'.join(map(str, mine))} here, {'/'.join(map(str, its))} there: {quoted(program)}")


if __name__ == "__main__":
    main()
