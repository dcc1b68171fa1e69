"""System calls that Python has no name for."""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["ARCHITECTURE", "prctl", "syscall"]

ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "aarch64"}.get(os.uname().machine) if sys.platform == "linux" else None
"""One of the two whose system call numbers are written down in this folder; None elsewhere."""

_libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: object) -> int:
    """Make system call `number` and return its result; integers are passed as C longs.

    Raises:
        OSError: it returned -1.
    """
    return _checked(_libc.syscall(ctypes.c_long(number), *map(_as_c, arguments)))


def prctl(option: int, *arguments: int) -> int:
    """Call prctl and return its result; raises OSError if that is -1."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(_libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(value) for value in padded)))


def _as_c(value: object) -> object:
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
