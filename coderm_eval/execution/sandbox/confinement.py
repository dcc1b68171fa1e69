"""Limits and privileges of a fork server and its children, set before anything runs that a model wrote.

A child does as little as possible itself: each page of memory that it writes costs 3 microseconds.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import struct
import sys
from pathlib import Path

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.isolation.levels import Isolation
from coderm_eval.execution.sandbox.isolation.reaping import die_with_parent, kill_and_reap, kill_children
from coderm_eval.execution.sandbox.isolation.syscalls import ARCHITECTURE, syscall

__all__ = ["apply_rlimits", "drop_child_privileges", "drop_server_privileges", "end_child", "redirect_stdio"]

_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
_MIB = 1024 * 1024
_MOST_PROCESSES = 64
"""Processes and threads of the user that a sandbox's programs run as, counted inside its namespace."""


def redirect_stdio() -> None:
    """Give this process an empty input and no output; standard error stays, for messages of the executor itself."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)


def apply_rlimits(limits: Limits, cpu_s: float) -> None:
    """Set limits that this process and its children cannot raise again.

    Args:
        limits: memory, file size and open files.
        cpu_s: CPU seconds, for systems where the watchdog cannot see what a process uses.
    """
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_mb * _MIB),
        (resource.RLIMIT_FSIZE, limits.file_mb * _MIB),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    stack = limits.memory_mb * _MIB  # a program that raises Python's limit of recursion needs more than 8 MiB
    with contextlib.suppress(ValueError, OSError):  # macOS has a lower bound of its own
        resource.setrlimit(resource.RLIMIT_STACK, (stack if hard < 0 else min(stack, hard), hard))
    if sys.platform != "linux":  # on Linux this limit would make the CPU clock tick in steps of 4 ms
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 1))


def drop_server_privileges(isolation: Isolation) -> None:
    """Give up what a fork server can do without, for itself and all its children."""
    os.chdir(isolation.scratch)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if isolation.has_namespaces:
        resource.setrlimit(resource.RLIMIT_NPROC, (_MOST_PROCESSES, _MOST_PROCESSES))
        if isolation.child_user is None:
            _drop_capabilities()


def drop_child_privileges(isolation: Isolation) -> None:
    """Give up the rest, in a child."""
    os.dup2(0, 2)
    if isolation.child_user is not None:
        os.setresuid(isolation.child_user, isolation.child_user, isolation.child_user)  # drops all capabilities
    if not isolation.has_namespaces:
        os.setsid()
        die_with_parent()
    if isolation.child_filter:
        isolation.child_filter.install()


def _drop_capabilities() -> None:
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    syscall(_CAPSET[ARCHITECTURE or ""], header, bytes(24))


def end_child(child: int, isolation: Isolation) -> None:
    """End the child and whatever it has started, and remove what it wrote."""
    kill_and_reap(child)
    if isolation.child_filter is None:
        kill_children(all_of_namespace=isolation.has_namespaces)
    _clean(isolation.scratch)


def _clean(scratch: Path) -> None:
    """Empty the folder, however deep what a program left there: folders are emptied into the uppermost one."""
    token = os.urandom(8).hex()
    moved = 0
    while entries := list(scratch.iterdir()):
        for entry in entries:
            if entry.is_symlink() or not entry.is_dir():
                entry.unlink()
                continue
            entry.chmod(0o700)
            for inner in list(entry.iterdir()):
                moved += 1
                inner.rename(scratch / f"{token}{moved}")
            entry.rmdir()
