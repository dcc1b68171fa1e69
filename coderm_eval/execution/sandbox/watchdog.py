"""Waiting for a process, on a clock that it cannot set."""

from __future__ import annotations

import math
import select
import sys
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from coderm_eval.execution.limits import WALL_PER_CPU_SECOND, Limits

__all__ = ["End", "TimeWindow", "wait_with_limits"]

End = Literal["ready", "out of cpu", "out of time"]

_TICK_S = 0.05
"""How often the clocks are read: a limit is overstepped by at most two of these."""
_LEAST_WALL_S = 0.5
"""A process may wait so long for its turn on a busy machine, however little time it has."""
_START_S = 60
"""For loading the largest libraries on a busy machine."""


class TimeWindow(NamedTuple):
    """What a process says that it is at."""

    number: int
    """0 while it is still being made ready, by code that can be trusted, and may take longer."""
    loading: bool = False


def wait_with_limits(
    descriptor: int,
    process: int,
    limits: Limits,
    lap_of: Callable[[], TimeWindow] = lambda: TimeWindow(1),
    beat: Callable[[], None] = lambda: None,
) -> End:
    """Wait until `descriptor` can be read, or until `process` has used up the limits's CPU or wall seconds.

    Both are counted from the last time that `lap_of()` went up, and those of the process from its beginning.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    lap, began = lap_of(), time.monotonic()
    cpu_start, wall_start = 0.0, began
    while not poll.poll(_TICK_S * 1000):
        beat()
        now, cpu = time.monotonic(), _cpu_seconds(process)
        if (now_at := lap_of()).number > lap.number:  # never back: the process may write there what it likes
            lap, cpu_start, wall_start = now_at, cpu, now
        seconds = _seconds(lap, limits)
        if cpu - cpu_start > seconds or cpu > (limits.process_s or math.inf):
            return "out of cpu"
        if now - wall_start > max(WALL_PER_CPU_SECOND * seconds, _LEAST_WALL_S) or now - began > WALL_PER_CPU_SECOND * (
            limits.process_s or math.inf
        ):
            return "out of time"
    return "ready"


def _seconds(lap: TimeWindow, limits: Limits) -> float:
    """CPU seconds of a lap."""
    if not lap.number:
        return _START_S
    return limits.load_timeout_s or limits.timeout_s if lap.loading else limits.timeout_s


def _cpu_seconds(process: int) -> float:
    """CPU time of another process, all its threads together; 0 where only its parent may know, at its end."""
    if sys.platform != "linux":
        return 0.0
    try:
        return time.clock_gettime((~process << 3) | 2)  # what clock_getcpuclockid makes of a process id
    except OSError:
        return 0.0
