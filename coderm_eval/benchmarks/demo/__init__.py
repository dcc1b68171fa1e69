"""The embedded example: small invented problems with recorded candidates, generated tests and gold tests.

    problems.jsonl   task_id, entry_point, prompt
    samples.jsonl    16 candidates a problem: right, subtly wrong, crashing, looping, cheating
    tests.jsonl      16 unittest classes a problem; about a third expect something wrong
    gold.jsonl       the benchmark's own tests

It needs no model, no network and no dataset, so that the whole path can be seen at work anywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from coderm_eval.benchmarks.base import Benchmark, GradeTask, grade_from_verdict
from coderm_eval.benchmarks.prompts import AFTER_FUNCTION, function_request
from coderm_eval.core.records import Grade, Problem
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.limits_fingerprint import limits_fingerprint
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.generation.questions import function_question

__all__ = ["SAMPLES", "TESTS", "demo_files", "load_demo"]

_FOLDER = Path(__file__).parent
SAMPLES = _FOLDER / "samples.jsonl"
TESTS = _FOLDER / "tests.jsonl"


class _Demo(Benchmark):
    name = "demo"

    def __init__(self) -> None:
        data = (_FOLDER / "problems.jsonl").read_bytes()
        gold = (_FOLDER / "gold.jsonl").read_bytes()
        self.problems = tuple(_problem(json.loads(line)) for line in data.splitlines())
        self.dataset_sha256 = hashlib.sha256(data + gold).hexdigest()
        self._gold = {row["task_id"]: row["test"] for row in map(json.loads, gold.splitlines())}
        self._limits = Limits()

    def grader(self) -> str:
        return f"demo {self.dataset_sha256} {limits_fingerprint(self._limits)}"

    def grade(self, tasks: Iterable[GradeTask], executor: Executor) -> Iterator[tuple[str, Grade]]:
        names = {problem.task_id: problem.entry_point for problem in self.problems}
        tests = (ProgramTest(t.key, t.program, self._gold[t.task_id], t.task_id, names[t.task_id]) for t in tasks)
        for result in executor.run(tests, self._limits):
            yield result.key, grade_from_verdict(result.verdict, "gold")


def load_demo() -> Benchmark:
    return _Demo()


def demo_files() -> list[Path]:
    return [_FOLDER]


def _problem(row: dict[str, str]) -> Problem:
    return Problem(
        task_id=row["task_id"],
        entry_point=row["entry_point"],
        prompt=row["prompt"],
        question=function_question(row["prompt"], row["entry_point"]),
        request=function_request(row["prompt"]),
        stop=AFTER_FUNCTION,
    )
