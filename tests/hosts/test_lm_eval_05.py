"""lm-eval 0.5, in an environment of its own: what is claimed of lm-eval holds there, and the numbers are the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers import cli
from helpers.harness_environments import python_of
from helpers.lm_eval_replay import Replay, lm_eval_arguments
from helpers.paths import ROOT
from packaging.version import Version

from coderm_eval.hosts.lm_eval_version import installed_version

pytestmark = pytest.mark.skipif(
    installed_version() >= Version("0.5.dev0"), reason="it compares this environment with that of lm-eval 0.5"
)

CLAIMS = [
    "tests/hosts/test_lm_eval.py",
    "tests/hosts/test_lm_eval_repeats.py",
    "tests/hosts/test_lm_eval_own_problems.py",
]

LIMIT_S = 1200


def python(interpreter: str | Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.run(
        [str(interpreter), *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_every_claim_about_lm_eval_holds_in_0_5() -> None:
    interpreter = python_of("lm-eval-0.5")
    done = python(interpreter, "-m", "pytest", "-p", "no:cacheprovider", *CLAIMS, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-5000:]


def table(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def run_in(folder: Path, interpreter: str | Path, given: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The table that lm-eval prints, and what was sampled, written and picked."""
    folder.mkdir()
    done = python(interpreter, "-m", "helpers.lm_eval_tasks", json.dumps(given), cwd=folder)
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "coderm-runs").glob("humanevalplus_coderm-*")
    return table(done.stdout), {name: (run / f"{name}.jsonl").read_text() for name in ("samples", "tests", "chosen")}


def test_a_recorded_run_has_the_same_table_and_picks_in_both(replay: Replay, tmp_path: Path) -> None:
    """To the digit; and the picks are those of `rerank` on the same candidates and tests."""
    interpreter = python_of("lm-eval-0.5")
    given = {**lm_eval_arguments(replay), "bootstrap_iters": 100}
    in_04, files = run_in(tmp_path / "04", sys.executable, given)
    in_05, same = run_in(tmp_path / "05", interpreter, given)
    assert in_04 == in_05 and len(in_04) == 2 + 6
    assert files == same
    for name in ("samples", "tests"):
        (tmp_path / f"{name}.run").write_text(files[name])
    done = cli.coderm(
        *("rerank", "--benchmark", "humaneval+", "--out", "alone"),
        *("--samples", "samples.run", "--tests", "tests.run"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "alone" / "chosen.jsonl").read_text() == files["chosen"]
