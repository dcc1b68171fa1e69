"""Processes that wait for others: no signal comes too late, and no wait is without an end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.processes import is_alive, soon

from coderm_eval.execution.sandbox.isolation.reaping import kill_and_reap, reap

_STAYS_BEHIND = """
import os, signal, sys, time
from pathlib import Path
from coderm_eval.execution.sandbox.isolation.reaping import continue_in_child

parent = os.getpid()


def clean_up():
    if sys.argv[1] == "late":
        os.kill(parent, signal.SIGTERM)  # the child is gone, and somebody else may have its id
    Path(sys.argv[2]).write_text("cleaned up")


try:
    continue_in_child(clean_up)
except OSError as error:
    sys.exit(f"the process that stays behind goes on: {error!r}")
if sys.argv[1] == "waits":
    print(os.getpid(), flush=True)
    time.sleep(1000)
os._exit(7 if sys.argv[1] == "fails" else 0)
"""


def _stays_behind(how: str, mark: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _STAYS_BEHIND, how, str(mark)], stdout=subprocess.PIPE)


@pytest.mark.parametrize(("how", "status"), [("ends", 0), ("fails", 1), ("late", 0)])
def test_who_stays_behind_leaves_as_its_child_does(how: str, status: int, tmp_path: Path) -> None:
    """Late: SIGTERM comes when the child has ended already."""
    with _stays_behind(how, tmp_path / "mark") as process:
        assert process.wait(timeout=30) == status
    assert (tmp_path / "mark").read_text() == "cleaned up"


def test_sigterm_ends_the_child_of_who_stays_behind(tmp_path: Path) -> None:
    with _stays_behind("waits", tmp_path / "mark") as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.terminate()
        assert process.wait(timeout=30) == 1
    assert not is_alive(child)
    assert (tmp_path / "mark").read_text() == "cleaned up"


def test_the_kernel_ends_the_child_of_who_is_killed(tmp_path: Path) -> None:
    with _stays_behind("waits", tmp_path / "mark") as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.kill()
    assert soon(lambda: not is_alive(child))


def test_a_child_is_not_waited_for_longer_than_is_said() -> None:
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    start = time.monotonic()
    assert reap(child, within_s=0.2) is None
    assert time.monotonic() - start >= 0.2
    kill_and_reap(child)
    assert not is_alive(child)
