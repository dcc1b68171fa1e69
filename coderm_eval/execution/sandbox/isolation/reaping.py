"""Waiting for processes, ending them, and removing what they leave behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from coderm_eval.execution.sandbox.isolation.syscalls import ARCHITECTURE, prctl

__all__ = [
    "adopt_orphans",
    "continue_in_child",
    "die_with_parent",
    "end_children",
    "kill_and_reap",
    "kill_children",
    "reap",
]

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36

_KILL_S = 30
"""A process with gigabytes of memory is gone in 2 s after SIGKILL; a busy machine may take longer."""
_LEAVE_S = 5
"""Seconds for a sandbox to end its processes and to remove its folder."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.0005, 0.02


def continue_in_child(clean_up: Callable[[], None] = lambda: None) -> None:
    """Fork, and return in the child only: this process waits until the child has ended, cleans up and exits.

    SIGTERM to this process ends the child at once. It is blocked throughout and taken up between two looks at the
    child, so that it can neither hit another process that was given the child's id nor interrupt the cleaning up.
    """
    signals = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    child = os.fork()
    if child:
        _stay_behind(child, signals, clean_up)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    die_with_parent()


def _stay_behind(child: int, signals: set[signal.Signals], clean_up: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        for number in signals:
            signal.signal(number, lambda *_: None)  # macOS drops a blocked signal that nobody handles
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if signal.sigwait(signals) == signal.SIGTERM:
                os.kill(child, signal.SIGKILL)  # not reaped yet: the id is still the child's
        clean_up()
        status = ended[1]
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0 if status == 0 else 1)


def reap(child: int, within_s: float) -> int | None:
    """Wait for a child; returns its exit status, or None if it is still alive after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    pause = _FIRST_PAUSE_S
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            return None
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
    return ended[1]


def kill_and_reap(child: int) -> None:
    """End a child, and its process group if it leads one.

    Raises:
        TimeoutError: the kernel has not ended it within half a minute.
    """
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:  # it leads no group
        os.kill(child, signal.SIGKILL)
    if reap(child, _KILL_S) is None:
        raise TimeoutError(f"process {child} is still alive {_KILL_S} s after SIGKILL")


def end_children(children: Sequence[int]) -> None:
    """End child processes: they are asked to clean up and leave, and killed if they stay."""
    for child in children:
        os.kill(child, signal.SIGTERM)
    for child in children:
        if reap(child, _LEAVE_S) is None:
            os.kill(child, signal.SIGKILL)  # the kernel then ends what it has started
            reap(child, _LEAVE_S)


def die_with_parent() -> None:
    """Have the kernel send SIGKILL to this process when its parent ends, where it can."""
    if ARCHITECTURE:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Make descendants whose parent ends children of this process, where the system can."""
    if ARCHITECTURE:
        prctl(_PR_SET_CHILD_SUBREAPER, 1)


def kill_children(*, all_of_namespace: bool) -> None:
    """Kill and reap every child, and every process that becomes one by that.

    Args:
        all_of_namespace: this is the first process of a pid namespace: end all others in it.

    Raises:
        TimeoutError: some are still alive after half a minute.
    """
    deadline = time.monotonic() + _KILL_S
    while True:
        try:
            reaped, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:  # nobody is left: whoever loses his parent becomes a child of this process
            return
        if reaped:
            continue
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes are still alive {_KILL_S} s after SIGKILL")
        if all_of_namespace:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        else:
            for child in _children():
                os.kill(child, signal.SIGKILL)
        time.sleep(_FIRST_PAUSE_S)


def _children() -> list[int]:
    with contextlib.suppress(OSError):
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    return []
