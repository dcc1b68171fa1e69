"""Which files a program may read and write, where namespaces are refused: Linux 5.13 and newer.

Landlock cannot hide that a file exists, and does not cover modes and owners (`seccomp` refuses those calls).
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from coderm_eval.execution.sandbox.isolation.syscalls import prctl, syscall

__all__ = ["enter"]

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_GET_VERSION, _PATH_BENEATH = 1, 1
_RIGHTS_OF_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many of the kernel's file rights each version knows; from 5 on there are 16."""
_READ = 1 << 0 | 1 << 2 | 1 << 3
"""EXECUTE (what mapping a library is), READ_FILE, READ_DIR."""
_READ_DIR = 1 << 3
_FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
"""The rights that a file can have: EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE, IOCTL_DEV."""
_TCP = 1 << 0 | 1 << 1
_PR_SET_NO_NEW_PRIVS = 38


def enter(readable: Iterable[Path], scratch: Path, hidden: Path) -> None:
    """Restrict this process and its children to reading below `readable` and writing below `scratch`.

    The files of the folder `hidden` cannot be read, though it is below `readable`; that they are there can be seen.

    Raises:
        OSError: the kernel has no Landlock.
    """
    version = syscall(_CREATE_RULESET, None, 0, _GET_VERSION)
    everything = (1 << _RIGHTS_OF_VERSION.get(version, 16)) - 1
    handled = struct.pack("QQ", everything, _TCP if version >= 4 else 0)
    ruleset = syscall(_CREATE_RULESET, handled, len(handled) if version >= 4 else 8, 0)
    for path in readable:
        if hidden.is_relative_to(path):
            _allow(ruleset, path, _READ_DIR)  # Python imports from folders that it can list
        for part in _without(path, hidden):
            _allow(ruleset, part, _READ & everything)
    for path in (scratch, Path("/dev/null")):
        _allow(ruleset, path, everything)
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _without(path: Path, hidden: Path) -> Iterator[Path]:
    """Yield `path`, or the parts of it that do not hold `hidden`; no links, which may lead there."""
    if not hidden.is_relative_to(path):
        yield path
    elif path != hidden:
        for entry in path.iterdir():
            if not entry.is_symlink():
                yield from _without(entry, hidden)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    where = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not path.is_dir():
        rights &= _FILE_RIGHTS
    rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, where), 12)
    syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    os.close(where)
