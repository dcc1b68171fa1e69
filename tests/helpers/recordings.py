"""Recorded candidates and tests of invented problems: in files, reranked by the command line, and behind servers."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpers.cli import CLI, coderm, rows, write_rows
from helpers.livecodebench import rows as livecodebench_rows
from helpers.mini_humaneval import point_evalplus, write_mini
from helpers.own_problems import write_own_problems
from helpers.processes import soon

__all__ = [
    "Picks",
    "Recording",
    "best_of_n",
    "picks_of_rerank",
    "write_humaneval",
    "write_livecodebench",
    "write_own",
]


@dataclass(frozen=True)
class Recording:
    """Candidates and tests of a benchmark's problems, in files that `rerank` and `replay` take."""

    benchmark: str
    problems: Path
    """The dataset's own file."""
    variables: Mapping[str, str]
    """Under which the dataset is read from that file."""
    samples: Path
    tests: Path | None
    """Without them, `serve` and `rerank` pick by how programs agree."""

    @property
    def files(self) -> list[object]:
        """As flags of `rerank` and `replay`."""
        return ["--samples", self.samples, *(["--tests", self.tests] if self.tests else [])]

    def programs(self, answers: Mapping[str, str]) -> dict[str, str]:
        """The recorded programs in answers, by task: fenced, or what continues the problem's prompt."""
        prompts = {row.get("task_id", row.get("question_id")): row.get("prompt", "") for row in rows(self.problems)}

        def program(task: str, answer: str) -> str:
            fenced = re.fullmatch(r"```python\n(.*)\n```", answer, re.DOTALL)
            return fenced[1] if fenced else prompts[task] + answer

        return {task: program(task, answer) for task, answer in answers.items()}

    def point_to_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have this process read the dataset from its file."""
        for name, value in self.variables.items():
            monkeypatch.setenv(name, value)
        if self.benchmark == "humaneval+":
            point_evalplus(monkeypatch, self.variables)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables, "HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "none"}


@dataclass(frozen=True)
class Picks:
    """Programs by task."""

    first: Mapping[str, str]
    chosen: Mapping[str, str]


def write_humaneval(folder: Path) -> Recording:
    """Three problems in HumanEval+'s format, the first candidate wrong on two of them."""
    mini = write_mini(folder)
    constant = {task: program.replace(program.splitlines()[-1], "    return 0") for task, program in mini.right.items()}
    order = [(constant, mini.right), (mini.right, constant), (constant, mini.right)]
    samples = [
        {"task_id": task, "solution": kind[task]}
        for task, kinds in zip(mini.right, order, strict=True)
        for kind in (*kinds, mini.right)
    ]
    asserts = {
        "HumanEval/0": ["assert buoy_gap(2, 5) == 3", "assert buoy_gap(7, 3) == 4"],
        "HumanEval/1": ["assert peal([1, 2, 3]) == [3, 2, 1]", "assert peal([4]) == [4]"],
        "HumanEval/2": ["assert latest_tide([3, 9, 4]) == 9", "assert latest_tide([5]) == 5"],
    }
    return Recording(
        "humaneval+",
        mini.path,
        mini.environment,
        write_rows(folder / "samples.jsonl", samples),
        _write_tests(folder, asserts),
    )


def write_livecodebench(folder: Path) -> Recording:
    """Two problems in LiveCodeBench's format, the first candidate wrong on one of them."""
    path = livecodebench_rows.write(folder / "problems.jsonl", [livecodebench_rows.row(id) for id in ("7001", "7002")])
    program = "class Solution:\n    def latest_tide(self, tides):\n        return {}\n"
    right, wrong = program.format("max(tides, default=0)"), program.format("tides[0]")
    order = {"7001": (wrong, right, right), "7002": (right, wrong, right)}
    samples = [{"task_id": task, "solution": each} for task, programs in order.items() for each in programs]
    asserts = ["assert latest_tide([2, 8, 1]) == 8", "assert latest_tide([]) == 0", "assert latest_tide([1, 3]) == 3"]
    return Recording(
        "livecodebench",
        path,
        {"LIVECODEBENCH_PATH": str(path)},
        write_rows(folder / "samples.jsonl", samples),
        _write_tests(folder, dict.fromkeys(order, asserts)),
    )


def write_own(folder: Path) -> Recording:
    """Problems of one's own: a function, a method and a stdin program, the first candidate wrong on each."""
    write_own_problems(folder)
    problems = folder / "problems.jsonl"
    asserts = {
        "sums/total": ["assert total([4, 5]) == 9", "assert total([]) == 0"],
        "sums/mean": ["assert mean([2, 4]) == 3", "assert mean([]) == 0"],
        "io/add": ["assert solve('2 2').split() == ['4']", "assert solve('0 1').split() == ['1']"],
    }
    return Recording(str(problems), problems, {}, folder / "own_samples.jsonl", _write_tests(folder, asserts))


def _write_tests(folder: Path, asserts: Mapping[str, Sequence[str]]) -> Path:
    listed = [{"task_id": task, "test": test} for task, tests in asserts.items() for test in tests]
    return write_rows(folder / "tests.jsonl", listed)


def picks_of_rerank(recording: Recording, folder: Path) -> Picks:
    """What `coderm-eval rerank` picks, with every recorded test for every problem."""
    how = ["--budget", "uniform"] if recording.tests else ["--no-tests"]
    flags = ["--benchmark", recording.benchmark, "--out", "run", *recording.files, *how, "--allow-partial"]
    with pytest.MonkeyPatch.context() as patch:
        recording.point_to_it(patch)
        done = coderm("rerank", *flags, cwd=folder)
    assert done.returncode == 0, done.stderr
    first: dict[str, str] = {}
    for row in rows(recording.samples):
        first.setdefault(row["task_id"], row["solution"])
    return Picks(first, {row["task_id"]: row["solution"] for row in rows(folder / "run" / "chosen.jsonl")})


@contextmanager
def best_of_n(recording: Recording, folder: Path) -> Iterator[str]:
    """The URL of `coderm-eval serve`; `replay` is its policy and writes its tests, as many of each as are recorded."""
    with _running(
        ["replay", "--benchmark", recording.benchmark, *recording.files], recording.environment, folder
    ) as replay:
        policy = ["--model", "recorded", "--base-url", replay, "--n", _most(recording.samples)]
        how: list[object] = ["--no-tests"]
        if recording.tests:
            how = ["--tests-model", "recorded", "--tests-base-url", replay, "--num", _most(recording.tests)]
            how += ["--budget", "uniform"]
        with _running(["serve", *policy, *how, "--store", "served"], recording.environment, folder) as serve:
            yield serve


def _most(path: Path) -> int:
    """The most lines of one task."""
    return max(Counter(row["task_id"] for row in rows(path)).values())


@contextmanager
def _running(arguments: Sequence[object], environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    """The URL of `coderm-eval` with these arguments, a verb that serves, on a free port."""
    said = folder / f"{arguments[0]}.stderr"
    with said.open("w") as stderr:
        command = [*CLI, *map(str, arguments), "--port", "0"]
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), stderr=stderr)
        try:
            started = re.compile(r" on (http://\S+)")
            assert soon(lambda: process.poll() is not None or bool(started.search(said.read_text())))
            found = started.search(said.read_text())
            assert found, said.read_text()
            yield found[1]
        finally:
            process.terminate()
            process.wait(timeout=60)
