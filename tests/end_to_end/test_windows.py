"""A run goes through its problems in windows: no result depends on them, and a killed run goes on after the last."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.cli import coderm, coderm_process, write_rows
from helpers.processes import soon

from coderm_eval.pipeline import windows

PROBLEMS = [
    {
        "task_id": f"add/{n}",
        "entry_point": f"add_{n}",
        "question": f"Add {n}.",
        "gold_tests": f"assert add_{n}(1)=={n + 1}",
    }
    for n in range(7)
]
SAMPLES = [
    {"task_id": f"add/{n}", "solution": f"def add_{n}(x):\n    return x + {n + wrong}\n"}
    for n in range(7)
    for wrong in (1, 0, n % 3, 0)
]
TESTS = [{"task_id": f"add/{n}", "test": f"assert add_{n}({x}) == {n + x}"} for n in range(7) for x in range(3)]


@pytest.fixture
def command(tmp_path: Path) -> list[object]:
    write_rows(tmp_path / "problems.jsonl", PROBLEMS)
    write_rows(tmp_path / "samples.jsonl", SAMPLES)
    write_rows(tmp_path / "tests.jsonl", TESTS)
    (tmp_path / "pools.yaml").write_text("budget: {pool: 2}\n")
    inputs = ("--benchmark", "problems.jsonl", "--samples", "samples.jsonl", "--tests", "tests.jsonl")
    return ["rerank", *inputs, "--grade", "--workers", "2", "--store", "store"]


_SMALL_WINDOWS = """
from coderm_eval.cli import main
from coderm_eval.pipeline import windows

windows._WINDOW = 2
main()
"""


def contents(run: Path) -> dict[str, object]:
    """What depends on nothing but the inputs."""
    files: dict[str, object] = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    summary = json.loads((run / "summary.json").read_text())
    del summary["seconds"], files["provenance.json"]
    files.pop("report.html", None)
    return {**files, "summary.json": summary}


def test_uniform_budgets_give_the_same_run_in_windows_of_any_size(
    command: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert coderm(*command, "--budget", "uniform", "--out", "whole", cwd=tmp_path).returncode == 0
    monkeypatch.setattr(windows, "_WINDOW", 3)
    assert coderm(*command, "--budget", "uniform", "--out", "parts", cwd=tmp_path).returncode == 0
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def test_a_run_that_is_killed_goes_on_after_its_last_window(command: list[object], tmp_path: Path) -> None:
    pooled = [*command, "--config", "pools.yaml"]
    assert coderm(*pooled, "--out", "whole", cwd=tmp_path).returncode == 0
    arguments = [sys.executable, "-c", _SMALL_WINDOWS, *map(str, (*pooled, "--out", "killed"))]
    killed = subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE)
    progress = tmp_path / "killed" / ".partial" / "progress.json"
    soon(progress.exists)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert progress.exists() and not (tmp_path / "killed" / "summary.json").exists()
    shutil.rmtree(tmp_path / "store")  # what a window found is not looked for again
    assert coderm_process(*pooled, "--out", "killed", cwd=tmp_path).returncode == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert not progress.parent.exists()


def test_the_same_command_again_runs_nothing(command: list[object], tmp_path: Path) -> None:
    first = coderm(*command, "--out", "run", cwd=tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir() if path.is_file()}
    shutil.rmtree(tmp_path / "store")
    again = coderm(*command, "--out", "run", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert {path: path.read_bytes() for path in before} == before
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("name", ["chosen.jsonl", "tally.jsonl", "summary.json"])
def test_a_file_that_was_changed_is_made_again(command: list[object], tmp_path: Path, name: str) -> None:
    assert coderm(*command, "--out", "run", cwd=tmp_path).returncode == 0
    whole = contents(tmp_path / "run")
    if name == "summary.json":
        summary = json.loads((tmp_path / "run" / name).read_text())
        (tmp_path / "run" / name).write_text(json.dumps({**summary, "executions": 7}))
    else:
        (tmp_path / "run" / name).write_text("")
    assert coderm(*command, "--out", "run", cwd=tmp_path).returncode == 0
    assert contents(tmp_path / "run") == whole
