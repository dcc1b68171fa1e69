"""What a page says was run."""

from __future__ import annotations

import json
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


def test_hashes_are_whole(summary: dict[str, Any]) -> None:
    said = found(summary, inputs={"samples": "ab" * 32, "tests": None})
    assert said["dataset"] == f"SHA-256 {summary['dataset_sha256']}"
    assert said["input samples"] == f"SHA-256 {'ab' * 32}"


def test_the_command_and_the_date_are_there_where_they_were_recorded(summary: dict[str, Any]) -> None:
    assert {"command", "date"}.isdisjoint(found(summary))
    said = found(summary, PROVENANCE)
    assert said["command"] == "coderm-eval rerank --samples 'my samples.jsonl'"
    assert said["date"] == "2026-11-28T20:00:00Z"
    assert said["input samples"].endswith(", of my samples.jsonl")


def test_a_run_without_tests_has_no_budget_and_no_test_writer(summary: dict[str, Any]) -> None:
    """A newcomer read "budget sequential" on the page of such a run."""
    said = found(summary, settings={**summary["settings"], "tests": {"backend": "none"}})
    assert said["tests"] == "none were used"
    assert {"budget", "test writer"}.isdisjoint(said)
