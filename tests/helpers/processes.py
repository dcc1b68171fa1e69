"""Looking at processes from outside: which are alive, and waiting for a change without a fixed sleep."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path


def our_processes() -> set[int]:
    """Living processes that this one started."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it ended meanwhile
        if int(parent) == os.getpid() and state not in "ZX":
            found.add(int(path.parent.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def soon(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold; two minutes are far more than processes need to start or to end on a busy machine."""
    deadline = time.monotonic() + 120
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def processes_with(variable: str) -> set[int]:
    """Living processes of anybody's whose environment holds `variable`, e.g. "TMPDIR=/tmp/here"."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = path.read_bytes().split(b"\0")
        except OSError:
            continue  # it ended meanwhile, or is not ours to look at
        if variable.encode() in variables and is_alive(int(path.parent.name)):
            found.add(int(path.parent.name))
    return found


def heed_interrupts() -> None:
    """As preexec_fn of a process that a test interrupts: in a shell's background, SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
