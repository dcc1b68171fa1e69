"""`coderm-eval tests` and `coderm-eval solutions` against real servers, the worst of them included."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import CLI, coderm, rows, write_rows
from helpers.mini_humaneval import MiniHumanEval, point_evalplus
from helpers.replaying import replaying
from helpers.servers import Behaviour, Reply, answers, one_choice_only, serving, well_behaved

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.hosts.server.replay import RecordedAnswers


@pytest.fixture
def samples(tmp_path: Path, mini_humaneval: MiniHumanEval) -> Path:
    """Of each problem a program that is no Python, a wrong one and a right one."""
    programs = [mini_humaneval.wrong, mini_humaneval.right]
    listed = [
        {"task_id": task, "solution": program}
        for task in mini_humaneval.right
        for program in ("def", *(p[task] for p in programs))
    ]
    return write_rows(tmp_path / "samples.jsonl", listed)


def asks(samples: Path, url: str, *more: object) -> list[object]:
    """Arguments that have the model at `url` write tests."""
    known = ["--benchmark", "humaneval+", "--samples", samples, "--model", "m", "--base-url", url]
    return ["tests", *known, "--out", "tests.jsonl", *more]


# Tests


def test_tests_are_written_in_order_with_what_their_prompt_showed(samples: Path, tmp_path: Path) -> None:
    with serving(well_behaved) as (url, seen):
        done = coderm(*asks(samples, url, "--num", 3), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = rows(tmp_path / "tests.jsonl")
    assert [(row["task_id"], row["sample"], row["shown"]) for row in written] == [
        (f"HumanEval/{task}", sample, 1) for task in range(3) for sample in range(3)
    ]
    assert len(seen) == 3 and {request["n"] for request in seen} == {3}
    assert "9 test samples of 3 problems, 21 prompt and 90 completion tokens" in done.stdout


def test_the_file_of_tests_is_one_that_rerank_reads(samples: Path, tmp_path: Path) -> None:
    with serving(well_behaved) as (url, _):
        assert coderm(*asks(samples, url, "--num", 2), cwd=tmp_path).returncode == 0
    done = coderm(
        *("rerank", "--benchmark", "humaneval+", "--samples", samples, "--tests", "tests.jsonl", "--out", "run"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert len(rows(tmp_path / "run" / "verdicts.jsonl")) == 3


def test_a_task_without_a_usable_test_is_in_the_file_all_the_same(samples: Path, tmp_path: Path) -> None:
    """So that rerank takes the file, which names all tasks."""

    def one_in_vain(body: dict[str, Any], before: int) -> Reply:
        status, headers, content = answers(body, body["n"])
        third = "latest_tide" in body["messages"][-1]["content"]
        return status, headers, content.replace(b"def test_", b"def check_") if third else content

    with serving(one_in_vain) as (url, _):
        assert coderm(*asks(samples, url, "--num", 2), cwd=tmp_path).returncode == 0
    assert rows(tmp_path / "tests.jsonl")[-1] == {"task_id": "HumanEval/2", "test": ""}
    files = ["--samples", samples, "--tests", "tests.jsonl", "--out", "run"]
    done = coderm("rerank", "--benchmark", "humaneval+", *files, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 of 3 problems have no test" in done.stderr and "could not be used" not in done.stderr


SHOWN: dict[str, list[int | None]] = {"first": [1, 1, 1], "rotate": [1, 2, 1], "none": [None, None, None]}


@pytest.mark.parametrize("condition", SHOWN)
def test_the_condition_says_which_candidate_each_prompt_shows(samples: Path, tmp_path: Path, condition: str) -> None:
    with serving(well_behaved) as (url, seen):
        assert coderm(*asks(samples, url, "--num", 3, "--condition", condition), cwd=tmp_path).returncode == 0
    written = [row for row in rows(tmp_path / "tests.jsonl") if row["task_id"] == "HumanEval/0"]
    assert [row["shown"] for row in written] == SHOWN[condition]
    shows_a_program = ["code solution" in request["messages"][0]["content"] for request in seen]
    assert set(shows_a_program) == {condition != "none"}
    assert sorted({request["seed"] for request in seen}) == ([0, 1, 2] if condition == "rotate" else [0])


def test_a_system_prompt_and_other_sampling_come_from_the_settings(samples: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("tests: {system_prompt: Be brief., temperature: 0.3, extra: {top_k: 7}, num: 1}\n")
    with serving(well_behaved) as (url, seen):
        assert coderm(*asks(samples, url, "--config", config), cwd=tmp_path).returncode == 0
    assert {(r["messages"][0]["content"], r["temperature"], r["top_k"]) for r in seen} == {("Be brief.", 0.3, 7)}


def test_a_truncated_answer_is_counted_and_what_is_whole_in_it_is_kept(samples: Path, tmp_path: Path) -> None:
    def cut_off(body: dict[str, Any], before: int) -> Reply:
        status, headers, content = answers(body, body["n"])
        cut = content.replace(b'"stop"', b'"length"').replace(b"\\n```", b"\\n    def test_more(self):\\n        f(")
        return status, headers, cut

    with serving(cut_off) as (url, _):
        done = coderm(*asks(samples, url, "--num", 2), cwd=tmp_path)
    assert "6 truncated" in done.stdout, done.stderr
    written = rows(tmp_path / "tests.jsonl")
    assert len(written) == 6 and not any("test_more" in row["test"] for row in written)


def test_the_same_command_asks_only_for_what_is_missing(samples: Path, tmp_path: Path) -> None:
    with serving(well_behaved) as (url, seen):
        coderm(*asks(samples, url, "--num", 2), cwd=tmp_path)
        coderm(*asks(samples, url, "--num", 5), cwd=tmp_path)
    assert [(request["seed"], request["n"]) for request in seen] == [(0, 2)] * 3 + [(2, 3)] * 3
    assert len(rows(tmp_path / "tests.jsonl")) == 15


def test_a_dry_run_says_what_would_be_asked_and_asks_nothing(samples: Path, tmp_path: Path) -> None:
    with serving(one_choice_only) as (url, seen):
        coderm(*asks(samples, url, "--num", 2), cwd=tmp_path)
        asked = len(seen)
        planned = coderm(*asks(samples, url, "--num", 5, "--dry-run"), cwd=tmp_path)
        assert len(seen) == asked
    assert planned.stdout.startswith("3 requests for 9 samples (6 more are stored), at most "), planned.stderr
    most = int(planned.stdout.split()[-2].replace(",", ""))
    assert 9 * 2048 < most < 9 * 2048 + 3 * 2000


def test_a_dry_run_of_rerank_says_how_much_would_be_run(samples: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    with serving(well_behaved) as (url, seen):
        config.write_text(f"tests: {{model: m, base_url: '{url}', num: 4}}\n")
        arguments = ["--samples", samples, "--out", "run", "--config", config, "--dry-run"]
        planned = coderm("rerank", "--benchmark", "humaneval+", *arguments, cwd=tmp_path)
        with_inputs = coderm("rerank", "--benchmark", "humaneval+", *arguments, "--probe-inputs", 10, cwd=tmp_path)
        assert seen == []
    first, second = planned.stdout.splitlines()
    assert first.startswith("tests: 3 requests for 12 samples (0 more are stored)")
    assert second == f"executions: at most {36 + 30 * 9}, of which 0 are stored"
    assert with_inputs.stdout.splitlines()[1] == f"executions: at most {36 + 10 * 9}, of which 0 are stored"


def test_a_dry_run_counts_no_probing_inputs_where_there_is_one_candidate(tmp_path: Path) -> None:
    lines = [{"task_id": "demo/0", "solution": "x = 1"}] * 3
    (tmp_path / "samples.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    arguments = ["--samples", "samples.jsonl", "--no-tests", "--allow-partial", "--out", "run", "--dry-run"]
    planned = coderm("rerank", "--benchmark", "demo", *arguments, cwd=tmp_path)
    assert planned.stdout == "executions: at most 0, of which 0 are stored\n"


MISTAKES: list[tuple[list[object], str]] = [
    (["--model", "m"], "tests.base_url is not set"),
    (["--base-url", "http://127.0.0.1:9/v1"], "tests.model is not set"),
    (["--model", "m", "--base-url", "localhost:8000"], "expected a URL such as http://"),
    (["--backend", "vllm", "--model", "m"], "pip install 'coderm-eval[vllm]'"),
    (["--backend", "hf"], "tests.model is not set"),
]


@pytest.mark.parametrize(("flags", "said"), MISTAKES, ids=[said for _, said in MISTAKES])
def test_a_mistake_is_one_sentence(samples: Path, tmp_path: Path, flags: list[object], said: str) -> None:
    known = ["--benchmark", "humaneval+", "--samples", samples, "--out", "tests.jsonl"]
    done = coderm("tests", *known, *flags, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and len(done.stderr.splitlines()) == 1


# Candidates


def test_candidates_are_evalplus_samples_in_order(tmp_path: Path) -> None:
    """From recorded programs, through the real client: the file comes back, a problem's programs in turn."""
    recorded = read_by_task(SAMPLES, "solution")
    recording = RecordedAnswers(list(load_benchmark("demo").problems), recorded, read_by_task(TESTS, "test"))
    with replaying(recording) as address:
        arguments = ["--benchmark", "demo", "--model", "recorded", "--base-url", f"http://{address}/v1", "--n", 3]
        done = coderm("solutions", *arguments, "--out", "s.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = rows(tmp_path / "s.jsonl")
    assert [(r["task_id"], r["sample"]) for r in written] == [(task, n) for task in recorded for n in range(3)]
    usable = [(r["solution"], recorded[r["task_id"]][r["sample"]]) for r in written if r["solution"]]
    assert len(usable) > len(written) / 2
    assert all(got.strip() == program.strip() for got, program in usable)
    assert f"3 candidates of {len(recorded)} problems" in done.stdout


def test_a_base_model_goes_on_from_the_prompt(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    def completing(body: dict[str, Any], before: int) -> Reply:
        listed = [{"index": i, "text": f"    return {body['seed'] + i}\n"} for i in range(body["n"])]
        return 200, {}, json.dumps({"choices": listed}).encode()

    config = tmp_path / "settings.yaml"
    config.write_text("policy: {api: completions}\nn: 2\n")
    with serving(completing) as (url, seen):
        arguments = ["--benchmark", "humaneval+", "--model", "m", "--base-url", url, "--config", config]
        done = coderm("solutions", *arguments, "--out", "s.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = rows(tmp_path / "s.jsonl")[:2]
    assert first["solution"].startswith("def buoy_gap(a, b):") and first["solution"].endswith("    return 0\n")
    assert second["solution"].endswith("    return 1\n")
    assert {tuple(request["stop"]) for request in seen} == {("\ndef ", "\nclass ", "\nif __name__", "\nprint(")}


def test_a_dry_run_of_solutions_asks_nothing(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    arguments = ["--benchmark", "humaneval+", "--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--dry-run"]
    done = coderm("solutions", *arguments, "--out", "s.jsonl", cwd=tmp_path)
    assert done.stdout.startswith("3 requests for 60 samples (0 more are stored)"), done.stderr
    assert not (tmp_path / "s.jsonl").exists()


# A server at its worst

PROBLEMS, NUM = 40, 30
CHOICES = 10
"""Of one request, at most: the server says so when it is asked for more."""


def large_dataset(folder: Path) -> tuple[Path, Path]:
    """A dataset, and a candidate for each of its problems."""
    problems, candidates = [], []
    for number in range(PROBLEMS):
        head = f"def f{number}(x):\n"
        prompt = f'{head}    """ Add {number}.\n    """\n'
        common = {"task_id": f"HumanEval/{number}", "entry_point": f"f{number}", "prompt": prompt}
        body = f"    return x + {number}\n"
        gold = {"canonical_solution": body, "contract": "", "test": "", "base_input": [[1]], "plus_input": [[2]]}
        problems.append({**common, **gold, "atol": 0})
        candidates.append({"task_id": f"HumanEval/{number}", "solution": head + body})
    return write_rows(folder / "large.jsonl", problems), write_rows(folder / "large_samples.jsonl", candidates)


def at_its_worst(seed: int) -> Behaviour:
    """20 % busy, 5 % reset, 5 % broken, one request that hangs, answers in random order, few choices at a time."""
    chance, lock = random.Random(seed), threading.Lock()
    hung = threading.Event()

    def behave(body: dict[str, Any], before: int) -> Reply | None:
        if body["n"] > CHOICES:
            return 400, {}, json.dumps({"error": {"message": f"n must be at most {CHOICES}"}}).encode()
        with lock:
            fate, delay = chance.random(), chance.random() / 50
            hangs = fate > 0.9 and not hung.is_set()
            if hangs:
                hung.set()
        time.sleep(4 if hangs else delay)
        if fate < 0.2:
            return 429, {"Retry-After": "0"}, b"{}"
        if fate < 0.25:
            return None
        if fate < 0.3:
            return 500, {}, b"oops"
        return answers(body, body["n"])

    return behave


def test_a_server_at_its_worst_and_five_interruptions_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, samples = large_dataset(tmp_path)
    variables = {"HUMANEVAL_OVERRIDE_PATH": str(dataset), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    point_evalplus(monkeypatch, variables)
    config = tmp_path / "settings.yaml"
    config.write_text("tests: {timeout_s: 2}\n")
    for folder in ("undisturbed", "interrupted"):
        (tmp_path / folder).mkdir()
    with serving(at_its_worst(1)) as (url, _):
        done = coderm(*asks(samples, url, "--num", NUM, "--config", config), cwd=tmp_path / "undisturbed")
        assert done.returncode == 0, done.stderr
    with serving(at_its_worst(2)) as (url, seen):
        arguments = asks(samples, url, "--num", NUM, "--config", config)
        for number in range(5):
            how = signal.SIGKILL if number % 2 else signal.SIGTERM
            interrupt_after(20, how, arguments, seen, cwd=tmp_path / "interrupted")
        done = coderm(*arguments, cwd=tmp_path / "interrupted")
        assert done.returncode == 0, done.stderr
    files = [(tmp_path / folder / "tests.jsonl").read_bytes() for folder in ("undisturbed", "interrupted")]
    assert files[0] == files[1]
    written = [(row["task_id"], row["sample"]) for row in rows(tmp_path / "undisturbed" / "tests.jsonl")]
    assert written == [(f"HumanEval/{task}", sample) for task in range(PROBLEMS) for sample in range(NUM)]
    assert f"{PROBLEMS * NUM} test samples of {PROBLEMS} problems" in done.stdout


def interrupt_after(requests: int, how: int, arguments: list[object], seen: list[Any], *, cwd: Path) -> None:
    """Start the command, and send it a signal when it has sent so many requests."""
    start = len(seen)
    process = subprocess.Popen([*CLI, *map(str, arguments)], cwd=cwd, stderr=subprocess.DEVNULL, start_new_session=True)
    while len(seen) < start + requests:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(how)
    process.wait()
