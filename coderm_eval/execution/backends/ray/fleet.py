"""All nodes of the cluster: those that work, those that start, those that come and go meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import ray

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.core.messages import single_line
from coderm_eval.execution.backends.ray.agreement import About, require_agreement
from coderm_eval.execution.backends.ray.cluster import living_nodes, stays
from coderm_eval.execution.backends.ray.ledger import Call
from coderm_eval.execution.backends.ray.node import CALLS_AT_ONCE, Node, NodeLostError
from coderm_eval.execution.backends.ray.tasks import Outcome, Task
from coderm_eval.execution.limits import Limits

__all__ = ["Event", "Fleet"]

log = logging.getLogger(__name__)

_LOOK_S = 2.0
"""Seconds between two looks at which nodes there are; a look takes 2 ms."""
_ALONE_S = 60.0
"""Seconds for which a run waits for another node when it has none left."""
_WAIT_S = 1.0
"""Seconds between two looks at the clock, at most."""


class Event(NamedTuple):
    """A node ran a task; or it does not do what it was asked."""

    task: Task | None = None
    outcome: Outcome = ()
    begun: Call | None = None
    """Lost in the middle."""
    waiting: Sequence[Call] = ()
    """Not begun."""


class _Answer(NamedTuple):
    node: Node
    task: Task | None = None
    outcome: Outcome = ()
    failure: str = ""
    """Why nothing more will come from its actor."""


class Fleet:
    """The nodes of the cluster that have CPUs, each with its actor; begins with `start`.

    Args:
        workers: on each node, at most; by default, one for each of its CPUs.
        isolation: of the local executors.
    """

    def __init__(self, workers: int | None, isolation: str) -> None:
        self._workers = workers
        self._isolation = isolation
        self._limits = Limits()
        self._nodes: dict[str, Node] = {}
        self._left_out: set[str] = set()
        self._agreed: About | None = None
        self._looked = 0.0
        self._alone_since: float | None = None

    def start(self, limits: Limits) -> About:
        """Start an actor on each node, unless they are there, and wait until all are ready.

        Returns:
            What all nodes have in common.

        Raises:
            IncompleteRunError: no node has a CPU; a node cannot work, or not with the others.
        """
        if self._agreed:
            return self._agreed
        self._limits = limits
        list(self._look())
        while any(node.about is None for node in self._nodes.values()):
            for answer in self._answers(_WAIT_S):
                if answer.failure and not stays(answer.node.info):
                    self._gone(answer.node)
                elif answer.failure:
                    raise IncompleteRunError(f"node {answer.node.info.name} cannot run programs: {answer.failure}")
        if not self._nodes:
            raise IncompleteRunError(
                "no node of the Ray cluster has a CPU to give; start one with `ray start --address`"
            )
        self._agreed = require_agreement([(node.info.name, node.about) for node in self._nodes.values() if node.about])
        return self._agreed

    @property
    def ready(self) -> int:
        """Nodes that can be given work."""
        return len(self._working())

    @property
    def call_size(self) -> int:
        """Tests in the largest call that a node would get next."""
        return max((node.pace.size for node in self._nodes.values()), default=1)

    def idle(self) -> list[Node]:
        """Return the nodes that have nothing to do."""
        return [node for node in self._working() if not node.calls]

    def hungry(self) -> list[Node]:
        """Return the nodes that can be asked for more, idle ones first."""
        able = [node for node in self._working() if len(node.calls) < CALLS_AT_ONCE]
        return sorted(able, key=lambda node: len(node.calls))

    def events(self, within_s: float = _WAIT_S) -> Iterator[Event]:
        """Wait for something to happen, for so long, and yield it.

        Raises:
            IncompleteRunError: no node is left, and none came.
        """
        if time.monotonic() - self._looked > _LOOK_S:
            yield from self._look()
        self._require_nodes()
        for answer in self._answers(within_s):
            if answer.failure:
                yield self._lost(answer.node, answer.failure)
            elif answer.task:
                yield Event(answer.task, answer.outcome)
        self._retire()

    def close(self) -> None:
        """End all actors; what they are running is given up."""
        for node in self._nodes.values():
            node.lose()
        self._nodes.clear()
        self._agreed = None

    def _working(self) -> list[Node]:
        return [node for node in self._nodes.values() if node.about and not node.drains]

    def _answers(self, within_s: float) -> Iterator[_Answer]:
        """Wait for the first answer, and yield all that are there."""
        awaited = [(node, node.awaited) for node in self._nodes.values() if node.awaited is not None]
        begun = time.monotonic()
        ready = _first_ready([answer for _, answer in awaited], within_s)
        waited = time.monotonic() - begun
        for node, answer in awaited:
            try:
                if answer not in ready:
                    node.wait(waited)
                elif node.about is None:
                    self._admit(node)
                else:
                    for task, outcome in node.read():
                        yield _Answer(node, task, outcome)
            except (NodeLostError, IncompleteRunError) as error:
                yield _Answer(node, failure=single_line(error))

    def _admit(self, node: Node) -> None:
        """Have a node work once its actor is there; raises IncompleteRunError if it does not agree with the others."""
        about = node.self_description()
        if self._agreed:
            require_agreement([(node.info.name, about)], self._agreed)
        node.about = about

    def _look(self) -> Iterator[Event]:
        """Start what has come to the cluster, give up what has left it, and spare what is to leave it."""
        self._looked = time.monotonic()
        living = {info.id: info for info in living_nodes()}
        for node in list(self._nodes.values()):
            found = living.get(node.info.id)
            if not found:
                yield self._gone(node)
            elif found.drains and not node.drains:
                log.warning("node %s drains; it ends what it has begun, and gets no more work", node.info.name)
                yield Event(waiting=node.drain())
        for info in living.values():
            if not info.drains and info.id not in self._nodes and info.id not in self._left_out:
                self._nodes[info.id] = Node(info, self._workers, self._isolation, self._limits)

    def _lost(self, node: Node, reason: str) -> Event:
        """Give a node another actor, unless it is gone, did not get as far as to work, or loses one after the other."""
        if not stays(node.info):
            return self._gone(node)
        worked = node.about is not None
        calls = node.lose()
        if worked and not node.is_hopeless:
            log.warning("node %s: %s; its executor is started again", node.info.name, reason)
            node.start()
        else:
            log.warning("node %s is left out: %s", node.info.name, reason)
            self._left_out.add(node.info.id)
            del self._nodes[node.info.id]
        return _not_done(calls)

    def _gone(self, node: Node) -> Event:
        log.warning("node %s has left the cluster; what it had not done is run elsewhere", node.info.name)
        del self._nodes[node.info.id]
        return _not_done(node.lose())

    def _retire(self) -> None:
        """End the actors of draining nodes that have done what they had begun: Ray stops a node once it is idle."""
        for node in [node for node in self._nodes.values() if node.drains and not node.calls]:
            node.lose()
            del self._nodes[node.info.id]

    def _require_nodes(self) -> None:
        """Wait for a node where there is none, for a while."""
        if self._nodes:
            self._alone_since = None
            return
        now = time.monotonic()
        self._alone_since = self._alone_since or now
        if now - self._alone_since > _ALONE_S:
            raise IncompleteRunError(
                "no node of the Ray cluster is left that can run programs; start one with `ray start --address`, and "
                "run the same command: it goes on where it stopped"
            )
        time.sleep(_WAIT_S)


def _not_done(calls: Sequence[Call]) -> Event:
    """What a lost node was asked, of which the first call had begun."""
    return Event(begun=calls[0] if calls else None, waiting=calls[1:])


def _first_ready(answers: Sequence[object], within_s: float) -> Sequence[object]:
    """Wait for one of the answers; returns all that are there."""
    if not answers:
        return ()
    ready, _ = ray.wait(list(answers), num_returns=1, timeout=within_s)
    if ready and len(answers) > 1:
        ready, _ = ray.wait(list(answers), num_returns=len(answers), timeout=0)
    return ready
