"""A folder for what is needed no more after a while, and the removal of those that a killed process left."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coderm_eval.core.locks import alone_in

__all__ = ["scratch_folder"]

_MAKING_S = 60
"""A folder without a lock that is younger may belong to a process that is about to lock it."""


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """Make a temporary folder for the time of the block; first remove this user's others that no process is using."""
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            _remove_if_left(left)
    with tempfile.TemporaryDirectory(prefix=prefix) as folder, alone_in(Path(folder)):
        yield Path(folder)


def _remove_if_left(folder: Path) -> None:
    found = folder.lstat()
    if found.st_uid == os.getuid() and time.time() - found.st_mtime > _MAKING_S and not folder.is_symlink():
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises OSError where somebody has it
            shutil.rmtree(folder)
        finally:
            os.close(descriptor)
