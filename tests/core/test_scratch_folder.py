"""A folder for a while: it goes with its block, and the next one removes what a killed process left."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from coderm_eval.core.locks import alone_in
from coderm_eval.core.scratch_folder import scratch_folder


def made(folder: Path, *, age_s: float) -> Path:
    (folder / "store").mkdir(parents=True)
    os.utime(folder, (folder.stat().st_atime, folder.stat().st_mtime - age_s))
    return folder


def test_what_a_killed_process_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what a process is using, what it may be about to use, a link, or anything of another name."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, used, new = (made(tmp_path / f"x-{name}", age_s=age) for name, age in (("a", 3600), ("b", 3600), ("c", 0)))
    other = made(tmp_path / "y-a", age_s=3600)
    (tmp_path / "x-link").symlink_to(other)
    with alone_in(used), scratch_folder("x-") as folder:
        (folder / "file").write_text("")
        assert {path.name for path in tmp_path.iterdir()} == {"x-b", "x-c", "x-link", "y-a", folder.name}
    assert not left.exists() and new.exists() and (other / "store").exists() and not folder.exists()
