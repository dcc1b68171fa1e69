"""`provenance.json`: what a run directory says of how it was made."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, rows, write_rows

from coderm_eval.benchmarks.demo import SAMPLES
from coderm_eval.report import provenance
from coderm_eval.report.provenance import Caller
from coderm_eval.report.run_directory import RunDirectory


def read(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "provenance.json").read_text()))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_run_says_how_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two candidates of one problem, without tests."""
    samples = write_rows(tmp_path / "s.jsonl", rows(SAMPLES)[:2])
    monkeypatch.setattr(sys, "argv", ["/usr/bin/coderm-eval", "rerank", "--store", "http://me:word@host/"])
    flags = ("--no-tests", "--allow-partial", "--probe-inputs", 0, "--select", "agreement", "--out", "run")
    done = coderm("rerank", "--benchmark", "demo", "--samples", "s.jsonl", *flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = read(tmp_path / "run")
    assert found["command"] == ["coderm-eval", "rerank", "--store", "http://***@host/"]
    started, finished = (datetime.strptime(found[key], "%Y-%m-%dT%H:%M:%SZ") for key in ("started", "finished"))
    assert started <= finished
    assert found["input_files"] == {"samples": {"file": "s.jsonl", "sha256": sha256(samples)}, "tests": None}
    files = {"samples.jsonl", "tests.jsonl", "chosen.jsonl", "verdicts.jsonl", "tally.jsonl", "summary.json"}
    assert found["files"] == {name: sha256(tmp_path / "run" / name) for name in files}
    assert (found["host"]["name"], found["results_file"]) == ("coderm-eval", None)
    assert set(found["machine"]) == {"platform", "cpus", "python"}
    assert set(found["seconds"]) == {"stages", "workers_cpu"}
    assert {"starting", "choosing", "reporting", "ending"} <= set(found["seconds"]["stages"])
    assert found["seconds"]["stages"]["starting"]["cpu"] > 0


def test_a_run_that_goes_on_keeps_its_first_start(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    provenance.begin(directory, Caller(), run="one", tests=None)
    path = tmp_path / "provenance.json"
    path.write_text(json.dumps({**read(tmp_path), "started": "2026-01-01T00:00:00Z"}))
    assert read(tmp_path)["finished"] is None
    provenance.begin(directory, Caller(), run="one", tests=None)
    provenance.finish(directory, "key")
    assert read(tmp_path)["started"] == "2026-01-01T00:00:00Z" < read(tmp_path)["finished"]
    provenance.begin(directory, Caller(), run="another", tests=None)
    assert read(tmp_path)["started"] > "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("content", ["", "[]", '{"run": "one"}', '{"run": "one", "started": null}'])
def test_a_file_that_is_none_stops_no_run(tmp_path: Path, content: str) -> None:
    (tmp_path / "provenance.json").write_text(content)
    provenance.begin(RunDirectory(tmp_path), Caller(), run="one", tests=None)
    assert datetime.strptime(read(tmp_path)["started"], "%Y-%m-%dT%H:%M:%SZ").year >= 2026


def test_an_earlier_run_has_none(tmp_path: Path) -> None:
    assert provenance.read_provenance(RunDirectory(tmp_path)) is None
