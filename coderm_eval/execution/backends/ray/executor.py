"""The executor on a Ray cluster: programs and tests in, verdicts out, as they come from the nodes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from coderm_eval.core.protocols import ExecutionResult
from coderm_eval.execution.backends.ray.cluster import connected
from coderm_eval.execution.backends.ray.fleet import Fleet
from coderm_eval.execution.backends.ray.ledger import Ledger
from coderm_eval.execution.backends.ray.node import Node
from coderm_eval.execution.backends.ray.tasks import Outcome, Task, chunks_of_tests
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import Key, ProgramTest

__all__ = ["RayExecutor"]

_Done = tuple[Task, Outcome | None]
"""A task, and what became of its items; None if it could not be run."""

_WAIT_S = 1.0
"""Seconds to wait for something to happen, before the nodes are looked at again."""
_LOOK_S = 0.02
"""Seconds between two looks at what has come, while there are tasks to be taken in: a look takes 0.2 ms."""


class RayExecutor:
    """A local executor on each node of a Ray cluster, and what hands them their work.

        with RayExecutor("auto") as executor:
            for result in executor.run(tests, Limits()): ...

    Nodes may come and go. What a node had not done when it was lost is run again; each result comes once.

    Args:
        address: of the cluster: HOST:PORT, or "auto".
        workers: on each node, at most; by default, one for each of its CPUs.
        isolation: one of `isolation.levels.MODES`.
    """

    def __init__(self, address: str, *, workers: int | None = None, isolation: str = "auto") -> None:
        self._address = address
        self._fleet = Fleet(workers, isolation)
        self._open = ExitStack()

    def __enter__(self) -> RayExecutor:
        self._open.enter_context(connected(self._address))
        self._open.callback(self._fleet.close)
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()

    def run(
        self, tests: Iterable[ProgramTest[Key] | None], limits: Limits, libraries: Sequence[str] = ()
    ) -> Iterator[ExecutionResult[Key]]:
        """As `Executor.run`; one run at a time.

        A program that ended two actors is NOT_RUN.

        Raises:
            IncompleteRunError: no node is left, or the nodes cannot work together.
        """
        for task, outcome in self._work(chunks_of_tests(tests), "run", limits, tuple(libraries)):
            yield from task.results(outcome)

    def rehearse(
        self, problems: Iterable[tuple[Key, str, Sequence[str]]], limits: Limits
    ) -> Iterator[tuple[Key, Sequence[Sequence[str]] | None]]:
        """As `Executor.rehearse`; not during a run."""
        chunks = ([Task([(entry_point, tests)], [key])] for key, entry_point, tests in problems)
        for task, outcome in self._work(chunks, "rehearse", limits):
            yield task.keys[0], outcome[0] if outcome else None

    def self_test(self, limits: Limits) -> str:
        """Check on each node, under these limits, that a right program passes and a wrong one fails.

        Returns:
            The isolation in force on all nodes.

        Raises:
            IncompleteRunError: a node cannot run programs, or is another than the others; there is none.
        """
        return self._fleet.start(limits).isolation

    def _work(self, chunks: Iterable[Sequence[Task]], method: str, limits: Limits, *more: object) -> Iterator[_Done]:
        """Yield the tasks as they are done, with their outcomes; None for one that could not be run."""
        self._fleet.start(limits)
        work = _Work(self._fleet, method, (limits, *more))
        try:
            for chunk in chunks:
                yield from work.add(chunk)
            yield from work.rest()
        finally:
            if work.owed:  # nobody wants it any more
                self._fleet.close()


class _Work:
    """What one run asks of the nodes."""

    def __init__(self, fleet: Fleet, method: str, arguments: Sequence[Any]) -> None:
        self._fleet = fleet
        self._method = method
        self._arguments = arguments
        self._ledger = Ledger()
        self._looked = 0.0
        self.owed = 0
        """Tasks without an outcome."""

    def add(self, chunk: Sequence[Task]) -> Iterator[_Done]:
        """Take in tasks, and yield what is done meanwhile; waits while all nodes have enough to do.

        No tasks at all: none is ready for the moment, and idle nodes get what there is.
        """
        self.owed += len(chunk)
        if chunk:
            self._ledger.add(chunk)
        else:
            self._hand_out(self._fleet.idle())
        self._hand_out_whole_calls()
        if not chunk or time.monotonic() - self._looked > _LOOK_S:
            self._looked = time.monotonic()
            yield from self._done(0)
        while self._ledger.waiting >= self._fleet.call_size and not self._fleet.hungry():
            yield from self._done()
            self._hand_out_whole_calls()

    def rest(self) -> Iterator[_Done]:
        """Yield what is done, until all is."""
        while self.owed:
            self._hand_out(self._fleet.hungry())
            yield from self._done()

    def _hand_out_whole_calls(self) -> None:
        """Give whole calls to the nodes that have room, once there is one for each: no other node shall go without.

        An idle one begins with a part, while the rest is being read.
        """
        hungry = self._fleet.hungry()
        enough = self._ledger.waiting >= sum(node.pace.size for node in hungry)
        for node in hungry:
            most = node.pace.size if enough else node.pace.least
            if self._ledger.waiting >= most and (enough or not node.calls):
                node.ask(self._method, self._ledger.next_call(most), self._arguments)

    def _hand_out(self, nodes: Sequence[Node]) -> None:
        """Give these nodes of what there is, in ever smaller calls, so that all end at about the same time."""
        for node in nodes:
            if self._ledger.waiting:
                most = node.pace.share(self._ledger.waiting, self._fleet.ready)
                node.ask(self._method, self._ledger.next_call(most), self._arguments)

    def _done(self, within_s: float = _WAIT_S) -> Iterator[_Done]:
        """Wait for something to happen, for so long, and yield the tasks that were done or cannot be."""
        for event in self._fleet.events(within_s):
            if event.task:
                self.owed -= 1
                yield event.task, event.outcome
            for call in reversed(event.waiting):
                self._ledger.give_back(call)
            for task in self._ledger.lost(event.begun) if event.begun else ():
                self.owed -= 1
                yield task, None
