"""Where there is no cluster, or none that lets us in: one sentence, before long."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import said

from coderm_eval.core.errors import IncompleteRunError, SettingsError
from coderm_eval.execution.executor import make_executor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.settings import ExecutionSettings, RaySettings

_OPEN = """
import sys
from coderm_eval.execution.backends.ray import cluster
from coderm_eval.execution.executor import make_executor
from coderm_eval.execution.settings import ExecutionSettings, RaySettings

cluster._CONNECT_S = float(sys.argv[2])
try:
    with make_executor(ExecutionSettings(backend="ray", ray=RaySettings(address=sys.argv[1]))):
        print("connected")
except Exception as error:
    print(type(error).__name__, error, sep=": ")
"""


def _open(address: str) -> None:
    with make_executor(ExecutionSettings(backend="ray", ray=RaySettings(address=address))):
        pass


def _said_by_a_process(address: str, connect_s: float, **variables: str) -> str:
    """The last line of a process, which ends although Ray may still be trying."""
    command = [sys.executable, "-c", _OPEN, address, str(connect_s)]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[-1]


def test_without_ray_the_message_has_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("coderm_eval.execution.backends.ray.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "pip install 'coderm-eval[ray]'" in said(SettingsError, _open, "auto")


@pytest.mark.parametrize("address", ["ray://head:10001", "head", "head:", "head:99999", "http://head:6379", ""])
def test_what_is_no_address_is_refused(address: str) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    assert f"execution.ray.address is {address!r}; give HOST:PORT" in said(SettingsError, _open, address)


def test_where_nothing_listens_there_is_no_cluster() -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    message = said(IncompleteRunError, _open, f"127.0.0.1:{port}")
    assert f"no Ray cluster answers at 127.0.0.1:{port}" in message and "ray start --head" in message


def test_what_listens_may_be_no_cluster() -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    with socket.create_server(("", 0)) as other:
        message = _said_by_a_process(f"127.0.0.1:{other.getsockname()[1]}", 1)
    assert message.startswith("IncompleteRunError: what listens at 127.0.0.1:")
    assert "ray start --head" in message


def test_another_token_is_refused(cluster: Any) -> None:
    message = _said_by_a_process(cluster.address, 60, RAY_AUTH_TOKEN="0" * 32, RAY_NUM_REDIS_GET_RETRIES="2")
    assert message.startswith(f"IncompleteRunError: the Ray cluster at {cluster.address} refuses this machine's token")


def test_a_cluster_of_another_python_says_which(cluster: Any, tmp_path: Path) -> None:
    """A process that says it has another Python, as Ray itself compares them."""
    import ray

    other = "import ray._private.utils as utils\nutils.compute_version_info = lambda: ('9.9.9', '3.99.1')\n"
    (tmp_path / "sitecustomize.py").write_text(other)
    path = os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]])
    message = _said_by_a_process(cluster.address, 60, PYTHONPATH=path)
    theirs = f"Ray {ray.__version__} and Python {platform.python_version()}"
    ours = "this process Ray 9.9.9 and Python 3.99.1: install the same here"
    assert message == f"IncompleteRunError: the Ray cluster at {cluster.address} has {theirs}, and {ours}"


def test_a_cluster_without_cpus_is_refused(cluster: Any) -> None:
    def test() -> None:
        with make_executor(ExecutionSettings(backend="ray", ray=RaySettings(address=cluster.address))) as executor:
            executor.self_test(Limits())

    assert "no node of the Ray cluster has a CPU to give" in said(IncompleteRunError, test)
