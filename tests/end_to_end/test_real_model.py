"""examples/real_model as it stands, with its real model: 20 minutes of two cores, so only where it is asked for.

Run by hand and before a release, in an environment as its page says:

    CODERM_REAL_MODEL=1 python -m pytest tests/end_to_end/test_real_model.py

docs/measurements/real-model.md keeps what came out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from helpers.paths import ROOT
from helpers.processes import soon
from helpers.serve import best_of_n_server, chat_body, post

from coderm_eval.benchmarks import load_benchmark

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("CODERM_REAL_MODEL" not in os.environ, reason="a real model (CODERM_REAL_MODEL)"),
]

FEW = ("--tasks", "Mbpp/17,Mbpp/227", "--n", "3")


def example(out: Path, *flags: str) -> str:
    """What the example prints."""
    script = ROOT / "examples" / "real_model" / "run.py"
    done = subprocess.run([sys.executable, script, out, *flags], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def summary(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "run" / "summary.json").read_text()))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made")
    example(out, "--only-model")
    return out / "model"


@pytest.fixture(scope="module")
def url(model: Path) -> Iterator[str]:
    """transformers' own server."""
    with transformers_server(model) as address:
        yield address


@contextmanager
def transformers_server(model: Path) -> Iterator[str]:
    log = model.with_name("server.log")
    with log.open("w") as output:
        command = [str(Path(sys.executable).with_name("transformers")), "serve", str(model), "--port", "0"]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        assert soon(lambda: "running on" in log.read_text() or process.poll() is not None)
        found = re.search(r"running on (http://\S+)", log.read_text())
        assert found, log.read_text()
        yield f"{found[1]}/v1"
    finally:
        process.terminate()
        process.wait(60)


def with_model(out: Path, model: Path) -> Path:
    """A folder for the example, in which the model is made."""
    out.mkdir()
    (out / "model").symlink_to(model)
    return out


def test_from_nothing_to_a_table_in_this_process(tmp_path: Path, model: Path) -> None:
    out = with_model(tmp_path / "out", model)
    printed = example(out)
    found = summary(out)
    assert (found["n_problems"], found["n_samples"]) == (10, 100)
    assert found["test_samples"]["read"] in range(10, 101, 10), "ten of each problem with a candidate that can be shown"
    scores = {row: found["pass@1"][row]["value"] for row in ("random", "oracle")}
    assert 0 < scores["random"] < scores["oracle"], "some of its answers are right, and not all"
    assert f"tokens: {json.dumps(found['tokens'])}" in printed
    example(out)
    assert summary(out) == {**found, "seconds": summary(out)["seconds"]}


def test_the_same_over_http(tmp_path: Path, model: Path, url: str) -> None:
    out = with_model(tmp_path / "out", model)
    example(out, "--backend", "openai", "--base-url", url, *FEW)
    assert (summary(out)["n_samples"], summary(out)["tokens"]["tests"]["completion"] > 0) == (6, True)


def test_serve_answers_with_a_program_in_front_of_it(tmp_path: Path, model: Path, url: str) -> None:
    both = {"model": str(model), "base_url": url, "max_tokens": 96}
    config = {"policy": both, "tests": {**both, "prompt": "asserts"}}
    problem = load_benchmark("mbpp+").problem_by_id()["Mbpp/17"]
    with best_of_n_server(tmp_path, "--n", 2, "--num", 2, config=config) as served:
        reply = post(served.url, chat_body(problem.request))
    assert reply.status == 200 and reply.text.strip()


def test_lm_eval_drives_it(tmp_path: Path, model: Path, url: str) -> None:
    writer = {"model": str(model), "base_url": url, "num": 2, "prompt": "asserts", "max_tokens": 96}
    policy = f"model={model},base_url={url}/chat/completions,timeout=1200,eos_string=ZZZ"
    command = ["lm_eval", "run", "--model", "local-chat-completions", "--model_args", policy, "--apply_chat_template"]
    command += ["--tasks", "mbppplus_coderm", "--limit", "1", "--gen_kwargs", "max_gen_toks=96"]
    command += ["--metadata", json.dumps({"coderm": {"n": 2, "tests": writer}}), "--confirm_run_unsafe_code"]
    done = subprocess.run(
        [Path(sys.executable).with_name(command[0]), *command[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "|mbppplus_coderm|" in done.stdout
