"""Nodes that cannot run programs, or not as the others do: they are refused by name, or left out where others work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import said
from helpers.paths import ROOT
from helpers.processes import soon
from helpers.ray_clusters import add_node, kill_node, waiting
from helpers.small_disks import mounted

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.ray.agreement import about_here
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.limits_fingerprint import EXECUTOR_REVISION
from coderm_eval.execution.program_test import ProgramTest

LIMITS = Limits()


@pytest.fixture(scope="module", autouse=True)
def connection(cluster: Any, node: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """From an empty folder: Ray has nodes import from the one where the command was typed before all others."""
    from coderm_eval.execution.backends.ray.cluster import connected

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("empty"))
        with connected(cluster.address):
            yield


@contextmanager
def _another_node(cluster: Any, variables: Mapping[str, str]) -> Iterator[Any]:
    node = add_node(cluster, variables)
    try:
        yield node
    finally:
        kill_node(cluster, node)


def _path(*folders: Path) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(map(str, folders))}


def _refusal(isolation: str = "auto") -> str:
    """What a command says that is to use all nodes."""
    from coderm_eval.execution.backends.ray.fleet import Fleet

    fleet = Fleet(None, isolation)
    message = said(IncompleteRunError, fleet.start, LIMITS)
    fleet.close()
    assert message.startswith("node ")
    return message


def test_a_node_without_the_package_is_refused_by_name(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['coderm_eval'] = None\n")
    with _another_node(cluster, _path(tmp_path)):
        message = _refusal()
    assert "pip install" in message and "coderm-eval" in message


def test_a_node_with_another_version_is_refused_by_name(cluster: Any, tmp_path: Path) -> None:
    installed = tmp_path / "coderm_eval-0.0.9.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: coderm-eval\nVersion: 0.0.9\n")
    with _another_node(cluster, _path(tmp_path, ROOT)):
        assert f"has coderm-eval 0.0.9, and this process {about_here('').version}" in _refusal()


def test_another_executor_is_left_out_late_and_refused_at_the_start(
    cluster: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from coderm_eval.execution.backends.ray.executor import RayExecutor

    shutil.copytree(ROOT / "coderm_eval", tmp_path / "coderm_eval", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "coderm_eval" / "execution" / "limits_fingerprint.py"
    line = f"EXECUTOR_REVISION = {EXECUTOR_REVISION}\n"
    assert line in file.read_text()
    file.write_text(file.read_text().replace(line, "EXECUTOR_REVISION = -7\n"))
    words = f"has revision of the executor -7, and this process {EXECUTOR_REVISION}"

    def until_it_is_left_out() -> Iterator[ProgramTest[int] | None]:
        for test in waiting(5000):
            yield test
            yield None
            if "is left out: " in caplog.text:
                return
            time.sleep(0.05)

    with ExitStack() as open_node:
        with RayExecutor(cluster.address) as executor:
            running = executor.run(until_it_is_left_out(), LIMITS)
            assert next(running).verdict == Verdict.PASSED
            open_node.enter_context(_another_node(cluster, _path(tmp_path)))
            assert {result.verdict for result in running} == {Verdict.PASSED}
        assert words in caplog.text
        assert words in _refusal()


def test_a_node_with_less_isolation_is_refused_by_name(cluster: Any) -> None:
    with _node_without_namespaces(cluster):
        message = _refusal()
        assert "execution.isolation is 'strict', but this host allows only" in _refusal("strict")
    levels = {"has isolation namespaces+seccomp+rlimits", "others namespaces+seccomp+rlimits"}
    assert sum(level in message for level in levels) == 1 and "rlimits" in message


@contextmanager
def _node_without_namespaces(cluster: Any) -> Iterator[None]:
    """A node to which the kernel gives no namespaces."""
    from coderm_eval.execution.backends.ray.cluster import living_nodes

    none_more = "for kind in /proc/sys/user/max_*_namespaces; do echo 0 > $kind; done"
    if subprocess.run(["unshare", "--map-root-user", "sh", "-c", none_more], capture_output=True).returncode:
        pytest.skip("this machine has no namespaces to take away")
    ray = f"{sys.executable} -m ray.scripts.scripts"
    flags = f"--address={cluster.address} --node-ip-address=127.0.0.1 --num-cpus=1 --block"
    start = f"{none_more}; exec {ray} start {flags}"
    environment = os.environ | {"RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0"}
    command = ["unshare", "--map-root-user", "sh", "-c", start]
    assert soon(lambda: len(living_nodes()) == 1)  # the node of the last test is gone
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as node:
        try:
            assert soon(lambda: len(living_nodes()) == 2)
            yield
        finally:
            node.terminate()
    assert soon(lambda: len(living_nodes()) == 1)


def test_a_disk_that_fills_up_on_a_node_changes_no_verdict(cluster: Any, tmp_path: Path) -> None:
    """Without namespaces programs have a folder on that disk, and these need a new one each, as they change theirs."""
    from coderm_eval.execution.backends.ray.executor import RayExecutor

    tests = (replace(test, program="import os\nos.chmod('.', 0o700)\n" + test.program) for test in waiting(100))
    with mounted(tmp_path / "disk", "1m,nr_inodes=50") as disk, _another_node(cluster, {"TMPDIR": str(disk)}):
        disk.chmod(0o1777)
        keys = []
        with RayExecutor(cluster.address, isolation="rlimits") as executor:
            for result in executor.run(tests, LIMITS):
                assert result.verdict == Verdict.PASSED
                keys.append(result.key)
                with suppress(OSError):
                    for number in range(50 * (len(keys) > 5)):
                        (disk / f"{len(keys)}-{number}").touch()
    assert sorted(keys) == list(range(100))
