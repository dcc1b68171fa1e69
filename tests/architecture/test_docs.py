"""The pages say what the code is now."""

from __future__ import annotations

import re
import subprocess
import sys

from helpers.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_file_that_a_page_names_exists() -> None:
    pattern = re.compile(r"`((?:coderm_eval|tests|perf|tasks|docs)/[\w./-]*)`")
    named = {(page.name, path) for page in PAGES for path in pattern.findall(page.read_text())}
    assert {(page, path) for page, path in named if not (ROOT / path).exists()} == set()


def test_generated_pages_are_up_to_date() -> None:
    command = [sys.executable, "docs/generate.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
