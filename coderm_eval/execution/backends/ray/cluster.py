"""The connection to a Ray cluster, and the nodes that are there. Every wait has a bound."""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import ray
from ray._private import worker
from ray._private.state import state

from coderm_eval.core.errors import IncompleteRunError, SettingsError
from coderm_eval.core.messages import single_line

__all__ = ["NodeInfo", "connected", "living_nodes", "stays"]

_ANSWER_S = 5.0
"""For the head to take a connection."""
_CONNECT_S = 60.0
"""For Ray to connect: 0.1 s where it works, 20 s where a token is refused; without a bound it tries for minutes where
something else listens."""
_VERSIONS = re.compile(r"Ray: (\S+)\s+Python: (\S+)")
"""In Ray's words about a version that differs: first those of the cluster, then those of this process."""
_START = "start one with `ray start --head`, or give execution.ray.address"


class NodeInfo(NamedTuple):
    """A node of the cluster that is alive."""

    id: str
    name: str
    """Its host and address."""
    cpus: int
    drains: bool
    """Whether it is to leave the cluster once it has done what it does."""


@contextmanager
def connected(address: str) -> Iterator[None]:
    """A connection to the cluster at an address, or the one that this process has already.

    Raises:
        SettingsError: the address is none. IncompleteRunError: there is no cluster, or it does not let us in.
    """
    if ray.is_initialized():  # by whoever called us, who ends it as well
        yield
        return
    _require_listener(address)
    with _silent():
        _connect(address)
        try:
            yield
        finally:
            ray.shutdown()


@contextmanager
def _silent() -> Iterator[None]:
    """Keep off standard output what Ray prints there of each node that dies, some twenty lines, whoever reads it.

    Ray has this switch for its debugger alone: `log_to_driver` is of what workers print.
    """
    worker._worker_logs_enabled = False
    try:
        yield
    finally:
        worker._worker_logs_enabled = True


def living_nodes() -> list[NodeInfo]:
    """Return the nodes that have at least one CPU to give."""
    listed: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    nodes = ((node, int(node["Resources"].get("CPU", 0))) for node in listed if node["Alive"])
    draining = state.get_draining_nodes()  # Ray's own Train asks here, too: there is no public call for it
    return [
        NodeInfo(
            node["NodeID"],
            f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})",
            cpus,
            node["NodeID"] in draining,
        )
        for node, cpus in nodes
        if cpus
    ]


def stays(node: NodeInfo) -> bool:
    """Return whether a node is still part of the cluster, and not about to leave it."""
    return any(other.id == node.id and not other.drains for other in living_nodes())


def _require_listener(address: str) -> None:
    """Make sure that something listens there: Ray itself would try for two minutes."""
    given = os.environ.get("RAY_ADDRESS") or address if address == "auto" else address
    if given == "auto":
        return
    where = re.fullmatch(r"([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})", given)
    if not where or int(where[2]) > 65535:
        raise SettingsError(f"execution.ray.address is {given!r}; give HOST:PORT of the cluster's head, or 'auto'")
    try:
        socket.create_connection((where[1].strip("[]"), int(where[2])), _ANSWER_S).close()
    except OSError as error:
        raise IncompleteRunError(f"no Ray cluster answers at {given} ({single_line(error)}); {_START}") from error


def _connect(address: str) -> None:
    """Connect in a thread of its own, which is left behind if that takes too long; signal handlers stay as they are."""
    ended: list[BaseException | None] = []

    def connect() -> None:
        try:
            logging.getLogger("ray").setLevel(logging.ERROR)
            ray.init(address, log_to_driver=False, configure_logging=False, logging_level=logging.ERROR)
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=connect, name="connecting to Ray", daemon=True)
    thread.start()
    thread.join(_CONNECT_S)
    if not ended:
        raise IncompleteRunError(f"what listens at {address} does not answer as a Ray cluster; {_START}")
    if ended[0] is not None:
        raise IncompleteRunError(_reason(address, ended[0])) from ended[0]


def _reason(address: str, error: BaseException) -> str:
    said = " ".join(_chain(error))
    if "AuthToken" in said or "Authentication" in said or "Unauthenticated" in said:
        return (
            f"the Ray cluster at {address} refuses this machine's token; copy ~/.ray/auth_token of the head to here, "
            "and set RAY_AUTH_MODE=token"
        )
    if "Version mismatch" in said and len(versions := _VERSIONS.findall(said)) > 1:
        theirs, ours = (f"Ray {ray_version} and Python {python}" for ray_version, python in versions[:2])
        return f"the Ray cluster at {address} has {theirs}, and this process {ours}: install the same here"
    if address == "auto" and isinstance(error, ConnectionError):
        return f"this machine is part of no Ray cluster; {_START}"
    return f"the Ray cluster at {address} cannot be used ({single_line(error)})"


def _chain(error: BaseException | None) -> Iterator[str]:
    """The texts of an error and of those that led to it."""
    while error:
        yield f"{type(error).__name__} {error}"
        error = error.__cause__ or error.__context__
