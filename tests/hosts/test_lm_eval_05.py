"""lm-eval 0.5, in an environment of its own: what is claimed of lm-eval holds there, and the numbers are the same."""

from __future__ import annotations

import os
import subprocess

import pytest
from helpers.harness_environments import python_of
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
"""Among them the whole table of a recorded run, its files, and that its picks are those of `rerank`."""

LIMIT_S = 1200


def test_every_claim_about_lm_eval_holds_in_0_5() -> None:
    done = subprocess.run(
        [str(python_of("lm-eval-0.5")), "-m", "pytest", "-p", "no:cacheprovider", *CLAIMS],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
