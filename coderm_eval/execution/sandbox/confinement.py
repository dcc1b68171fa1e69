"""Limits and privileges of a fork server and its children, set before anything runs that a model wrote.

A child does as little as possible itself: each page of memory that it writes costs 3 microseconds.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import resource
import signal
import sys

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.isolation.levels import Isolation
from coderm_eval.execution.sandbox.isolation.privileges import become, drop_capabilities
from coderm_eval.execution.sandbox.isolation.reaping import die_with_parent, kill_and_reap, kill_children

__all__ = [
    "apply_rlimits",
    "drop_child_privileges",
    "drop_server_privileges",
    "is_clean",
    "kill_all",
    "prepare",
    "redirect_stdio",
    "server_state",
]

_MIB = 1024 * 1024
_LEAST_MEMORY = 4 * _MIB
"""Of address space that a child must find beyond its server's."""
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

    Raises:
        OSError: the limit of memory leaves a program less than `_LEAST_MEMORY`. What it does in what happens to be free
            would differ from host to host.
    """
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_mb * _MIB),
        (resource.RLIMIT_FSIZE, limits.file_mb * _MIB),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    _require_memory(limits.memory_mb)
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    stack = limits.memory_mb * _MIB  # a program that raises Python's limit of recursion needs more than 8 MiB
    with contextlib.suppress(ValueError, OSError):  # macOS has a lower bound of its own
        resource.setrlimit(resource.RLIMIT_STACK, (stack if hard < 0 else min(stack, hard), hard))
    if sys.platform != "linux":  # on Linux this limit would make the CPU clock tick in steps of 4 ms
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 1))


def _require_memory(limit_mb: int) -> None:
    try:
        mmap.mmap(-1, _LEAST_MEMORY).close()
    except OSError as error:
        raise OSError(f"its limit of {limit_mb} MiB of memory leaves nothing for a program") from error


def drop_server_privileges(isolation: Isolation) -> None:
    """Give up what a fork server can do without, for itself and all its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    _open_stdio()
    if isolation.has_namespaces:
        resource.setrlimit(resource.RLIMIT_NPROC, (_MOST_PROCESSES, _MOST_PROCESSES))


def drop_child_privileges(isolation: Isolation) -> None:
    """Give up the rest, in a child."""
    os.chdir(isolation.scratch.folder)
    os.dup2(1, 2)
    if isolation.has_namespaces:
        os.setpgid(0, 0)  # a signal to its group reaches nobody else; a session would cost more
    else:
        os.setsid()
    if isolation.child_user is not None:
        become(isolation.child_user)  # drops all capabilities
    else:
        drop_capabilities()
    if not isolation.has_namespaces:
        die_with_parent()
    if isolation.child_filter:
        isolation.child_filter.install()


def prepare(isolation: Isolation) -> None:
    """Give the next child a folder, an input and an output that nobody has touched."""
    isolation.scratch.renew()
    _open_stdio()


def _open_stdio() -> None:
    """Have an empty pipe to read from, and to write to the device that forgets.

    Nothing can be changed about the device: its mount is read-only, or the filter refuses to.
    """
    reading, writing = os.pipe()
    nothing = os.open(os.devnull, os.O_WRONLY)
    for own, opened in ((0, reading), (1, nothing)):
        os.dup2(opened, own)
    for descriptor in (reading, writing, nothing):
        os.close(descriptor)


def kill_all(child: int, isolation: Isolation) -> None:
    """End the child and whatever it has started."""
    kill_and_reap(child)
    if isolation.child_filter is None:
        kill_children(all_of_namespace=isolation.has_namespaces)


def server_state() -> tuple[object, ...]:
    """Return what a program could change about the server it was forked from, where nothing protects that.

    Its place in the queues of the kernel, and its limits; see `Isolation.protects_server`.
    """
    scheduling = (os.sched_getaffinity(0), os.sched_getscheduler(0)) if sys.platform == "linux" else ()
    limits = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    return (*scheduling, os.getpriority(os.PRIO_PROCESS, 0), *map(resource.getrlimit, limits))


def is_clean(isolation: Isolation, state: tuple[object, ...]) -> bool:
    """Prepare for the next child; returns whether it finds what the last one found, and room on the disk.

    Args:
        state: the server's at first.
    """
    try:
        prepare(isolation)
        return isolation.scratch.had_room and (isolation.protects_server or server_state() == state)
    except OSError:
        return False
