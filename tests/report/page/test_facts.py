"""What a page says was run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from coderm_eval.report.page.facts import facts

SAMPLING = {"n": 20, "temperature": 0.8, "top_p": None, "max_tokens": 1024, "seed": None}
POLICY = {"model": "meta/coder-8b", "revision": "a1b2", "server": "http://gpu:8000/v1", "sampling": SAMPLING}
WRITER = {**POLICY, "model": "KAKA22/CodeRM-8B", "backend": "server", "sampling": {**SAMPLING, "num": 100}}
NOTHING: dict[str, Any] = dict.fromkeys(("model", "revision", "server"))
PROVENANCE = {
    "command": ["coderm-eval", "rerank", "--samples", "my samples.jsonl"],
    "started": "2026-11-28T20:00:00Z",
    "finished": "2026-11-28T20:01:00Z",
    "host": {"name": "coderm-eval", "version": "0.1.0"},
    "results_file": None,
    "input_files": {"samples": {"file": "my samples.jsonl", "sha256": "0" * 64}, "tests": None},
    "machine": {"platform": "Linux", "cpus": 2, "python": "3.11.7"},
}


@pytest.fixture(scope="module")
def summary(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "summary.json").read_text()))


def found(summary: Mapping[str, Any], provenance: Mapping[str, Any] | None = None, **other: Any) -> dict[str, str]:
    return dict(facts({**summary, **other}, provenance))


def test_models_have_their_revision_server_and_sampling(summary: dict[str, Any]) -> None:
    said = found(summary, policy=POLICY, test_writer=WRITER)
    assert said["policy"] == "meta/coder-8b@a1b2, at http://gpu:8000/v1, temperature 0.8, at most 1024 tokens"
    assert said["test writer"].startswith("KAKA22/CodeRM-8B@a1b2")


def test_recorded_files_are_called_so_and_no_default_is_shown(summary: dict[str, Any]) -> None:
    said = found(summary, policy=NOTHING | {"sampling": dict.fromkeys(SAMPLING)}, test_writer=NOTHING)
    assert (said["policy"], said["test writer"]) == ("recorded candidates", "recorded tests")


def test_hashes_are_whole_and_say_what_they_are_of(summary: dict[str, Any]) -> None:
    said = found(summary, inputs={"samples": "ab" * 32, "tests": None})
    assert said["dataset"] == f"SHA-256 {summary['dataset_sha256']}"
    assert said["input samples"] == f"fingerprint of the contents {'ab' * 32}"
    said = found(summary, PROVENANCE, inputs={"samples": "ab" * 32, "rule": "cd" * 32})
    of_file = f"my samples.jsonl, SHA-256 {'0' * 64}"
    assert said["input samples"] == f"{of_file}; fingerprint of the contents {'ab' * 32}"
    assert said["input rule"] == f"SHA-256 {'cd' * 32}"


def test_the_command_and_the_date_are_there_where_they_were_recorded(summary: dict[str, Any]) -> None:
    assert {"command", "date"}.isdisjoint(found(summary))
    said = found(summary, PROVENANCE)
    assert said["command"] == "coderm-eval rerank --samples 'my samples.jsonl'"
    assert said["date"] == "2026-11-28T20:00:00Z"


PATHS = {
    "/home/me/work/s.jsonl": "s.jsonl",
    "--out=/home/me/run": "--out=run",
    "/home/me/": "me/",
    "~/models/coder": "coder",
    "pretrained=/home/me/coder,dtype=auto,peft=/home/me/lora": "pretrained=coder,dtype=auto,peft=lora",
    '{"path": "/home/me/a b/s.jsonl"}': '{"path": "s.jsonl"}',
    "data/s.jsonl": "data/s.jsonl",
    "meta/coder-8b": "meta/coder-8b",
    "http://gpu:8000/v1": "http://gpu:8000/v1",
    "/": "/",
}


@pytest.mark.parametrize("given", PATHS)
def test_no_folder_of_the_machine_is_told(summary: dict[str, Any], given: str) -> None:
    """A page is passed on; provenance.json has the whole paths."""
    files = {"samples": {"file": given, "sha256": "0" * 64}}
    origin = {**PROVENANCE, "command": ["coderm-eval", given], "input_files": files}
    said = found(summary, origin, inputs={"samples": "ab" * 32}, policy={**POLICY, "model": given})
    assert shlex.split(said["command"]) == ["coderm-eval", PATHS[given]]
    assert said["input samples"].startswith(f"{PATHS[given]}, SHA-256 0")
    assert said["policy"].startswith(f"{PATHS[given]}@a1b2")


def test_a_run_without_tests_has_no_budget_and_no_test_writer(summary: dict[str, Any]) -> None:
    """A newcomer read "budget sequential" on the page of such a run."""
    said = found(summary, settings={**summary["settings"], "tests": {"backend": "none"}})
    assert said["tests"] == "none were used"
    assert {"budget", "test writer"}.isdisjoint(said)
