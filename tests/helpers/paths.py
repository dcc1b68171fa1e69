"""Where the repository is, and recorded data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["RECORDED_DATA", "ROOT", "TEST_DATA", "working_in"]

ROOT = Path(__file__).resolve().parents[2]

TEST_DATA = ROOT / "tests" / "data"
"""Inputs of tests that are files of their own; no tool of ours looks at these programs."""

RECORDED_DATA = Path(os.environ.get("CODERM_RECORDED_DATA", ROOT.parent / "shared" / "data"))
"""Real recorded outputs, too large and not ours to keep here; tests that want them skip without them."""


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """With a folder as the working folder of this process; `contextlib.chdir` of Python 3.11."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
