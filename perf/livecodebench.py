"""Grade a functional problem of LiveCodeBench's form here and with lighteval's grader in the same run.

    pip install --no-deps lighteval==0.13.0     # the grader alone: its other dependencies are two gigabytes
    python -m perf.livecodebench [--candidates 100] [--tests 20] [--repeats 3]

One invented problem with small tests. Candidates are right, wrong on the last test, and wrong on the first, in turn.
lighteval is measured twice: with all candidates of the problem at once, and with one problem for each candidate. The
second is faster, since lighteval runs problems in parallel but not the candidates of one problem.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from coderm_eval.benchmarks import GradeTask
from coderm_eval.benchmarks.livecodebench import LiveCodeBench
from coderm_eval.benchmarks.livecodebench.dataset import read_rows
from coderm_eval.benchmarks.livecodebench.problem_filter import ProblemFilter
from coderm_eval.benchmarks.livecodebench.settings import LiveCodeBenchSettings
from coderm_eval.execution.backends.local import LocalExecutor
from perf._common import argument_parser, median

ANSWERS = ("sum(tides) % 1000", "sum(tides) % 1000 + (len(tides) > {most})", "-1")


def main() -> None:
    options = parse_options()
    cases = [([n * k % 97 for n in range(k + 1)]) for k in range(options.tests)]
    inputs = [json.dumps(tides) for tides in cases]
    outputs = [json.dumps(sum(tides) % 1000) for tides in cases]
    programs = [program(n, most=len(cases) - 1) for n in range(options.candidates)]
    ours, right = timed(lambda: ours_right(inputs, outputs, programs, options.workers), options.repeats)
    print(f"coderm-eval  {ours:6.2f} s   {right} of {len(programs)} right")
    for name, groups in (("as called", [programs]), ("flattened", [[program] for program in programs])):
        theirs, found = timed(partial(lighteval_right, inputs, outputs, groups, options.workers), options.repeats)
        print(
            f"lighteval    {theirs:6.2f} s   {found} of {len(programs)} right, {name}: {theirs / ours:.1f} times ours"
        )
        assert right == found


def parse_options() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    for name, default in (("candidates", 100), ("tests", 20), ("repeats", 3), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def program(number: int, most: int) -> str:
    """A program that differs from all others, so that each is graded."""
    answer = ANSWERS[number % 3].format(most=most)
    head = "class Solution:\n    def tide(self, tides: List[int]) -> int:\n"
    return f"{head}        spare = {number}\n        return {answer}\n"


def timed(grade: Callable[[], int], repeats: int) -> tuple[float, int]:
    """Return the median seconds, and the number of right programs."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        right = grade()
        seconds.append(time.perf_counter() - start)
    return median(seconds), right


def ours_right(inputs: list[str], outputs: list[str], programs: list[str], workers: int) -> int:
    cases = [{"input": i, "output": o, "testtype": "functional"} for i, o in zip(inputs, outputs, strict=True)]
    texts = ("question_title", "question_content", "contest_id", "difficulty")
    row = dict.fromkeys(texts, "tides") | {
        "platform": "leetcode",
        "question_id": "1",
        "contest_date": "2024-05-01T00:00:00",
        "starter_code": "class Solution:\n    def tide(self, tides: List[int]) -> int:\n        ",
        "public_test_cases": json.dumps(cases[:1]),
        "private_test_cases": json.dumps(cases[1:]),
        "metadata": json.dumps({"func_name": "tide"}),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_text(json.dumps(row) + "\n")
        benchmark = LiveCodeBench(read_rows([path], ProblemFilter()), LiveCodeBenchSettings())
        tasks = [GradeTask(str(n), "1", text) for n, text in enumerate(programs)]
        with LocalExecutor(workers=workers) as executor:
            return sum(bool(grade.passed) for _, grade in benchmark.grade(tasks, executor))


def lighteval_right(inputs: list[str], outputs: list[str], groups: list[list[str]], workers: int) -> int:
    from lighteval.tasks.tasks.lcb.codegen_metrics import codegen_metrics

    sample = {"input_output": json.dumps({"inputs": inputs, "outputs": outputs, "fn_name": "tide"})}
    with (
        Path(os.devnull).open("w") as nowhere,  # a real file: it wants a descriptor
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        _, results = codegen_metrics([sample] * len(groups), groups, k_list=[1], num_process_evaluate=workers)
    return sum(all(verdict > 0 for verdict in found) for group in results.values() for found in group)


if __name__ == "__main__":
    main()
