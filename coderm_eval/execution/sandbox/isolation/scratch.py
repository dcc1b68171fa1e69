"""The folder that a program may write to: a new one for each, unless the last program did nothing to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from coderm_eval.execution.sandbox.isolation.removal import remove

__all__ = ["Scratch", "on_disk"]

_REMOVE_S = 5
"""For removing what one program left: a program that makes 100,000 files within its CPU limit leaves less than that."""
_ROOM = 16 << 20
"""Bytes that a disk has for each program, or it is full: a file of the size that `Limits` allow."""
_TRIED = 64 << 10
"""Bytes that are written to see whether a quota, which is not in the figures of a disk, leaves any."""


_HAS_ATTRIBUTES = hasattr(os, "listxattr")
_MODE, _WHICH, _OWNERS = 0, slice(1, 4), slice(4, 6)
"""Places in a stat result; the second are those of the inode, its device and its links."""


class Scratch:
    """The folder at `path`.

    Args:
        replace: puts a new one in its place; raises OSError if it cannot.
        has_room: whether there is what a program may write, besides what the last one has left.
    """

    def __init__(self, path: Path, replace: Callable[[], None], has_room: Callable[[], bool] = lambda: True) -> None:
        self.path = path
        self.folder = str(path)
        """The same as text, which no child has to make of it."""
        self._replace = replace
        self._has_room = has_room
        self.had_room = True
        """Whether the last program did not fail for want of room: it wrote nothing, or there is room without what it
        wrote. Its own word does not count."""
        self._above = str(path.parent)
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

    def _state_if_empty(self) -> tuple[object, ...] | None:
        """Return all that a program can change of the folder, and of the way there, if the folder is empty.

        None if it is not, or cannot be looked at.
        """
        try:
            found = os.lstat(self.folder)
            with os.scandir(self.folder) as entries:
                if next(entries, None) is not None:
                    return None
            access = _access(self.folder, found), _access(self._above, os.lstat(self._above))
        except OSError:
            return None
        return found[_WHICH], found.st_ctime_ns, *access  # nobody can set the time of change back


def _access(folder: str | Path, found: os.stat_result) -> tuple[object, ...]:
    """Return what decides about who may do what in a folder; access control lists are among its attributes."""
    return found[_MODE], found[_OWNERS], os.listxattr(folder) if _HAS_ATTRIBUTES else []


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
