"""Which versions of lm-eval are taken, and what is said of the others."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT
from packaging.requirements import Requirement
from packaging.version import Version

from coderm_eval.hosts.lm_eval_version import PIP_INSTALL, RANGE, is_known

KNOWN = ["0.4.13", "0.4.14", "0.5.0.dev1", "0.5.0rc1"]
UNKNOWN = ["0.4.12", "0.5.0", "0.5.1.dev1", "0.5.1", "0.6.0.dev1", "1.0"]


def test_what_pip_installs_is_what_is_known() -> None:
    asked = Requirement(re.findall(r'"(lm-eval\[.*?)"', (ROOT / "pyproject.toml").read_text())[0])
    assert asked == Requirement(f"lm-eval[api]{RANGE}")
    assert not asked.specifier.prereleases  # those who want 0.5.0.dev1 say --pre


@pytest.mark.parametrize("version", KNOWN + UNKNOWN)
def test_a_version_is_known_or_not(version: str) -> None:
    assert is_known(Version(version)) == (version in KNOWN)


def with_version(version: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python where lm-eval says that it is of this version."""
    said = folder / f"lm_eval-{version}.dist-info"
    said.mkdir()
    (said / "METADATA").write_text(f"Metadata-Version: 2.1\nName: lm_eval\nVersion: {version}\n")
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


A_TASK = {"task": "t", "metadata": {"benchmark": "demo", "prompt": "recorded"}}


@pytest.mark.parametrize("version", ["0.4.12", "0.5.0", "0.6.0.dev1"])
def test_a_task_in_an_unknown_version_ends_with_one_sentence(version: str, tmp_path: Path) -> None:
    code = f"from coderm_eval.hosts.lm_eval import RerankTask; RerankTask(config={A_TASK})"
    done = with_version(version, tmp_path, "-c", code)
    assert done.returncode == 2
    fact = f"lm-eval {version} is not a version that coderm-eval has been tried in"
    assert done.stderr == f"coderm-eval: {fact}: {PIP_INSTALL}\n"


def test_doctor_says_that_a_version_is_unknown(tmp_path: Path) -> None:
    done = with_version("0.6.0", tmp_path, "-m", "coderm_eval.cli", "doctor", "--json")
    (found,) = [finding for finding in json.loads(done.stdout)["findings"] if finding["check"] == "lm-eval"]
    assert done.returncode == 1
    assert found["fact"] == "lm-eval 0.6.0 is not a version that coderm-eval has been tried in"
    assert (found["status"], found["cure"]) == ("failed", PIP_INSTALL)
