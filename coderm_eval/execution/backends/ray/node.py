"""One node as the driver sees it: its actor, what that was asked, and how long it has been silent."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from coderm_eval.core.errors import CodermError
from coderm_eval.execution.backends.ray.actor import SIGN_S, NodeExecutor
from coderm_eval.execution.backends.ray.agreement import About, about_here
from coderm_eval.execution.backends.ray.cluster import NodeInfo
from coderm_eval.execution.backends.ray.ledger import Call, Pace
from coderm_eval.execution.backends.ray.tasks import Outcome, Task, pack, unpack
from coderm_eval.execution.limits import Limits

__all__ = ["CALLS_AT_ONCE", "Node", "NodeLostError"]

CALLS_AT_ONCE = 2
"""Calls that a node has: the next one is there when the first ends."""
_SILENCE_S = 60 + SIGN_S
"""Seconds without a sign of life after which an actor is given up, as busy as its node may be."""
_START_S = 120.0
"""For an actor to start, to import the package, and to test the executor."""
_FAILURES = 5
"""Calls of several tasks that a node may lose, one after the other, without any task done in between."""


class NodeLostError(Exception):
    """The actor is gone, or does not do what it was asked; the message says why."""


class Node:
    """A node and its actor, which takes one CPU for each worker.

    Args:
        info: of the node.
        workers: at most; by default, one for each CPU of the node.
        isolation: of the local executor there.
        limits: of the executor's own test.
    """

    def __init__(self, info: NodeInfo, workers: int | None, isolation: str, limits: Limits) -> None:
        self.info = info
        self.workers = min(workers or info.cpus, info.cpus)
        self.calls: deque[tuple[Call, Any]] = deque()
        """What it was asked, the oldest first, each with the stream of its outcomes."""
        self.about: About | None = None
        """None until it works."""
        self.drains = False
        """Whether it gets no more work, as it is to leave the cluster."""
        self.pace = Pace(self.workers)
        self._failures = 0
        self._isolation = isolation
        self._limits = limits
        self.start()

    def start(self) -> None:
        """Start an actor, in place of the one that was lost."""
        self.about = None
        self._silent_s = 0.0
        self._begun = time.monotonic()
        strategy = NodeAffinitySchedulingStrategy(self.info.id, soft=False)
        actor: Any = ray.remote(NodeExecutor)
        options = {"num_cpus": self.workers, "max_restarts": 0, "max_task_retries": 0}
        placed = actor.options(scheduling_strategy=strategy, **options)
        self._actor = placed.remote(self.workers, self._isolation)
        self._answer = self._actor.about.remote(self._limits)

    @property
    def awaited(self) -> Any:
        """What `ray.wait` is to wait for."""
        if self.about is None:
            return self._answer
        return self.calls[0][1] if self.calls else None

    @property
    def is_hopeless(self) -> bool:
        """Whether it has lost too many calls to be given another actor."""
        return self._failures >= _FAILURES

    def ask(self, method: str, call: Call, arguments: Sequence[Any]) -> None:
        """Have the actor run a call, once it is done with the one before."""
        if not self.calls:
            self._begun, self._silent_s = time.monotonic(), 0.0
        work = pack([task.items for task in call.tasks])
        self.calls.append((call, getattr(self._actor, method).remote(work, *arguments)))

    def self_description(self) -> About:
        """Return what the new actor says; raises NodeLostError if there is none, or it cannot run programs."""
        self._silent_s = 0.0
        try:
            about: About = ray.get(self._answer)
        except Exception as error:
            raise NodeLostError(_reason_of_loss(error)) from error
        return about

    def read(self) -> Iterator[tuple[Task, Outcome]]:
        """Yield what has come of the first call; raises NodeLostError if nothing more will come."""
        self._silent_s = 0.0
        try:
            call, stream = self.calls[0]
            batch = unpack(ray.get(next(stream)))
        except StopIteration:
            self._end_of_call()
        except Exception as error:
            raise NodeLostError(_reason_of_loss(error)) from error
        else:
            for number, outcome in batch:
                self._failures = 0
                yield call.owed.pop(number), outcome

    def wait(self, seconds: float) -> None:
        """Count the seconds in which it was waited for in vain; raises NodeLostError if they are too many."""
        self._silent_s += seconds
        if self.about is None and self._silent_s > _START_S:
            raise NodeLostError(
                f"it starts no executor with {self.workers} CPUs within {_START_S:g} s, which other work of the "
                "cluster may hold (see `ray status`)"
            )
        if self.calls and self._silent_s > _SILENCE_S:
            raise NodeLostError(f"it has given no sign of life for {_SILENCE_S:g} s")

    def drain(self) -> list[Call]:
        """Have it do what it has begun, and no more; returns the calls that had not begun."""
        self.drains = True
        waiting = [call for call, _ in self.calls][1:]
        while len(self.calls) > 1:
            self.calls.pop()
        return waiting

    def lose(self) -> list[Call]:
        """End the actor; returns what it was asked and has not done, the oldest first."""
        with suppress(Exception):
            ray.kill(self._actor)
        calls = [call for call, _ in self.calls]
        self._failures += bool(calls) and len(calls[0].owed) > 1  # a single one is tried for what it may do
        self.calls.clear()
        return calls

    def _end_of_call(self) -> None:
        call, _ = self.calls[0]
        if call.owed:
            raise NodeLostError("some of what it was asked could not be run")
        self.calls.popleft()
        now = time.monotonic()
        self.pace.record(len(call), now - self._begun)
        self._begun = now


def _reason_of_loss(error: Exception) -> str:
    """One line for a person, of an error that Ray raised."""
    cause = error.cause if isinstance(error, ray.exceptions.RayTaskError) else error
    if "failed to import on the worker" in str(cause):
        return f"it lacks this package, or a part of it: pip install 'coderm-eval[ray]=={about_here('').version}' there"
    if isinstance(cause, CodermError):
        return str(cause)
    if isinstance(cause, ray.exceptions.ActorDiedError):
        return "its actor has ended, as when a process is killed (see the logs of Ray there)"
    return f"{type(cause).__name__}: {cause}"
