"""Where the time of a run goes: wall and CPU seconds of each stage, of which one at a time is under way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

__all__ = ["Seconds", "Stopwatch", "seconds_since_start"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


@dataclass
class Seconds:
    """What a stage took."""

    wall: float = 0.0
    cpu: float = 0.0
    """Of all threads of this process, and of none that it started."""


@dataclass
class Stopwatch:
    """Shares out all time from the beginning among the stages; for one thread.

    A stage within another one interrupts it, so that the stages add up to the whole.
    """

    stage: str
    """The one that is under way."""
    began_s: float = 0.0
    """Seconds before now at which the first stage began; its CPU time is then that of the process."""

    def __post_init__(self) -> None:
        self._children = _children_cpu()
        self._taken: dict[str, Seconds] = {}
        self._wall = time.monotonic() - self.began_s
        self._cpu = 0.0 if self.began_s else time.process_time()

    @property
    def taken(self) -> Mapping[str, Seconds]:
        """What each stage took until now, in the order in which they were left first."""
        self.enter(self.stage)
        return self._taken

    @property
    def children_cpu(self) -> float:
        """CPU seconds of the processes that this one has started and that have ended."""
        return _children_cpu() - self._children

    def enter(self, stage: str) -> str:
        """Begin a stage; returns the one that ends."""
        left, wall, cpu = self.stage, time.monotonic(), time.process_time()
        spent = self._taken.setdefault(left, Seconds())
        spent.wall += wall - self._wall
        spent.cpu += cpu - self._cpu
        self.stage, self._wall, self._cpu = stage, wall, cpu
        return left

    @contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """Have the block be this stage, and go back to the one before."""
        left = self.enter(stage)
        try:
            yield
        finally:
            self.enter(left)

    def calls(self, stage: str, function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        """The function, whose calls are this stage."""

        def timed(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
            with self.during(stage):
                return function(*arguments, **named)

        return timed

    def items(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """The items; to wait for each of them is this stage."""
        rest = iter(items)
        while True:
            with self.during(stage):
                try:
                    item = next(rest)
                except StopIteration:
                    return
            yield item


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system


def seconds_since_start() -> float:
    """Wall seconds since this process was started; where the system does not say so, those that it was running."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return time.process_time()
