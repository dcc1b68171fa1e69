"""Real harnesses in front of `coderm-eval serve`, over recorded data: do they store the picks of `rerank`?

    PYTHONPATH=tests python -m perf.harnesses DATA [--only evalplus lighteval] [--problems 20] [--n 10]

DATA is a folder of recorded data as docs/measurements/index.md describes it. Harnesses of HumanEval pose its problems
and get tests; those of LiveCodeBench pose problems for which none are recorded, so that programs are picked by how they
agree. Printed is a line for each harness: the problems on which it stored the pick, those on which it stored the first
sample when it asked for that, and the seconds of its first run.
"""

from __future__ import annotations

import gzip
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from helpers import harness_runs
from helpers.cli import write_rows
from helpers.harness_runs import Run
from helpers.recordings import Recording, best_of_n, picks_of_rerank

from perf._common import argument_parser, print_table

STRIDE = 8
"""Every eighth candidate: ten of each of eight models are recorded, one model after the other."""

TESTS = 7
"""Tests of each problem; so many are recorded of nearly all."""

Rows = dict[str, list[dict[str, Any]]]


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="*", help="names of functions in tests/helpers/harness_runs.py")
    parser.add_argument("--problems", type=int, default=20)
    parser.add_argument("--n", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print_table(
            ["harness", "problems", "N", "same picks", "same first samples", "seconds"],
            measured(options.data, Path(folder), options.only, options.problems, options.n),
        )


def measured(
    data: Path, folder: Path, only: Sequence[str] | None, problems: int, n: int
) -> Iterator[tuple[object, ...]]:
    """A row for each harness."""
    for write, runs in HARNESSES:
        chosen = [run for run in runs if not only or run.__name__ in only]
        if chosen:
            files = folder / write.__name__
            files.mkdir()
            recording = write(data, files, problems, n)
            picks = picks_of_rerank(recording, files)
            for run in chosen:
                yield (run.__name__, problems, n, *compared(run, recording, picks.chosen, picks.first, folder))


def compared(
    run: Run, recording: Recording, chosen: Mapping[str, str], first: Mapping[str, str], folder: Path
) -> tuple[str, str, str]:
    """How many stored texts are the picks, how many the first samples, and the seconds of the run for the picks."""
    here = folder / run.__name__
    here.mkdir()
    found, seconds = [], []
    with best_of_n(recording, here) as url:
        for model, expected in (("recorded", chosen), ("recorded@first", first)):
            (here / model).mkdir()
            start = time.perf_counter()
            stored = recording.programs(run(url, model, recording, here / model))
            seconds.append(time.perf_counter() - start)
            found.append(f"{sum(stored.get(task) == text for task, text in expected.items())} of {len(expected)}")
    return found[0], found[1], f"{seconds[0]:.0f}"


def write_humaneval(data: Path, folder: Path, problems: int, n: int) -> Recording:
    """Of eight models in turn: each answers with a whole function, as chat models do."""
    samples = by_task(data / "recorded" / "humaneval_pool8x10.samples.jsonl.gz")
    return _humaneval(data, folder, problems, n, {task: rows[::STRIDE] for task, rows in samples.items()})


def write_humaneval_base(data: Path, folder: Path, problems: int, n: int) -> Recording:
    """Of a base model, which went on from the prompt. Its prompt was without the examples; here it has them."""
    samples = by_task(data / "recorded" / "humaneval_codegen16b_n100.samples.jsonl.gz")
    shown = {row["task_id"]: row["prompt"] for row in lines(data / "codet" / "humaneval_codegen16b_solutions.jsonl.gz")}
    whole = {row["task_id"]: row["prompt"] for row in humaneval_plus(data)}
    completed = {
        task: [{"task_id": task, "solution": whole[task] + row["solution"][len(shown[task]) :]} for row in rows]
        for task, rows in samples.items()
    }
    return _humaneval(data, folder, problems, n, completed)


def humaneval_plus(data: Path) -> list[dict[str, Any]]:
    return lines(data / "evalplus" / "HumanEvalPlus-v0.1.10.jsonl.gz")


def _humaneval(data: Path, folder: Path, problems: int, n: int, samples: Mapping[str, Sequence[Any]]) -> Recording:
    """The first problems that have so many candidates and tests."""
    dataset = {row["task_id"]: row for row in humaneval_plus(data)}
    tests = by_task(data / "recorded" / "humaneval_gemini25flash_unittest.tests.jsonl.gz")
    kept = [task for task in dataset if len(samples.get(task, ())) >= n and len(tests[task]) >= TESTS][:problems]
    path = write_rows(folder / "problems.jsonl", [dataset[task] for task in kept])
    return Recording(
        "humaneval+",
        path,
        {"HUMANEVAL_OVERRIDE_PATH": str(path), "XDG_CACHE_HOME": str(folder / "cache")},
        write_rows(folder / "samples.jsonl", [row for task in kept for row in samples[task][:n]]),
        write_rows(folder / "tests.jsonl", [row for task in kept for row in tests[task][:TESTS]]),
    )


def write_livecodebench(data: Path, folder: Path, problems: int, n: int) -> Recording:
    """The first problems that have so many candidates; there are no tests."""
    dataset = {row["question_id"]: row for row in lines(data / "livecodebench" / "leetcode_slice.jsonl.gz")}
    samples = by_task(data / "livecodebench" / "leetcode_slice_models.samples.jsonl.gz")
    kept = [task for task in dataset if len(samples[task]) >= n][:problems]
    path = write_rows(folder / "problems.jsonl", [dataset[task] for task in kept])
    candidates = write_rows(folder / "samples.jsonl", [row for task in kept for row in samples[task][:n]])
    return Recording("livecodebench", path, {"LIVECODEBENCH_PATH": str(path)}, candidates, None)


def lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def by_task(path: Path) -> Rows:
    found: Rows = defaultdict(list)
    for row in lines(path):
        found[row["task_id"]].append(row)
    return found


Write = Callable[[Path, Path, int, int], Recording]

HARNESSES: list[tuple[Write, list[Run]]] = [
    (
        write_humaneval,
        [
            harness_runs.evalplus,
            harness_runs.lm_eval_chat,
            harness_runs.inspect_evals,
            harness_runs.bigcodebench,
            harness_runs.openai_client,
        ],
    ),
    (write_humaneval_base, [harness_runs.lm_eval_completions, harness_runs.lm_eval_05]),
    (write_livecodebench, [harness_runs.lighteval, harness_runs.livecodebench]),
]


if __name__ == "__main__":
    main()
