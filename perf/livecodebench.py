"""Grade a problem of LiveCodeBench's form here and with lighteval's grader in the same run.

    pip install --no-deps lighteval==0.13.0     # the grader alone: its other dependencies are two gigabytes
    python -m perf.livecodebench [--form method] [--candidates 100] [--tests 20] [--repeats 3]

One invented problem with small tests: a method, or with `--form program` a program that reads standard input.
Candidates are right, wrong on the last test, and wrong on the first, in turn. lighteval is measured twice: with all
candidates of the problem at once, and with one problem for each candidate. The second is faster, since lighteval runs
problems in parallel but not the candidates of one problem. On a busy machine the ratio of CPU times is to be trusted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from coderm_eval.benchmarks import GradeTask
from coderm_eval.benchmarks.livecodebench.benchmark import LiveCodeBench
from coderm_eval.benchmarks.livecodebench.dataset import read_rows
from coderm_eval.benchmarks.livecodebench.problem_filter import ProblemFilter
from coderm_eval.benchmarks.livecodebench.settings import LiveCodeBenchSettings
from coderm_eval.execution.backends.local import LocalExecutor
from perf._common import argument_parser, interleaved, median, print_table

ANSWERS = ("sum(tides) % 1000", "sum(tides) % 1000 + (len(tides) > {most})", "-1")

METHOD = """\
class Solution:
    def tide(self, tides: List[int]) -> int:
        spare = {number}
        return {answer}
"""
PROGRAM = """\
import sys

def main():
    n = int(input())
    tides = list(map(int, input().split()))
    spare = {number}
    print({answer})

main()
"""


class Measured(NamedTuple):
    """One try."""

    wall_s: float
    cpu_s: float
    """Of this process and all that it started."""
    right: int


def main() -> None:
    options = parse_options()
    is_method = options.form == "method"
    cases = [case([n * k % 97 for n in range(k + 1)], is_method=is_method) for k in range(options.tests)]
    programs = [program(n, most=len(cases) - 1, is_method=is_method) for n in range(options.candidates)]
    measures = {
        "coderm-eval": lambda: ours_right(cases, programs, options.workers),
        "lighteval, as called": lambda: lighteval_right(cases, [programs], options.workers),
        "lighteval, flattened": lambda: lighteval_right(cases, [[each] for each in programs], options.workers),
    }
    taken = interleaved({name: partial(measured, grade) for name, grade in measures.items()}, options.repeats)
    [right] = {each.right for found in taken.values() for each in found}
    print(f"{right} of {len(programs)} programs are right")
    walls, cpus = ({name: median([each[n] for each in found]) for name, found in taken.items()} for n in (0, 1))
    print_table(
        ("grader", "wall s", "times ours", "CPU s", "times ours"),
        ((name, *against(walls, name), *against(cpus, name)) for name in measures),
    )


def against(found: Mapping[str, float], name: str) -> tuple[str, str]:
    return f"{found[name]:.2f}", f"{found[name] / found['coderm-eval']:.1f}"


def parse_options() -> argparse.Namespace:
    parser = argument_parser(__doc__)
    parser.add_argument("--form", choices=("method", "program"), default="method")
    for name, default in (("candidates", 100), ("tests", 20), ("repeats", 3), ("workers", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def case(tides: Sequence[int], *, is_method: bool) -> dict[str, str]:
    """A test in the form of LiveCodeBench's files."""
    answer = sum(tides) % 1000
    if is_method:
        return {"input": json.dumps(tides), "output": json.dumps(answer), "testtype": "functional"}
    return {"input": f"{len(tides)}\n{' '.join(map(str, tides))}\n", "output": f"{answer}\n", "testtype": "stdin"}


def program(number: int, most: int, *, is_method: bool) -> str:
    """A program that differs from all others, so that each is graded."""
    answer = ANSWERS[number % 3].format(most=most)
    return (METHOD if is_method else PROGRAM).format(number=number, answer=answer)


def measured(grade: Callable[[], int]) -> Measured:
    wall, cpu = time.perf_counter(), cpu_seconds()
    right = grade()
    return Measured(time.perf_counter() - wall, cpu_seconds() - cpu, right)


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def ours_right(cases: list[dict[str, str]], programs: list[str], workers: int) -> int:
    texts = ("question_title", "question_content", "contest_id", "difficulty")
    is_method = cases[0]["testtype"] == "functional"
    row = dict.fromkeys(texts, "tides") | {
        "platform": "leetcode" if is_method else "atcoder",
        "question_id": "1",
        "contest_date": "2024-05-01T00:00:00",
        "starter_code": "class Solution:\n    def tide(self, tides: List[int]) -> int:\n        " if is_method else "",
        "public_test_cases": json.dumps(cases[:1]),
        "private_test_cases": json.dumps(cases[1:]),
        "metadata": json.dumps({"func_name": "tide"} if is_method else {}),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_text(json.dumps(row) + "\n")
        benchmark = LiveCodeBench(read_rows([path], ProblemFilter()), LiveCodeBenchSettings(io="both"))
        tasks = [GradeTask(str(n), "1", text) for n, text in enumerate(programs)]
        with LocalExecutor(workers=workers) as executor:
            return sum(bool(grade.passed) for _, grade in benchmark.grade(tasks, executor))


def lighteval_right(cases: list[dict[str, str]], groups: list[list[str]], workers: int) -> int:
    from lighteval.tasks.tasks.lcb.codegen_metrics import codegen_metrics

    name = "tide" if cases[0]["testtype"] == "functional" else None
    tests = {"inputs": [each["input"] for each in cases], "outputs": [each["output"] for each in cases]}
    sample = {"input_output": json.dumps({**tests, "fn_name": name})}
    with (
        Path(os.devnull).open("w") as nowhere,  # a real file: it wants a descriptor
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        _, results = codegen_metrics([sample] * len(groups), groups, k_list=[1], num_process_evaluate=workers)
    return sum(all(verdict > 0 for verdict in found) for group in results.values() for found in group)


if __name__ == "__main__":
    main()
