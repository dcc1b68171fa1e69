"""LiveCodeBench graded inside of the executor: a battery of invented programs, by the official rules."""

from __future__ import annotations

import json

import livecodebench_programs as battery
import livecodebench_rows as made
import pytest
from livecodebench_programs import PROBLEMS, Case

from coderm_eval.benchmarks import GradeTask
from coderm_eval.benchmarks.livecodebench import LiveCodeBench
from coderm_eval.benchmarks.livecodebench.rows import Selection, read_rows
from coderm_eval.config import LiveCodeBenchSettings


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> LiveCodeBench:
    path = tmp_path_factory.mktemp("livecodebench") / "invented.jsonl"
    made.write(path, [_row(name) for name in PROBLEMS])
    return LiveCodeBench(read_rows([path], Selection()), LiveCodeBenchSettings(timeout_s=1))


def _row(name: str) -> dict[str, str]:
    """The invented problem, with its first case public."""
    problem = PROBLEMS[name]
    functional = problem.function is not None
    columns = {"question_content": problem.statement}
    if functional:
        columns["starter_code"] = f"class Solution:\n    def {problem.function}(self, given):\n        "
        columns["metadata"] = json.dumps({"func_name": problem.function})
    return made.row(name, functional=functional, public=problem.cases[:1], private=problem.cases[1:], **columns)


@pytest.fixture(scope="module")
def statuses(benchmark: LiveCodeBench) -> dict[str, str]:
    cases = sorted(battery.CASES, key=lambda case: case.problem)
    tasks = [GradeTask(case.name, case.problem, case.program) for case in cases]
    return {key: grade.statuses.get("tests", "not run") for key, grade in benchmark.grade(tasks, workers=2)}


@pytest.mark.parametrize("case", battery.CASES, ids=lambda case: case.name)
def test_verdict(case: Case, statuses: dict[str, str]) -> None:
    if case.honest:
        assert statuses[case.name] == case.fixed, case.note
    else:
        assert statuses[case.name] in ("fail", "timeout")
