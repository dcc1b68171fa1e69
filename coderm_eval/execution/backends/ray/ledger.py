"""Who gets which tasks next, and what becomes of the tasks whose node was lost. Pure: no Ray, and the clock is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from coderm_eval.execution.backends.ray.tasks import Task

__all__ = ["Call", "Ledger", "Pace"]

_CALL_S = 20.0
"""Seconds of work in one call: an actor's workers idle for a moment at its end, and a lost node costs half of it."""
_FIRST_PER_WORKER = 1000
"""Tests in a node's first call, for each worker: a second where programs are as quick as most."""
_GROWTH = 8.0
"""How many times larger than its last one a call is at most."""
_MOST = 50_000
"""Tests in one call: about 5 MB, and 30 MB of memory here."""
_LAST_PART = 8
"""What part of its size a node's calls have at least, however few tests are left: about two seconds of work."""
_LEAST = 20
"""Tests in one call where there are enough: a call takes a few milliseconds besides."""
_TRIES = 2
"""Calls that a task may end when it is alone in them."""


@dataclass(eq=False)
class Call:
    """Tasks that a node gets at once, and which of them it still owes, by number."""

    tasks: Sequence[Task]
    owed: dict[int, Task] = field(init=False)

    def __post_init__(self) -> None:
        self.owed = dict(enumerate(self.tasks))

    def __len__(self) -> int:
        return sum(map(len, self.tasks))


class Pace:
    """How many tests a node runs in a second, as its calls show."""

    def __init__(self, workers: int) -> None:
        self._size = float(_FIRST_PER_WORKER * workers)
        self.least = _LEAST * workers
        """Tests in its next call at least, where so many wait; few, as long as nothing is known."""

    def record(self, tests: int, seconds: float) -> None:
        """Learn from a call that has ended."""
        wanted = tests * _CALL_S / max(seconds, 1e-3)
        self._size = max(_LEAST, min(wanted, _GROWTH * max(tests, self._size), _MOST))
        self.least = max(self.size // _LAST_PART, _LEAST)

    @property
    def size(self) -> int:
        """Tests in the node's next call."""
        return int(self._size)

    def share(self, waiting: int, nodes: int) -> int:
        """Tests in its next call where no more than these wait: ever fewer, so that all nodes end together."""
        return min(self.size, max(waiting // (2 * nodes), self.least)) if nodes > 1 else self.size


class Ledger:
    """Tasks that wait, in calls of their own once they have been in a call whose node was lost.

    Which task ended a node is not known. So what a lost call still owed is asked again in two calls of half of it, and
    so on: a task that ends its node is alone after a few of them, and the others are run.
    """

    def __init__(self) -> None:
        self._chunks: deque[Sequence[Task]] = deque()
        self._suspects: deque[Sequence[Task]] = deque()
        self._ended: dict[Task, int] = {}
        """Calls that a task has ended alone."""
        self.waiting = 0
        """Tests that no node has."""

    def add(self, chunk: Sequence[Task]) -> None:
        """Take in tasks that are best run together."""
        self._chunks.append(chunk)
        self.waiting += sum(map(len, chunk))

    def next_call(self, most: int) -> Call:
        """Return a call of about `most` tests of those that wait."""
        if self._suspects:
            return self._taken(self._suspects.popleft())
        tasks: list[Task] = []
        size = 0
        while self._chunks and (not tasks or size + sum(map(len, self._chunks[0])) <= most):
            chunk = self._chunks.popleft()
            tasks.extend(chunk)
            size += sum(map(len, chunk))
        return self._taken(tasks)

    def give_back(self, call: Call) -> None:
        """Have a call that had not begun asked again."""
        self._chunks.appendleft(call.tasks)
        self.waiting += len(call)

    def lost(self, call: Call) -> Iterator[Task]:
        """Have what a call still owes asked again; yields a task that could not be run."""
        rest = list(call.owed.values())
        if len(rest) == 1:
            [task] = rest
            self._ended[task] = self._ended.get(task, 0) + 1
            if self._ended[task] >= _TRIES:
                yield task
                return
        half = len(rest) // 2
        for part in (rest[:half], rest[half:]):  # what was to come later goes first: it had no part in it, mostly
            if part:
                self._suspects.appendleft(part)
                self.waiting += sum(map(len, part))

    def _taken(self, tasks: Sequence[Task]) -> Call:
        call = Call(tasks)
        self.waiting -= len(call)
        return call
