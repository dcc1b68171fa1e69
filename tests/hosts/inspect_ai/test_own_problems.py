"""Problems of one's own through the real inspect_ai: rows and picks of `rerank`, and without gold tests no score."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.cli import write_rows
from helpers.inspect_runs import inspect, needs_inspect, newest_log, of_server
from helpers.own_problems import PROBLEMS, RIGHT
from helpers.recordings import write_own
from helpers.replaying import replaying

pytest.importorskip("inspect_ai", reason="inspect_ai is missing: pip install 'coderm-eval[inspect]'")

from inspect_ai._util.error import PrerequisiteError

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.hosts.inspect_ai.tasks import coderm_problems
from coderm_eval.hosts.server.replay import RecordedAnswers

pytestmark = needs_inspect


@pytest.fixture
def flags(tmp_path: Path) -> Iterator[list[str]]:
    """Those of the model and of the recorded tests."""
    recording = write_own(tmp_path)
    assert recording.tests
    programs = read_by_task(recording.samples, "solution")
    with replaying(RecordedAnswers(load_benchmark(recording.benchmark).problems, programs, {})) as address:
        yield [*of_server(f"http://{address}/v1"), "-T", "n=2", "-T", f"tests.file={recording.tests}"]


@pytest.mark.parametrize(
    ("file", "scores"),
    [
        ("problems.jsonl", {"random", "first", "majority", "coderm", "oracle", "tests_per_problem"}),
        ("unlabelled.jsonl", {"tests_per_problem"}),
    ],
)
def test_the_right_programs_are_picked(file: str, scores: set[str], flags: list[str], tmp_path: Path) -> None:
    """And scored where there are gold tests; else nothing looks like a score."""
    done = inspect("eval", "coderm_eval/coderm_problems", *flags, "-T", f"benchmark={file}", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    log = newest_log(tmp_path / "logs")
    assert log.results and {score.name for score in log.results.scores} == scores
    means = {score.name: score.metrics["mean"].value for score in log.results.scores}
    assert (means.get("first", 0), means.get("coderm", 1)) == (0, 1)
    for sample in log.samples or []:
        assert RIGHT[str(sample.id)] in sample.output.completion


@pytest.mark.parametrize(
    ("benchmark", "said"),
    [
        (None, "add -T benchmark=problems.jsonl, with your file of problems"),
        ("humaneval", "no benchmark is called 'humaneval'; did you mean 'humaneval"),
        ("gone.jsonl", "gone.jsonl: no such file"),
        ("some.jsonl", "some.jsonl: no gold_tests for io/add"),
    ],
)
def test_a_mistake_is_said_in_a_sentence(
    benchmark: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "some.jsonl", [*PROBLEMS[:-1], {**PROBLEMS[-1], "gold_tests": []}])
    with pytest.raises(PrerequisiteError, match=re.escape(said)):
        coderm_problems(benchmark)
