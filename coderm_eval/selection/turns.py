"""Two halves of a benchmark in turn, so that one half's tests are written while the other's are run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TypeVar

__all__ = ["alternate_halves"]

InFlight = TypeVar("InFlight")


def alternate_halves(
    tasks: Sequence[str],
    wanted: Callable[[], Mapping[str, int]],
    start: Callable[[Mapping[str, int]], InFlight],
    finish: Callable[[InFlight], None],
) -> None:
    """Rounds over the problems at even and at odd places in turn, until nothing is wanted and all is finished.

    Args:
        tasks: the problems, in order.
        wanted: says how many more tests each problem is to get, as things stand.
        start: has the tests of one half written, which may go on while the other half's are waited for.
        finish: waits until the tests that were started are written and run; of the two halves first the one that
            was started first, so that its next tests may follow on the verdicts.
    """
    in_flight: deque[InFlight] = deque()
    for half in cycle([tasks[::2], tasks[1::2]]):
        now = wanted()
        if not now and not in_flight:
            return
        more = {task: now[task] for task in half if task in now}
        if more:
            in_flight.append(start(more))
        if len(in_flight) == 2 or (in_flight and not more):
            finish(in_flight.popleft())
