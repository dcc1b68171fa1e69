"""The folder that a program may write to: a new one for each, unless the last program did nothing to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from coderm_eval.execution.sandbox.isolation.removal import remove

__all__ = ["Scratch", "on_disk"]

_REMOVE_S = 5
"""For removing what one program left: a program that makes 100,000 files within its CPU limit leaves less than that."""
_ROOM = 16 << 20
"""Bytes that a disk has for each program, or it is full: a file of the size that `Limits` allow."""
_TRIED = 64 << 10
"""Bytes that are written to see whether a quota, which is not in the figures of a disk, leaves any."""


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
        has_room: whether there is what a program may write, besides what the last one has left.
    """

    def __init__(self, path: Path, replace: Callable[[], None], has_room: Callable[[], bool] = lambda: True) -> None:
        self.path = path
        self._replace = replace
        self._has_room = has_room
        self.had_room = True
        """Whether the last program did not fail for want of room: it wrote nothing, or there is room without what it
        wrote. Its own word does not count."""
        self._folder, self._above = str(path), str(path.parent)
        self._pristine = self._state_if_empty()

    def renew(self) -> None:
        """Have the next program find a folder that nobody has touched.

        Raises:
            OSError: there is no such folder, and none can be made.
        """
        self.had_room = True
        if self.was_touched():
            try:
                self._replace()
            finally:
                self.had_room = self._has_room()
            self._pristine = self._state_if_empty()

    def was_touched(self) -> bool:
        """Return whether a program has done anything to the folder."""
        return self._pristine is None or self._state_if_empty() != self._pristine

    def _state_if_empty(self) -> _State | None:
        """Return the state of the folder if it is empty; None if it is not, or cannot be looked at."""
        try:
            found = os.lstat(self._folder)
            with os.scandir(self._folder) as entries:
                if next(entries, None) is not None:
                    return None
            access = _access(self._folder, found), _access(self._above, os.lstat(self._above))
        except OSError:
            return None
        return _State((found.st_dev, found.st_ino), found.st_nlink, found.st_ctime_ns, *access)


def _access(folder: str | Path, found: os.stat_result) -> tuple[object, ...]:
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
    return Scratch(path, replace, lambda: _has_room(parent))


def _has_room(folder: Path) -> bool:
    """Return whether a file can be made on the disk of this folder, and get as large as a program may make it."""
    tried = folder / f"tried-{os.urandom(8).hex()}"
    try:
        disk = os.statvfs(folder)
        tried.write_bytes(bytes(_TRIED))
    except OSError as error:
        return error.errno not in (errno.ENOSPC, errno.EDQUOT)
    finally:
        tried.unlink(missing_ok=True)
    return disk.f_bavail * disk.f_frsize >= _ROOM


def _make(path: Path, user: int | None) -> None:
    path.mkdir(mode=0o700)
    if user is not None:
        os.chown(path, user, user)
