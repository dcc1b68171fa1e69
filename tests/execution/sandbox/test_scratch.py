"""A program's folder is used again only if nobody has touched it; what others left is removed within a bound."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from coderm_eval.execution.sandbox.isolation.removal import remove
from coderm_eval.execution.sandbox.isolation.scratch import on_disk

Trick = Callable[[Path], object]


def _deep(folder: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(2000):  # far longer than any path may be
        os.mkdir("deep", 0o700, dir_fd=here)
        inner = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _closed(folder: Path) -> None:
    (folder / "closed").mkdir()
    (folder / "closed" / "file").touch()
    (folder / "closed" / "empty").mkdir(mode=0)
    (folder / "closed").chmod(0)


def _touch_and_go(folder: Path) -> None:
    (folder / "file").touch()
    (folder / "file").unlink()


def _close_and_open(folder: Path) -> None:
    folder.chmod(0)
    folder.chmod(0o700)


def _link_in_place(folder: Path) -> None:
    folder.rmdir()
    folder.symlink_to("/")


def _file_in_place(folder: Path) -> None:
    folder.rmdir()
    folder.touch()


def _many(folder: Path) -> None:
    for n in range(300):
        (folder / str(n) / "inner").mkdir(parents=True)


TRICKS: list[tuple[str, Trick]] = [
    ("a file", lambda folder: (folder / "file").touch()),
    ("a hidden file", lambda folder: (folder / ".file").touch()),
    ("a file that is gone", _touch_and_go),
    ("a link", lambda folder: (folder / "link").symlink_to("/")),
    ("its mode", lambda folder: folder.chmod(0o555)),
    ("no mode at all", lambda folder: folder.chmod(0)),
    ("its mode and back", _close_and_open),
    ("an attribute", lambda folder: os.setxattr(folder, "user.mark", b"x")),
    ("a deep tree", _deep),
    ("a closed folder", _closed),
    ("many folders", _many),
    ("gone", lambda folder: folder.rmdir()),
    ("moved", lambda folder: folder.rename(folder.with_name("moved"))),
    ("a link in its place", _link_in_place),
    ("a file in its place", _file_in_place),
]


@pytest.mark.parametrize("trick", [trick[1] for trick in TRICKS], ids=[trick[0] for trick in TRICKS])
def test_a_folder_that_was_touched_is_replaced(trick: Trick, tmp_path: Path) -> None:
    scratch = on_disk(tmp_path, None)
    before = scratch.path.stat()
    time.sleep(0.02)  # the clock of the file system has ticked
    try:
        trick(scratch.path)
    except OSError as error:
        pytest.skip(f"not on this file system: {error}")
    scratch.renew()
    after = scratch.path.stat(follow_symlinks=False)
    assert after.st_mode == before.st_mode and list(scratch.path.iterdir()) == [] and os.listxattr(scratch.path) == []
    assert after.st_ctime_ns > before.st_ctime_ns
    assert {path.name for path in tmp_path.iterdir()} <= {"program", "moved"}


def test_an_untouched_folder_stays(tmp_path: Path) -> None:
    scratch = on_disk(tmp_path, None)
    before = scratch.path.stat()
    list(scratch.path.iterdir())
    scratch.renew()
    assert scratch.path.stat().st_ino == before.st_ino and scratch.path.stat().st_ctime_ns == before.st_ctime_ns


def test_a_folder_below_one_that_was_changed_is_given_up(tmp_path: Path) -> None:
    scratch = on_disk(tmp_path, None)
    tmp_path.chmod(0o777)
    with pytest.raises(PermissionError):
        scratch.renew()


def test_what_takes_too_long_to_remove_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    for n in range(100):
        (folder / str(n)).touch()
    assert not remove(folder, within_s=-1)
    assert folder.is_dir()
    assert remove(folder, within_s=60)
    assert not folder.exists()


@pytest.mark.parametrize("trick", [_deep, _closed], ids=["deep", "closed"])
def test_any_tree_is_removed_and_nothing_beside_it(trick: Trick, tmp_path: Path) -> None:
    folder, beside = tmp_path / "folder", tmp_path / "beside"
    folder.mkdir()
    beside.mkdir()
    (beside / "kept").touch()
    (folder / "link").symlink_to(beside)
    trick(folder)
    assert remove(folder, within_s=60)
    assert not folder.exists() and (beside / "kept").exists()
