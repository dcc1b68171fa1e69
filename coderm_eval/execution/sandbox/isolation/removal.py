"""Removing a folder that a hostile program has filled, within a bound."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from pathlib import Path

__all__ = ["remove"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(path: Path, within_s: float) -> bool:
    """Remove a file or a folder with all that is in it, however deep and whatever its modes.

    It holds one descriptor at a time and goes up by "..": nobody else may be at work there.

    Returns:
        Whether it is gone; False after `within_s` seconds, or if the system does not let it be removed.
    """
    deadline = time.monotonic() + within_s
    here = os.open(path.parent, _FOLDER)
    names: list[str] = []
    try:
        inner = None if _is_removed(path.name, here) else path.name
        while inner or names:
            if inner:
                names.append(inner)
                os.chmod(inner, 0o700, dir_fd=here)
                here = _moved(here, inner)
            else:
                here = _moved(here, "..")
                os.rmdir(names.pop(), dir_fd=here)
            inner = _first_left(here, deadline) if names else None
    except OSError:
        return False
    finally:
        os.close(here)
    return True


def _moved(here: int, name: str) -> int:
    there = os.open(name, _FOLDER, dir_fd=here)
    os.close(here)
    return there


def _first_left(folder: int, deadline: float) -> str | None:
    """Remove what can be removed at once; returns the name of a folder that is not empty, None if nothing is left.

    Raises:
        TimeoutError: the deadline is over.
    """
    found = True
    while found:  # removing entries may hide others from the same reading
        found = False
        with os.scandir(folder) as entries:
            for entry in entries:
                found = True
                if time.monotonic() > deadline:
                    raise TimeoutError
                if not _is_removed(entry.name, folder):
                    return entry.name
    return None


def _is_removed(name: str, folder: int) -> bool:
    """Remove a file or an empty folder; returns False where it is a folder that is not empty."""
    with contextlib.suppress(IsADirectoryError, PermissionError):  # macOS says the latter of folders
        os.unlink(name, dir_fd=folder)
        return True
    try:
        os.rmdir(name, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True
