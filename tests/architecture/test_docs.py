"""The generated pages are those that the code describes now."""

from __future__ import annotations

import subprocess
import sys

from helpers.paths import ROOT


def test_generated_pages_are_up_to_date() -> None:
    command = [sys.executable, "docs/generate.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
