"""Limits of time: CPU time decides, and the wall limit ends only what waits."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.watchdog import TimeUsed, TimeWindow, Watch, wait_with_limits
from coderm_eval.execution.wire.ends import End

TICK_S = 0.05


def _ends(cpu_at: Callable[[float], float], limits: Limits, *, within_s: float = 1000) -> tuple[End, float] | None:
    """How and after how many seconds a process ends that has used so much CPU time at each moment."""
    used = TimeUsed(limits, TimeWindow(1), wall=0, cpu=0)
    for tick in range(1, int(within_s / TICK_S)):
        if end := used.update(TimeWindow(1), wall=tick * TICK_S, cpu=cpu_at(tick * TICK_S)):
            return end, round(tick * TICK_S)
    return None


COURSES: list[tuple[str, Callable[[float], float], tuple[End, float] | None]] = [
    ("computes alone", lambda s: s, (End.OUT_OF_CPU, 1)),
    ("computes on a quarter of a core", lambda s: s / 4, (End.OUT_OF_CPU, 4)),
    ("computes on a tenth of a core", lambda s: s / 10, (End.OUT_OF_CPU, 10)),
    ("gets 4 ms every 50 ms", lambda s: 0.004 * (s // 0.05), (End.OUT_OF_CPU, 13)),
    ("sleeps", lambda s: 0, (End.OUT_OF_TIME, 2)),
    ("looks every moment whether it may go on", lambda s: s / 500, (End.OUT_OF_TIME, 2)),
    ("computes, then sleeps", lambda s: min(s, 0.9), (End.OUT_OF_TIME, 3)),
    ("sleeps, then computes and ends", lambda s: min(max(s - 1.8, 0), 0.9) if s < 2.7 else s, (End.OUT_OF_CPU, 3)),
    ("computes for a moment every second", lambda s: 0.1 * (s // 1), (End.OUT_OF_CPU, 11)),
]


@pytest.mark.parametrize(("cpu_at", "expected"), [case[1:] for case in COURSES], ids=[case[0] for case in COURSES])
def test_cpu_time_decides_and_the_wall_limit_ends_what_waits(
    cpu_at: Callable[[float], float], expected: tuple[End, float] | None
) -> None:
    assert _ends(cpu_at, Limits(timeout_s=1)) == expected


def _ends_where_all_get(share: float, cpu_at: Callable[[float], float]) -> tuple[End, float] | None:
    """The same on a machine where a process that only computes gets this share of a core."""
    used = TimeUsed(Limits(timeout_s=1), TimeWindow(1), wall=0, cpu=0)
    for tick in range(1, int(3000 / TICK_S)):
        end = used.update(TimeWindow(1), wall=tick * TICK_S, cpu=cpu_at(tick * TICK_S))
        if end and not (end is End.OUT_OF_TIME and used.excuse(share)):
            return end, round(tick * TICK_S)
    return None


CROWDS: list[tuple[str, float, Callable[[float], float], tuple[End, float]]] = [
    ("computes beside a hundred", 1 / 50, lambda s: s / 50, (End.OUT_OF_CPU, 50)),
    ("computes, and gets a little less", 1 / 50, lambda s: s / 80, (End.OUT_OF_CPU, 80)),
    ("sleeps beside a hundred", 1 / 50, lambda s: 0, (End.OUT_OF_TIME, 4)),
    ("looks every moment whether it may go on", 1 / 50, lambda s: s / 500, (End.OUT_OF_TIME, 5)),
    ("sleeps on a machine with nothing else to do", 1, lambda s: 0, (End.OUT_OF_TIME, 2)),
    ("computes a little on such a machine", 1, lambda s: s / 50, (End.OUT_OF_TIME, 3)),
    ("sleeps where nobody gets on", 0, lambda s: 0, (End.OUT_OF_TIME, 4)),
]


@pytest.mark.parametrize(
    ("share", "cpu_at", "expected"), [case[1:] for case in CROWDS], ids=[case[0] for case in CROWDS]
)
def test_a_process_that_computes_in_a_crowd_is_not_waiting(
    share: float, cpu_at: Callable[[float], float], expected: tuple[End, float]
) -> None:
    assert _ends_where_all_get(share, cpu_at) == expected


@pytest.mark.parametrize("share", [1, 1 / 4, 1 / 15, 1 / 17, 1 / 100, 0])
def test_every_process_ends_within_ten_times_its_wall_limit(share: float) -> None:
    limits = Limits(timeout_s=3)
    found = _ends(lambda s: share * s, limits)
    assert found and found[1] <= 10 * limits.wall_s


def test_waits_add_up_over_the_calls_of_a_process() -> None:
    """Each of them is short enough."""
    limits = Limits(timeout_s=1, process_s=5)
    used = TimeUsed(limits, TimeWindow(0), wall=0, cpu=0)
    ends = [used.update(TimeWindow(second), wall=second, cpu=0.001 * second) for second in range(1, 15)]
    assert ends.index(End.OUT_OF_TIME) == 10


def _nothing_happens(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def test_limits_begin_anew_only_with_a_later_call() -> None:
    """A program can write where it says how far it is."""
    windows = itertools.cycle([TimeWindow(1, loading=True), TimeWindow(1), TimeWindow(0), TimeWindow(1)])
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        end = wait_with_limits(_nothing_happens, process.pid, Limits(timeout_s=0.3), lambda: next(windows))
        process.kill()
    assert end is End.OUT_OF_CPU


def test_patience_ends_once_in_a_window_and_not_while_loading() -> None:
    windows = [TimeWindow(1, loading=True)]
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        watch = Watch(process.pid, Limits(timeout_s=0.6, load_timeout_s=60), lambda: windows[-1])
        looked = iter(range(1_000))

        def loads(seconds: float) -> bool:
            time.sleep(seconds)
            return next(looked) == 10

        assert watch.wait(loads, lambda: None, 0.05) is None and next(looked) == 11
        windows.append(TimeWindow(2))
        assert watch.wait(_nothing_happens, lambda: None, 0.05) is None
        assert watch.wait(_nothing_happens, lambda: None, 0.05) is End.OUT_OF_CPU
        process.kill()


def test_time_between_two_waits_is_no_time_of_the_process() -> None:
    used = TimeUsed(Limits(timeout_s=1), TimeWindow(1), wall=0, cpu=0)
    used.skip_to(1_000)
    assert used.update(TimeWindow(1), wall=1_001, cpu=0) is None and not used.exceeds(1)
    assert used.update(TimeWindow(1), wall=1_003.5, cpu=0) is End.OUT_OF_TIME and used.exceeds(1)
