"""Waiting for a process, on clocks that it cannot set."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from coderm_eval.execution.limits import WALL_PER_CPU_SECOND, Limits
from coderm_eval.execution.wire.ends import End

__all__ = ["TimeUsed", "TimeWindow", "Watch", "cpu_seconds", "wait_with_limits"]

_TICK_S, _SHORTEST_TICK_S = 0.05, 0.002
"""How often the clocks are read: every twentieth of a second, and when a limit may just have been reached."""
_LEAST_WALL_S = 0.5
"""Seconds that a process may wait for its turn on a busy machine, however little CPU time it has."""
_START_S = 60
"""CPU seconds for importing the largest libraries."""
_LEAST_SHARE = 1 / 16
"""Of a core: a process that gets as much is computing, however busy the machine is. Together with the wall limit, twice
the CPU limit, this ends every process after 18 times its CPU limit, which is nine times its wall limit."""
_SMALLEST_SHARE = 1 / 256
"""The same where the machine is so busy that a process which only computes gets less than an eighth of a core."""
_PROBE_CPU_S, _PROBE_WALL_S = 0.01, 1.0
"""For finding out what such a process gets."""


class TimeWindow(NamedTuple):
    """What a process is doing. The limits begin anew when the number goes up."""

    number: int
    """0 while trusted code prepares the process, which may take longer."""
    loading: bool = False


def wait_with_limits(
    happens: Callable[[float], bool],
    process: int,
    limits: Limits,
    window_of: Callable[[], TimeWindow] = lambda: TimeWindow(1),
    beat: Callable[[], None] = lambda: None,
) -> End | None:
    """Wait once, as `Watch` does.

    Returns:
        None if it has happened, else OUT_OF_CPU or OUT_OF_TIME.
    """
    return Watch(process, limits, window_of).wait(happens, beat)


class Watch:
    """Waits until something happens, or until `process` has used up its CPU seconds or waited too long.

    Both are counted from the beginning of this object on, and anew whenever the number of `window_of()` goes up;
    `limits.process_s` is for the process from its own beginning.
    """

    def __init__(self, process: int, limits: Limits, window_of: Callable[[], TimeWindow]) -> None:
        self._process = process
        self._limits = limits
        self._window_of = window_of
        self._first = window_of(), time.monotonic(), cpu_seconds(process)
        self._used: TimeUsed | None = None
        self._last_pause = 0
        """The number of the window in which patience ended last."""

    def wait(
        self, happens: Callable[[float], bool], beat: Callable[[], None], patience_s: float = math.inf
    ) -> End | None:
        """Wait until it happens, a limit is overstepped, or patience ends: once in a window, and not while loading.

        Args:
            happens: waits for it for the seconds that it is given, and returns whether it has happened.
            beat: called every twentieth of a second.
            patience_s: CPU seconds of a window, or the wait that is allowed for them.

        Returns:
            None if it has happened or patience has ended, else OUT_OF_CPU or OUT_OF_TIME.
        """
        if self._used:
            self._used.skip_to(time.monotonic())
        window, wall, cpu = self._first
        left = self._used.left if self._used else _seconds(window, self._limits)
        if happens(_tick(min(left, patience_s))):  # as mostly: nothing else is made then
            return None
        used = self._used = self._used or TimeUsed(self._limits, window, wall=wall, cpu=cpu)
        while True:
            beat()
            window = self._window_of()
            end = used.update(window, wall=time.monotonic(), cpu=cpu_seconds(self._process))
            if end and not (end is End.OUT_OF_TIME and used.excuse(_share_of_a_core())):
                return end
            if window.number > self._last_pause and not window.loading and used.exceeds(patience_s):
                self._last_pause = window.number
                return None
            if happens(_tick(min(used.left, patience_s))):
                return None


def _tick(left: float) -> float:
    """Return for how long to wait before the clocks are read, where so many CPU seconds are left."""
    return min(_TICK_S, max(_SHORTEST_TICK_S, left))


def _share_of_a_core() -> float:
    """Return the share of a core that a process gets here and now if all it does is compute."""
    wall, cpu = time.monotonic(), time.thread_time()
    while (used := time.thread_time() - cpu) < _PROBE_CPU_S and time.monotonic() - wall < _PROBE_WALL_S:
        pass
    return used / max(time.monotonic() - wall, used, 1e-9)


class TimeUsed:
    """What a process has used of its limits, by the readings of two clocks.

    It waits where it gets less than a sixteenth of a core, or, on a very busy machine, less than half of what a process
    that only computes gets there. There its CPU time grows more slowly, and is still all that counts.
    """

    def __init__(self, limits: Limits, window: TimeWindow, *, wall: float, cpu: float) -> None:
        self._limits = limits
        self._window = window
        self._wall = wall
        self._cpu = self._cpu_start = cpu
        self._waited = self._waited_in_all = 0.0
        self._least_share = _LEAST_SHARE

    @property
    def left(self) -> float:
        """The CPU seconds that it had left of the window at the last reading."""
        return _seconds(self._window, self._limits) - (self._cpu - self._cpu_start)

    def update(self, window: TimeWindow, *, wall: float, cpu: float) -> End | None:
        """Take in the readings of the clocks; returns which limit is overstepped, if one is."""
        if window.number > self._window.number:  # never back: the process may write there what it likes
            self._window, self._cpu_start, self._waited = window, cpu, 0.0
        waited = (wall - self._wall) - (cpu - self._cpu) / self._least_share
        self._wall, self._cpu = wall, cpu
        self._waited = max(0.0, self._waited + waited)
        self._waited_in_all = max(0.0, self._waited_in_all + waited)
        seconds, in_all = _seconds(self._window, self._limits), self._limits.process_s or math.inf
        if cpu - self._cpu_start > seconds or cpu > in_all:
            return End.OUT_OF_CPU
        if self._waited > _most_wait(seconds):
            return End.OUT_OF_TIME
        return End.OUT_OF_TIME if self._waited_in_all > WALL_PER_CPU_SECOND * in_all else None

    def skip_to(self, wall: float) -> None:
        """Forget the wall time since the last reading: the process was not waited for."""
        self._wall = wall

    def exceeds(self, seconds: float) -> bool:
        """Return whether the window has taken more than these CPU seconds, or has waited for longer than they allow."""
        return self._cpu - self._cpu_start > seconds or self._waited > _most_wait(seconds)

    def excuse(self, share: float) -> bool:
        """Have its waiting begin anew if it may have been waiting for its turn only.

        Args:
            share: of a core, as a process gets it that only computes.
        """
        least = max(share / 2, _SMALLEST_SHARE)
        if least >= self._least_share:
            return False
        self._least_share = least
        self._waited = self._waited_in_all = 0.0
        return True


def _most_wait(cpu_s: float) -> float:
    return max(WALL_PER_CPU_SECOND * cpu_s, _LEAST_WALL_S)


def _seconds(window: TimeWindow, limits: Limits) -> float:
    """Return the CPU seconds of a window."""
    if not window.number:
        return _START_S
    return limits.load_timeout_s or limits.timeout_s if window.loading else limits.timeout_s


def cpu_seconds(process: int) -> float:
    """Return the CPU time of another process, all its threads together; 0 where only its parent gets to know it."""
    if sys.platform != "linux":
        return 0.0
    try:
        return time.clock_gettime((~process << 3) | 2)  # what clock_getcpuclockid makes of a process id
    except OSError:
        return 0.0
