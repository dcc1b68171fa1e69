"""Processes that are left outside: one waits for the other and removes what it leaves."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from coderm_eval.execution.sandbox.isolation.syscalls import ARCHITECTURE, prctl

__all__ = ["adopt_orphans", "die_with_parent", "kill_children", "wait_and_exit"]

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def wait_and_exit(process: int, clean_up: Callable[[], None] = lambda: None) -> NoReturn:
    """Wait for `process`, end it on SIGTERM, then clean up and leave."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(process, signal.SIGKILL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    _, status = os.waitpid(process, 0)
    clean_up()
    os._exit(0 if status == 0 else 1)


def die_with_parent() -> None:
    """Where the system can: SIGKILL when the process that started this one ends."""
    if ARCHITECTURE:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Where the system can: descendants whose parent ends become children of this process."""
    if ARCHITECTURE:
        prctl(_PR_SET_CHILD_SUBREAPER, 1)


def kill_children(*, all_of_namespace: bool) -> None:
    """Kill and reap every child, and what becomes one by that.

    `all_of_namespace`: this is the first process of a pid namespace, so that all others in there are meant.
    """
    while True:
        if all_of_namespace:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        else:
            for child in _children():
                os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    with contextlib.suppress(OSError):
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    return []
