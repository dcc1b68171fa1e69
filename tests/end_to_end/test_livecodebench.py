"""LiveCodeBench graded by the executor: a battery of invented programs, by the official rules."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.execution import graded
from helpers.kept_workers import end_idle_workers
from helpers.livecodebench import rows as made
from helpers.livecodebench.programs import CASES, PROBLEMS, Case
from helpers.processes import our_processes

from coderm_eval.benchmarks import GradeTask
from coderm_eval.benchmarks.livecodebench.benchmark import LiveCodeBench
from coderm_eval.benchmarks.livecodebench.dataset import read_rows
from coderm_eval.benchmarks.livecodebench.problem_filter import ProblemFilter
from coderm_eval.benchmarks.livecodebench.rows import Row
from coderm_eval.benchmarks.livecodebench.settings import Grader, LiveCodeBenchSettings

HONEST = [case for case in CASES if case.honest]
STDIN = [case for case in CASES if case.kind == "stdin"]


@pytest.fixture(scope="module", autouse=True)
def _no_process_is_left() -> Iterator[None]:
    """Whatever the programs of the battery started, or killed."""
    end_idle_workers()
    before = our_processes()
    yield
    end_idle_workers()
    assert our_processes() <= before


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    path = tmp_path_factory.mktemp("livecodebench") / "invented.jsonl"
    made.write(path, [_row(name) for name in PROBLEMS])
    return read_rows([path], ProblemFilter())


def _row(name: str) -> dict[str, str]:
    """The invented problem, with its first case public."""
    problem = PROBLEMS[name]
    functional = problem.function is not None
    columns = {"question_content": problem.statement}
    if functional:
        columns["starter_code"] = f"class Solution:\n    def {problem.function}(self, given):\n        "
        columns["metadata"] = json.dumps({"func_name": problem.function})
    return made.row(name, functional=functional, public=problem.cases[:1], private=problem.cases[1:], **columns)


def _statuses(rows: list[Row], grader: Grader, cases: Iterable[Case]) -> dict[str, str]:
    """What the grader says of each case, by its name."""
    benchmark = LiveCodeBench(rows, LiveCodeBenchSettings(timeout_s=0.25, grader=grader))
    cases = sorted(cases, key=lambda case: case.problem)
    tasks = [GradeTask(case.name, case.problem, case.program) for case in cases]
    return {key: statuses.get("tests", "not run") for key, statuses in graded(benchmark, tasks).items()}


@pytest.fixture(scope="module")
def corrected(rows: list[Row]) -> dict[str, str]:
    return _statuses(rows, "corrected", CASES)


@pytest.fixture(scope="module")
def official(rows: list[Row]) -> dict[str, str]:
    return _statuses(rows, "official", STDIN)


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.name)
def test_a_program_is_graded_as_a_process_would_be(case: Case, corrected: dict[str, str]) -> None:
    assert corrected[case.name] == case.corrected, case.note


@pytest.mark.parametrize("case", [case for case in HONEST if case in STDIN], ids=lambda case: case.name)
def test_the_official_graders_defects_are_to_be_had(case: Case, official: dict[str, str]) -> None:
    """A program that hangs is a timeout here; some of them break the official grader, which calls that a failure."""
    assert (official[case.name] == "pass") == (case.official == "pass"), case.note


@pytest.mark.parametrize("case", [c for c in CASES if not c.honest], ids=lambda case: case.name)
def test_no_cheat_passes(case: Case, corrected: dict[str, str], official: dict[str, str]) -> None:
    assert {corrected[case.name], official.get(case.name, "fail")} <= {"fail", "timeout"}


_ASK_LIGHTEVAL = """
import json, sys
from lighteval.tasks.tasks.lcb.codegen_metrics import check_correctness

said = {}
for case in json.load(open(sys.argv[1])):
    sample = {"input_output": json.dumps({k: case[k] for k in ("inputs", "outputs", "fn_name")})}
    try:
        verdicts = check_correctness(sample, case["program"], timeout=1)
        said[case["name"]] = all(verdict is True or verdict > 0 for verdict in verdicts)
    except Exception:
        said[case["name"]] = False
json.dump(said, open(sys.argv[2], "w"))
"""


@pytest.mark.skipif(not find_spec("lighteval"), reason="no lighteval (pip install --no-deps lighteval==0.13.0)")
def test_lighteval_says_the_same_of_every_method(corrected: dict[str, str], tmp_path: Path) -> None:
    methods = [case for case in HONEST if case.kind == "functional"]
    asked = [
        {
            "name": case.name,
            "program": case.program,
            "inputs": [given for given, _ in PROBLEMS[case.problem].cases],
            "outputs": [wanted for _, wanted in PROBLEMS[case.problem].cases],
            "fn_name": PROBLEMS[case.problem].function,
        }
        for case in methods
    ]
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    command = [sys.executable, "-c", _ASK_LIGHTEVAL, "asked.json", "said.json"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    said = json.loads((tmp_path / "said.json").read_text())
    assert said == {case.name: corrected[case.name] == "pass" for case in methods}
