"""One executor for any number of threads: what they ask for at the same time is run together."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.execution.backends.base import Executor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import Key, ProgramTest

__all__ = ["SharedExecutor"]

_MOMENT_S = 0.02
"""Seconds without new work after which results that have come are passed on."""

_CLOSED = "the executor was closed before it had run this"

_ROUND_S = 5.0
"""Seconds after which what waits for other limits has its turn, and so have tests that are run again alone."""


class SharedExecutor:
    """Has the work of many threads done by one `executor`, in rounds of what needs the same limits and libraries.

        with SharedExecutor(executor) as shared:
            ...  # any thread: shared.run(tests, limits)

    Verdicts are those of `executor`, which do not depend on what else is run. Where it raises an error, all whose work
    was in that round get the error. A thread that stops before its results are there leaves them behind.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._inbox = _Inbox()
        self._thread = threading.Thread(target=self._serve, name="shared executor", daemon=True)

    def __enter__(self) -> SharedExecutor:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Give up the current round, as soon as its next result is there; whoever still waits gets a RuntimeError."""
        self._inbox.close()
        self._thread.join()

    def run(
        self, tests: Iterable[ProgramTest[Key] | None], limits: Limits, libraries: Sequence[str] = ()
    ) -> Iterator[ExecutionResult[Key]]:
        """As `Executor.run`."""
        results: _Replies = queue.SimpleQueue()
        owed = 0
        for part in _parts(tests):
            if part:
                owed += len(part)
                self._inbox.put(_Part((limits, tuple(libraries)), part, results))
            elif not owed:
                self._inbox.require_open()  # nothing comes any more that would say so
            while owed and not results.empty():
                owed -= 1
                yield _received(results)
        for _ in range(owed):
            yield _received(results)

    def rehearse(
        self, problems: Iterable[tuple[Key, str, Sequence[str]]], limits: Limits
    ) -> Iterator[tuple[Key, Sequence[Sequence[str]] | None]]:
        """As `Executor.rehearse`."""
        calls: _Replies = queue.SimpleQueue()
        asked = list(problems)
        self._inbox.put(_Part((limits, None), asked, calls))
        for _ in asked:
            yield _received(calls)

    def _serve(self) -> None:
        while (part := self._inbox.next()) is not None:
            self._round(part)

    def _round(self, first: _Part) -> None:
        """Do the work of a part, and of those after it that can be done together with it."""
        taken = _Round(self._inbox, first)
        limits, libraries = first.setup
        try:
            if libraries is None:
                for (part, key), calls in self._executor.rehearse(taken.rehearsals(), limits):
                    taken.answer(part, (key, calls))
                    self._inbox.require_open()
            else:
                for result in self._executor.run(taken.tests(), limits, libraries):
                    part, key = result.key
                    taken.answer(part, replace(result, key=key))
                    self._inbox.require_open()
        except BaseException as error:  # for those who wait, who would wait for ever
            taken.fail(error)


_Replies = queue.SimpleQueue[Any]
"""What a thread gets: results, or the error that ended its round."""


@dataclass(eq=False)
class _Part:
    """Work of one thread that is done in one round."""

    setup: tuple[Limits, tuple[str, ...] | None]
    """The limits, and the libraries of tests; None in their place where tests are rehearsed."""
    items: Sequence[Any]
    replies: _Replies
    owed: int = field(init=False)
    """Results that are still to come."""

    def __post_init__(self) -> None:
        self.owed = len(self.items)


class _Inbox:
    """What waits to be done, in the order in which it came."""

    def __init__(self) -> None:
        self._parts: deque[_Part] = deque()
        self._changed = threading.Condition()
        self.closed = False

    def put(self, part: _Part) -> None:
        with self._changed:
            self.require_open()
            self._parts.append(part)
            self._changed.notify()

    def require_open(self) -> None:
        """Check that there still is somebody to work for; raises RuntimeError."""
        if self.closed:
            raise RuntimeError(_CLOSED)

    def next(self) -> _Part | None:
        """Wait for the next part; None once this is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._parts or self.closed)
            return self._parts.popleft() if self._parts and not self.closed else None

    def next_like(self, part: _Part, within_s: float) -> _Part | None:
        """Take the next part if it can be done together with `part`; None if none comes in time, or another is next."""
        with self._changed:
            self._changed.wait_for(lambda: self._parts or self.closed, within_s)
            return self._parts.popleft() if self._parts and self._parts[0].setup == part.setup else None

    def has_other_than(self, part: _Part) -> bool:
        """Whether the next part cannot be done together with `part`."""
        with self._changed:
            return bool(self._parts and self._parts[0].setup != part.setup)

    def close(self) -> None:
        with self._changed:
            self.closed = True
            waiting = list(self._parts)
            self._parts.clear()
            self._changed.notify_all()
        for part in waiting:
            _fail(part, RuntimeError(_CLOSED))


class _Round:
    """The parts that are done together, from the first one on."""

    def __init__(self, inbox: _Inbox, first: _Part) -> None:
        self._inbox = inbox
        self._first = first
        self._taken: list[_Part] = []
        self._until = time.monotonic() + _ROUND_S

    def tests(self) -> Iterator[ProgramTest[tuple[_Part, Any]] | None]:
        """Yield the tests, and None where there are none for the moment while others run; raises RuntimeError once all
        is closed, which stops what is running."""
        part: _Part | None = self._first
        while True:
            self._taken += [part] if part else []  # first of all: it gets the error, too
            self._inbox.require_open()
            if part:
                yield from (replace(test, key=(part, test.key)) for test in part.items)
            yield None
            part = self._inbox.next_like(self._first, _MOMENT_S if self._is_busy() else 0)
            if part is None and not self._inbox.closed and (not self._is_busy() or self._is_over()):
                return

    def rehearsals(self) -> Iterator[tuple[tuple[_Part, Any], str, Sequence[str]]]:
        """Yield the rehearsals that wait already: each takes a moment, so that none waits for the next to come."""
        part: _Part | None = self._first
        while part:
            self._taken.append(part)
            self._inbox.require_open()
            yield from (((part, key), entry_point, tests) for key, entry_point, tests in part.items)
            part = self._inbox.next_like(self._first, 0)

    def answer(self, part: _Part, result: object) -> None:
        part.owed -= 1
        part.replies.put(result)

    def fail(self, error: BaseException) -> None:
        """Give the error to all who still wait for something."""
        for part in (self._first, *self._taken):
            _fail(part, error)

    def _is_busy(self) -> bool:
        self._taken = [part for part in self._taken if part.owed]
        return bool(self._taken)

    def _is_over(self) -> bool:
        return time.monotonic() > self._until or self._inbox.has_other_than(self._first)


def _fail(part: _Part, error: BaseException) -> None:
    for _ in range(part.owed):
        part.replies.put(error)
    part.owed = 0


def _received(replies: _Replies) -> Any:
    """The next result; raises the error that came in its place."""
    reply = replies.get()
    if isinstance(reply, BaseException):
        raise reply
    return reply


def _parts(tests: Iterable[ProgramTest[Key] | None]) -> Iterator[list[ProgramTest[Key]]]:
    """The tests that follow each other and name the same problem; an empty list where there is none for the moment."""
    for problem, together in groupby(tests, lambda test: test.problem if test else None):
        if problem is None:
            yield from ([] for _ in together)
        else:
            yield [test for test in together if test]
