"""Giving up what root may do, and becoming another user."""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path

from coderm_eval.execution.sandbox.isolation.syscalls import ARCHITECTURE, prctl, syscall

__all__ = ["NOBODY", "become", "drop_capabilities", "gain_nothing", "is_open_to_all", "is_reachable_by_all"]

NOBODY = 65534
"""The user and the group that programs run as where this process is root."""

_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4

_HEADER = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
_NONE = bytes(24)


def gain_nothing() -> None:
    """Have neither this process nor what it starts ever gain a privilege that it has not now, where the system can."""
    if ARCHITECTURE is None:
        return
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    with contextlib.suppress(OSError):
        prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
        for capability in range(_LAST_CAPABILITY + 1):
            prctl(_PR_CAPBSET_DROP, capability)  # until one is not root's to drop, or does not exist


def drop_capabilities() -> None:
    """Give up all capabilities, for ever."""
    if ARCHITECTURE is not None:
        syscall(_CAPSET[ARCHITECTURE], _HEADER, _NONE)


def become(user: int) -> None:
    """Become this user, with the group of the same number; that drops all capabilities.

    Raises:
        OSError: this process is not root, or the user does not exist in its namespace.
    """
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def is_open_to_all(path: Path) -> bool:
    """Return whether everybody may read the path; not so a virtual environment that root made under umask 077."""
    return path.stat().st_mode & 0o005 >= (0o005 if path.is_dir() else 0o004)


def is_reachable_by_all(path: Path) -> bool:
    """Return whether everybody may read the path and get there."""
    return is_open_to_all(path) and all(above.stat().st_mode & 0o001 for above in path.resolve().parents)
