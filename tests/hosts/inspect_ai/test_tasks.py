"""Through the real inspect_ai, over HTTP: rows and picks of `rerank`, tokens by role, mistakes in a sentence."""

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

from inspect_ai.log import EvalLog

pytestmark = needs_inspect

TASK = "coderm_eval/humanevalplus_coderm"
UNIFORM = ("-T", "budget.policy=uniform")


def evaluate(replay: Replay, *arguments: str, cwd: Path) -> EvalLog:
    done = inspect("eval", TASK, *of_server(replay.url), *UNIFORM, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout
    return newest_log(cwd / "logs")


def reranked(replay: Replay, cwd: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """The picks of `rerank` on the same files, and its summary."""
    files = ("--samples", replay.samples, "--tests", replay.tests)
    budget = ("--n", "4", "--budget", "uniform")
    done = cli.coderm("rerank", "--benchmark", "humaneval+", *files, *budget, "--out", "run", "--grade", cwd=cwd)
    assert done.returncode == 0, done.stderr
    rows = map(json.loads, (cwd / "run" / "chosen.jsonl").read_text().splitlines())
    return {row["task_id"]: row["solution"] for row in rows}, json.loads((cwd / "run" / "summary.json").read_text())


def picks(log: EvalLog) -> dict[str, str]:
    found = {}
    for sample in log.samples or []:
        record = sample.store["coderm"]
        chosen = record["selections"][record["rule"]]["chosen"]
        found[str(sample.id)] = record["candidates"][chosen]["program"]
    return found


def rows(log: EvalLog) -> dict[str, float]:
    assert log.results
    return {score.name: score.metrics["mean"].value for score in log.results.scores}


def test_rows_and_picks_are_those_of_rerank(replay: Replay, tmp_path: Path) -> None:
    """From the same files; what inspect shows of a sample says how its answer was picked."""
    log = evaluate(replay, "-T", "n=4", "-T", f"tests.file={replay.tests}", cwd=tmp_path)
    chosen, summary = reranked(replay, tmp_path)
    assert picks(log) == chosen
    expected = {row: interval["value"] for row, interval in summary["pass@1"].items()}
    assert rows(log) == pytest.approx({**expected, "tests_per_problem": summary["tests_per_problem"]}, abs=1e-4)
    assert log.results and set(log.results.scores[0].metrics) == {"mean", "ci_wilson_lower", "ci_wilson_upper"}
    for sample in log.samples or []:
        seen = sample.metadata["coderm"]
        assert seen["n"] == 4 and seen["not_run"] == 0 and seen["fallback"] is None
        assert sample.output.completion == sample.store["coderm"]["answers"][seen["chosen"]]
        assert chosen[str(sample.id)] in sample.output.completion
        assert sample.messages[-1].text == sample.output.completion
        assert sample.scores and seen["why"] in (sample.scores["pass_at_1"].explanation or "")
    assert {(request["n"], request["seed"]) for request in replay.requests} == {(4, 0)}


def test_a_role_writes_the_tests(replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their tokens are in the log; a second evaluation finds answers and tests where the first has left them."""
    monkeypatch.setenv("LOCAL_BASE_URL", replay.url)
    arguments = ("-T", "n=4", "-T", "tests.num=3", "--model-role", "tests=openai-api/local/recorded", "--cache", "true")
    log = evaluate(replay, *arguments, cwd=tmp_path)
    assert picks(log) == reranked(replay, tmp_path)[0]
    assert log.stats.role_usage["tests"].output_tokens > 0
    assert log.stats.model_usage["openai-api/local/recorded"].output_tokens > 0
    asked = len(replay.requests)
    again = evaluate(replay, *arguments, cwd=tmp_path)
    assert (picks(again), len(replay.requests)) == (picks(log), asked)


def one_choice(body: dict[str, Any], before: int) -> Reply:
    """A server that knows no n: each seed has a program of its own, and that of seed 2 is right."""
    program = f"def buoy_gap(a, b):\n    return {'abs(a - b)' if body.get('seed') == 2 else body.get('seed', 0)}"
    message = {"role": "assistant", "content": f"```python\n{program}\n```"}
    reply = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
    }
    return 200, {}, json.dumps(reply).encode()


def refusing_n(body: dict[str, Any], before: int) -> Reply:
    refused = b'{"error": {"message": "Only one completion choice is allowed", "type": "invalid_request_error"}}'
    return (400, {}, refused) if body.get("n", 1) > 1 else one_choice(body, before)


@pytest.mark.parametrize("server", [one_choice, refusing_n])
def test_a_server_without_choices_is_asked_n_times(replay: Replay, tmp_path: Path, server: Any) -> None:
    with serving(server) as (url, seen):
        arguments = ("-T", "n=4", "-T", f"tests.file={replay.tests}", "--limit", "1")
        done = inspect("eval", TASK, *of_server(url), *UNIFORM, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    log = newest_log(tmp_path / "logs")
    assert log.samples and log.samples[0].metadata["coderm"]["chosen"] == 2
    assert len(set(log.samples[0].store["coderm"]["answers"])) == 4
    singles = [body["seed"] for body in seen if "n" not in body]
    assert sorted({0, *singles}) == [0, 1, 2, 3] and len(set(singles)) == len(singles)


REFUSED = [
    ((), "nobody writes unit tests: add --model-role tests=MODEL"),
    (("-T", "tests.file=t.jsonl", "-T", "tests.modle=x"), "unknown setting 'tests.modle'; did you mean 'model'?"),
    (("-T", "tests.file=t.jsonl", "-T", "selekt=majority"), "did you mean 'select'"),
    (("-T", "tests.file=t.jsonl", "-T", "select=best"), "best"),
    (("-T", "tests.file=t.jsonl", "--temperature", "0"), "n is 20 but temperature is 0"),
    (
        (
            "-T",
            "tests.file=gone.jsonl",
        ),
        "gone.jsonl",
    ),
    (
        (
            "-T",
            "config=gone.yaml",
        ),
        "gone.yaml",
    ),
    (("-T", "tests.file=t.jsonl", "--model-role", "tests=none"), "leave one out"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_a_mistake_is_said_before_anything_is_asked(
    replay: Replay, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "t.jsonl").write_text(replay.tests.read_text())
    done = inspect("eval", TASK, *of_server(replay.url), *arguments, cwd=tmp_path)
    assert done.returncode != 0
    assert sentence in " ".join(done.stdout.split())
    assert replay.requests == []


def test_the_demo_needs_no_model(tmp_path: Path) -> None:
    """Of its problems those that take no time."""
    ids = ",".join(cli.DEMO_TASKS)
    done = inspect("eval", "coderm_eval/coderm_demo", "--model", "none", "--sample-id", ids, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert set(rows(newest_log(tmp_path / "logs"))) == {
        *("random", "first", "majority", "coderm", "oracle"),
        "tests_per_problem",
    }
