"""Tasks and logs that are not this project's: the solver `best_of_n`, the scorer `best_of_epochs`, the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers import cli
from helpers.inspect_runs import inspect, needs_inspect, newest_log, of_server
from helpers.lm_eval_replay import Replay
from helpers.servers import Reply, serving

pytest.importorskip("inspect_ai", reason="inspect_ai is missing: pip install 'coderm-eval[inspect]'")

pytestmark = needs_inspect

TASK = '''
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

STUB = 'def peal(bells):\\n    """ The bells of a peal in reverse order.\\n    """\\n'

@task
def bells():
    sample = Sample(id="HumanEval/1", input="Complete this function:\\n\\n" + STUB, target="return bells[::-1]")
    return Task(dataset=[sample], solver=generate(), scorer=includes())

@task
def capitals():
    sample = Sample(id="France", input="What is the capital of France?", target="Paris")
    return Task(dataset=[sample], scorer=includes())
'''


def write_task(folder: Path) -> str:
    (folder / "bells.py").write_text(TASK)
    return "bells.py"


def test_the_problem_is_found_in_the_messages(replay: Replay, tmp_path: Path) -> None:
    """Of a task with its own prompt and its own scorer; recorded tests are found by the sample's id."""
    arguments = ("--solver", "coderm_eval/best_of_n", "-S", "n=4", "-S", f"tests.file={replay.tests}")
    done = inspect("eval", f"{write_task(tmp_path)}@bells", *of_server(replay.url), *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    [sample] = newest_log(tmp_path / "logs").samples or []
    seen = sample.metadata["coderm"]
    assert (seen["entry_point"], seen["chosen"], seen["fallback"]) == ("peal", 1, None)
    assert "passes 3 of 3 tests" in seen["why"] or "passes 2 of 2 tests" in seen["why"]
    assert sample.scores and sample.scores["includes"].value == "C"


def paris(body: dict[str, Any], before: int) -> Reply:
    answers = [f"Paris, answer {number}." for number in range(body.get("n", 1))]
    listed = [
        {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for i, text in enumerate(answers)
    ]
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    reply = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": listed, "usage": usage}
    return 200, {}, json.dumps(reply).encode()


def test_without_a_problem_the_first_answer_is_taken(tmp_path: Path) -> None:
    arguments = ("--solver", "coderm_eval/best_of_n", "-S", "n=3", "-S", "tests.backend=none", "-S", "select=agreement")
    with serving(paris) as (url, _):
        done = inspect("eval", f"{write_task(tmp_path)}@capitals", *of_server(url), *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "the first of 3 answers, as no function" in " ".join(done.stdout.split())
    [sample] = newest_log(tmp_path / "logs").samples or []
    assert sample.output.completion == "Paris, answer 0."
    assert sample.metadata["coderm"]["fallback"] == "first"


def evaluated_epochs(replay: Replay, tmp_path: Path, task: str, *arguments: str) -> str:
    """The log of an evaluation of four epochs, without best-of-N."""
    done = inspect("eval", task, *of_server(replay.url), "--epochs", "4", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    [log] = (tmp_path / "logs").glob("*.eval")
    return str(log)


def scored(log: str, *arguments: str, cwd: Path) -> tuple[str, dict[str, float], list[Any]]:
    """What `inspect score` prints, the rows, and the samples."""
    flags = ("--scorer", "coderm_eval/best_of_epochs", "-S", f"log={log}", "--action", "append")
    done = inspect("score", log, *flags, *arguments, "--output-file", "scored/scored.eval", "--overwrite", cwd=cwd)
    if done.returncode:
        return done.stdout, {}, []
    found = newest_log(cwd / "scored")
    assert found.results
    rows = {score.name: score.metrics["mean"].value for score in found.results.scores if "mean" in score.metrics}
    return done.stdout, rows, found.samples or []


def test_epochs_of_a_log_are_reranked(replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Graded by the benchmark's tests, with the picks of `rerank`, which reads the same log."""
    monkeypatch.setenv("LOCAL_BASE_URL", replay.url)
    tests = ("-T", f"tests.file={replay.tests}")
    log = evaluated_epochs(
        replay, tmp_path, "coderm_eval/humanevalplus_coderm", *tests, "--solver", "generate", "--no-score"
    )
    wanted = ("-S", f"tests.file={replay.tests}", "-S", "budget.policy=uniform", "-S", "benchmark=humaneval+")
    _, rows, samples = scored(log, *wanted, cwd=tmp_path)
    budget = ("--tests", replay.tests, "--budget", "uniform")
    done = cli.coderm(
        "rerank", "--benchmark", "humaneval+", "--samples", log, *budget, "--out", "run", "--grade", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert rows == pytest.approx({row: found["value"] for row, found in summary["pass@1"].items()}, abs=1e-4)
    chosen = map(json.loads, (tmp_path / "run" / "chosen.jsonl").read_text().splitlines())
    picked = {row["task_id"]: row["solution"] for row in chosen}
    assert {(s.id, s.scores["best_of_epochs"].answer) for s in samples} == set(picked.items())
    assert len(samples) == 4 * len(picked)


def test_epochs_are_graded_by_the_logs_own_score(
    replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_BASE_URL", replay.url)
    log = evaluated_epochs(replay, tmp_path, f"{write_task(tmp_path)}@bells")
    _, rows, samples = scored(log, "-S", f"tests.file={replay.tests}", cwd=tmp_path)
    assert {row: rows[row] for row in ("coderm", "oracle", "random")} == {"coderm": 1, "oracle": 1, "random": 0.5}
    [epoch] = {sample.scores["best_of_epochs"].metadata["coderm"]["chosen_epoch"] for sample in samples}
    assert all(sample.scores["includes"].value == "C" for sample in samples if sample.epoch == epoch)
    said, _, _ = scored(log, "-S", f"tests.file={replay.tests}", "-S", "grades=accuracy", cwd=tmp_path)
    assert "scores in the log are includes; 'accuracy' is not one of them" in " ".join(said.split())
    said, _, _ = scored(log, "-S", f"tests.file={replay.tests}", "-S", "log=bells.py", cwd=tmp_path)
    assert "bells.py: not a log of inspect_ai" in " ".join(said.split())
    assert "Traceback" not in said
