"""Waiting for a process, on a clock that it cannot set."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable
from typing import Literal

from coderm_eval.execution.policy import Policy

__all__ = ["Ending", "watch"]

Ending = Literal["ready", "out of cpu", "out of time"]

_TICK_S = 0.05
"""How often the clocks are read: a limit is overstepped by at most two of these."""
_START_S = 60
"""For loading the largest libraries on a busy machine."""


def watch(descriptor: int, process: int, policy: Policy, laps: Callable[[], int] = lambda: 1) -> Ending:
    """Wait until `descriptor` can be read, or until `process` has used up the policy's CPU or wall seconds.

    Both are counted from the last change of `laps()`; while that is 0, the process is still being made ready, by
    code that can be trusted, and may take longer.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    lap, cpu_start, wall_start = laps(), 0.0, time.monotonic()
    while not poll.poll(_TICK_S * 1000):
        now, cpu = time.monotonic(), _cpu_seconds(process)
        if laps() != lap:
            lap, cpu_start, wall_start = laps(), cpu, now
        elif cpu - cpu_start > (policy.timeout_s if lap else _START_S):
            return "out of cpu"
        elif now - wall_start > (policy.wall_s if lap else _START_S):
            return "out of time"
    return "ready"


def _cpu_seconds(process: int) -> float:
    """CPU time of another process, all its threads together; 0 where only its parent may know, at its end."""
    if sys.platform != "linux":
        return 0.0
    try:
        return time.clock_gettime((~process << 3) | 2)  # what clock_getcpuclockid makes of a process id
    except OSError:
        return 0.0
