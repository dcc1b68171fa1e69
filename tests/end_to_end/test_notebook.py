"""The example notebook runs in a Jupyter kernel, and shows what comes out."""

from __future__ import annotations

import subprocess
import sys

from helpers.paths import ROOT


def test_the_notebook_shows_what_comes_out() -> None:
    command = [sys.executable, "docs/execute_notebook.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
