"""Problems of one's own through the real lm-eval: the table of `rerank`, and without gold tests picks and no score."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import rows, write_rows
from helpers.lm_eval_tasks import evaluate_task
from helpers.own_problems import MEAN, PROBLEMS, RIGHT, install_package
from helpers.recordings import Recording, picks_of_rerank, write_own
from helpers.replaying import replaying

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.hosts.server.replay import RecordedAnswers

Server = tuple[Recording, str]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """What is recorded of the problems, and the address of a policy that answers with it."""
    monkeypatch.chdir(tmp_path)
    recording = write_own(tmp_path)
    assert recording.tests
    programs, tests = read_by_task(recording.samples, "solution"), read_by_task(recording.tests, "test")
    with replaying(RecordedAnswers(load_benchmark("problems.jsonl").problems, programs, tests)) as address:
        yield recording, f"http://{address}/v1/chat/completions"


def evaluate(server: Server, benchmark: str | None, **more: Any) -> dict[str, Any]:
    recording, url = server
    settings = {"n": 2, "tests": {"file": str(recording.tests)}, "budget": {"policy": "uniform"}}
    named = {} if benchmark is None else {"benchmark": benchmark}
    given = {
        "task": "coderm_problems",
        "model": "local-chat-completions",
        "model_args": {"model": "recorded", "base_url": url},
        "apply_chat_template": True,
        "metadata": {**named, "coderm": settings},
        **more,
    }
    return evaluate_task(**given)


def run_directory() -> Path:
    (folder,) = Path("coderm-runs").glob("coderm_problems-*")
    return folder


def chosen(folder: Path) -> dict[str, str]:
    return {row["task_id"]: row["solution"] for row in rows(folder / "chosen.jsonl")}


def test_the_table_and_the_picks_are_those_of_rerank(server: Server, tmp_path: Path) -> None:
    results = evaluate(server, "problems.jsonl")["results"]["coderm_problems"]
    found = {key: value for key, value in results.items() if key.startswith("pass@1,")}
    expected = {"random": 0.5, "first": 0, "majority": 1, "coderm": 1, "oracle": 1}
    assert found == {f"pass@1,{row}": value for row, value in expected.items()}
    assert chosen(run_directory()) == picks_of_rerank(server[0], tmp_path).chosen == RIGHT


def test_without_gold_tests_no_number_looks_like_a_score(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    results = evaluate(server, "unlabelled.jsonl")["results"]["coderm_problems"]
    numbers = {key: value for key, value in results.items() if isinstance(value, float)}
    assert numbers == {"tests_per_problem,coderm": 2.0}
    assert "unlabelled.jsonl has no gold_tests: the run has picks, rewards and verdicts, and no scores" in caplog.text
    assert chosen(run_directory()) == RIGHT
    assert json.loads((run_directory() / "summary.json").read_text())["pass@1"] is None


def test_a_packages_benchmark_is_named_as_well(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install_package(tmp_path))
    assert evaluate(server, "sums")["results"]["coderm_problems"]["pass@1,coderm"] == 1


def test_a_base_model_goes_on_from_the_prompts(server: Server) -> None:
    recording, _ = server
    assert recording.tests
    task = MEAN["task_id"]
    write_rows(Path("methods.jsonl"), [MEAN])
    write_rows(recording.tests, [row for row in rows(recording.tests) if row["task_id"] == task])
    bodies = ("len(numbers)", "(len(numbers) or 1)")
    programs = {task: [f"{MEAN['prompt']}        return sum(numbers) / {body}\n" for body in bodies]}
    with replaying(RecordedAnswers(load_benchmark("methods.jsonl").problems, programs, {})) as address:
        args = {"model": "recorded", "base_url": f"http://{address}/v1/completions", "tokenizer_backend": "none"}
        base = {"task": "coderm_problems_base", "model": "local-completions", "apply_chat_template": False}
        results = evaluate(server, "methods.jsonl", model_args=args, **base)["results"]["coderm_problems_base"]
    assert (results["pass@1,first"], results["pass@1,coderm"]) == (0, 1)


MISTAKES: list[tuple[str | None, dict[str, Any], str]] = [
    (None, {}, """add --metadata '{"benchmark": "problems.jsonl"}', with your file of problems"""),
    ("humaneval", {}, "no benchmark is called 'humaneval'; did you mean 'humaneval+'"),
    ("missing.jsonl", {}, "missing.jsonl: no such file"),
    ("some.jsonl", {}, "some.jsonl: no gold_tests for io/add, so that there are no grades; give them, or"),
    ("problems.jsonl", {"task": "coderm_problems_base"}, "sums/total has no code to go on from"),
    ("problems.jsonl", {"task": "humanevalplus_coderm"}, "humanevalplus_coderm is of humaneval+: run coderm_problems"),
]


@pytest.mark.parametrize(("benchmark", "changed", "said"), MISTAKES)
def test_a_mistake_ends_with_one_sentence_before_the_model_is_asked(
    benchmark: str | None,
    changed: dict[str, Any],
    said: str,
    server: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_rows(Path("some.jsonl"), [*PROBLEMS[:-1], {**PROBLEMS[-1], "gold_tests": []}])
    with pytest.raises(SystemExit) as stopped:
        evaluate((server[0], "http://127.0.0.1:1"), benchmark, **changed)
    assert stopped.value.code == 2
    (sentence,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("coderm-eval:")]
    assert said in sentence
