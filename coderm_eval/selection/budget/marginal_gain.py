"""One test after the other, each to the problem where it gains most."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping

__all__ = ["Gain", "allocate_greedily"]

Gain = Callable[[str, int], float]
"""The gain of a problem's next test, from the task id and the number of tests that it has."""


def allocate_greedily(gain: Gain, start: Mapping[str, int], total: int, limits: Mapping[str, int]) -> dict[str, int]:
    """Tests of each problem, from `start`, that maximise the sum of all gains with Σ tests = `total`.

    Less than `total` where the limits leave no room. Optimal where a problem's gains fall with its tests. Among equal
    gains the next test goes where there are fewest, then to the first problem: where all problems are alike, all get
    the same, within one test.
    """
    tests = dict(start)
    heap = [(-gain(task, count), count, place, task) for place, (task, count) in enumerate(start.items())]
    heapq.heapify(heap)
    for _ in range(total - sum(tests.values())):
        while heap and tests[heap[0][-1]] >= limits[heap[0][-1]]:
            heapq.heappop(heap)
        if not heap:
            break
        _, count, place, task = heap[0]
        tests[task] = count + 1
        heapq.heapreplace(heap, (-gain(task, count + 1), count + 1, place, task))
    return tests
