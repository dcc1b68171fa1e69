"""Ray clusters on this machine, of nodes with one CPU each, work for them, and a look at what runs on them."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from coderm_eval.execution.program_test import ProgramTest
from helpers.paths import ROOT
from helpers.processes import is_alive

__all__ = ["SQUARE", "TOKEN", "actors", "add_node", "cluster_of", "drain_node", "kill_node", "raylet", "waiting"]

TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
"""Variables. Ray reads them once in a process, whatever it is used for first."""

_PREEMPTION = 2
"""`DrainNodeReason` of Ray's protocol."""

SQUARE = """import unittest


class TestF(unittest.TestCase):
    def test_f(self):
        self.assertEqual(f({0}), {0} * {0})
"""
"""A test of `f`, once it has a number."""


@contextmanager
def cluster_of(nodes: int) -> Iterator[Any]:
    """A cluster that asks for a token, which this process and its children know; its head has no CPU to give."""
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # the names of its sockets have to be short
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    variables = {**TOKEN, "RAY_TMPDIR": folder, "PYTHONPATH": path}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        cluster_utils = pytest.importorskip("ray.cluster_utils", reason="Ray is not installed")  # reads the variables
        head = {"num_cpus": 0, "include_dashboard": False}
        cluster = _started(lambda: cluster_utils.Cluster(initialize_head=True, head_node_args=head))
        try:
            for _ in range(nodes):
                add_node(cluster)
            yield cluster
        finally:
            cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


def add_node(cluster: Any, variables: Mapping[str, str] | None = None) -> Any:
    """Start a node with one CPU; `variables` are its environment's."""
    return _started(lambda: cluster.add_node(num_cpus=1, env_vars=dict(variables or {})))


def _started(start: Callable[[], Any]) -> Any:
    """What is started; Ray gives a node 30 seconds for that, which on a busy machine may be too few."""
    for _ in range(3):
        try:
            return start()
        except Exception as error:  # Ray has no class of its own for it
            if "timed out during startup" not in str(error):
                raise
    pytest.skip("this machine is too busy to start a node of Ray within its 30 seconds")


def kill_node(cluster: Any, node: Any) -> None:
    """Have a node vanish."""
    cluster.remove_node(node, allow_graceful=False)


def drain_node(node: Any) -> None:
    """Announce that a node is to go within a minute, as clouds do, and Kubernetes' SIGTERM to `ray start --block`."""
    deadline_ms = int(1000 * (time.time() + 60))
    accepted, refusal = node.get_gcs_client().drain_node(node.node_id, _PREEMPTION, "it is to go", deadline_ms)
    assert accepted, refusal


def raylet(node: Any) -> int:
    """The process that is the node."""
    pid: int = node.all_processes["raylet"][0].process.pid
    return pid


def actors(node: Any) -> dict[int, str]:
    """The processes of a node that run our programs, each with what it does."""
    parent_of_all = raylet(node)
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = path.read_text().rpartition(")")[2].split()[1]
            name = path.with_name("cmdline").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        if int(parent) == parent_of_all and name.startswith(b"ray::NodeExecutor") and is_alive(int(path.parent.name)):
            found[int(path.parent.name)] = name.decode()
    return found


def waiting(problems: int) -> Iterator[ProgramTest[int]]:
    """Programs that wait for a tenth of a second each, all with the verdict PASSED."""
    for number in range(problems):
        program = f"import time\ndef f(x):\n    time.sleep(0.1)\n    return x * x  # {number}\n"
        yield ProgramTest(number, program, SQUARE.format(number), f"p{number}", "f")
