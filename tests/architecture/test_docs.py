"""The pages say what the code is now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "leaderboards").glob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]


def test_every_file_that_a_page_names_exists() -> None:
    pattern = re.compile(r"`((?:coderm_eval|tests|perf|tasks|docs|leaderboards|examples)/[\w./-]*)`")
    named = {(page.name, path) for page in PAGES for path in pattern.findall(page.read_text())}
    assert {(page, path) for page, path in named if not (ROOT / path).exists()} == set()


def test_the_examples_of_the_python_api_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for example in re.findall(r"```python\n(.*?)```", (ROOT / "docs/reference/python-api.md").read_text(), re.DOTALL):
        exec(example, {})
    assert capsys.readouterr().out == "0\n1 (1,)\ndef double(x): return 2 * x\n"


def test_generated_pages_are_up_to_date() -> None:
    command = [sys.executable, "docs/generate.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
