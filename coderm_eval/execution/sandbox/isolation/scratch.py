"""The folder that a program may write to: a new one for each, unless the last program did nothing to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from coderm_eval.execution.sandbox.isolation.removal import remove

__all__ = ["Scratch", "on_disk"]

_REMOVE_S = 5
"""For removing what one program left: a program that makes 100,000 files within its CPU limit leaves less than that."""


class _State(NamedTuple):
    """All that a program can change of an empty folder, and of the way there."""

    inode: tuple[int, int]
    links: int
    changed_ns: int
    """Nobody can set this one back."""
    access: tuple[object, ...]
    access_above: tuple[object, ...]


class Scratch:
    """The folder at `path`.

    Args:
        replace: puts a new one in its place; raises OSError if it cannot.
    """

    def __init__(self, path: Path, replace: Callable[[], None]) -> None:
        self.path = path
        self._replace = replace
        self._pristine = _state_if_empty(path)

    def renew(self) -> None:
        """Have the next program find a folder that nobody has touched.

        Raises:
            OSError: there is no such folder, and none can be made.
        """
        if self._pristine is None or _state_if_empty(self.path) != self._pristine:
            self._replace()
            self._pristine = _state_if_empty(self.path)


def _state_if_empty(folder: Path) -> _State | None:
    """Return the state of an empty folder; None if it is not empty, or cannot be looked at."""
    try:
        found = folder.stat(follow_symlinks=False)
        with os.scandir(folder) as entries:
            if next(entries, None) is not None:
                return None
        access = _access(folder, found), _access(folder.parent, folder.parent.stat())
    except OSError:
        return None
    return _State((found.st_dev, found.st_ino), found.st_nlink, found.st_ctime_ns, *access)


def _access(folder: Path, found: os.stat_result) -> tuple[object, ...]:
    """Return what decides about who may do what in a folder; access control lists are among its attributes."""
    attributes = os.listxattr(folder) if hasattr(os, "listxattr") else ()
    return (found.st_mode, found.st_uid, found.st_gid, tuple(attributes))


def on_disk(parent: Path, user: int | None) -> Scratch:
    """Return a folder below `parent`; a folder that was replaced is removed, or stays there under another name.

    Args:
        user: who owns it; None for the user of this process.
    """
    path = parent / "program"
    access = _access(parent, parent.stat())

    def replace() -> None:
        if _access(parent, parent.stat()) != access:
            raise PermissionError("a program has changed the folder above its own")
        left = parent / f"left-{os.urandom(8).hex()}"
        if os.path.lexists(path):
            path.rename(left)
        _make(path, user)
        remove(left, within_s=_REMOVE_S)

    _make(path, user)
    return Scratch(path, replace)


def _make(path: Path, user: int | None) -> None:
    path.mkdir(mode=0o700)
    if user is not None:
        os.chown(path, user, user)
