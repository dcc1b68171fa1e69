"""No attack passes, none outlives its limit, and none reaches anything outside: with real processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers.attacks import ATTACKS, TEST, Attack
from helpers.execution import run_tests
from helpers.other_hosts import granted
from helpers.paths import ROOT
from helpers.processes import is_alive, processes_with, soon

from coderm_eval.core.records import Verdict
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.sandbox.isolation.levels import FULL

LIMITS = Limits(timeout_s=0.25, memory_mb=256)

SELF_CONTAINED = [attack for attack in ATTACKS if attack.kind in ("ends early", "forges")]
"""Those that need no isolation to fail: a test is never in the process of a program."""


@dataclass(frozen=True)
class Outside:
    """What no program may touch, and how it looked before."""

    folder: Path
    secret: Path
    tcp: socket.socket
    udp: socket.socket
    victim: subprocess.Popen[bytes]
    marker: str

    def arm(self, program: str) -> str:
        places = {
            "{secret}": self.secret,
            "{folder}": self.folder,
            "{port}": self.tcp.getsockname()[1],
            "{victim}": self.victim.pid,
        }
        for name, value in places.items():
            program = program.replace(name, str(value))
        return program


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("outside")
    secret = folder / "secret"
    secret.write_text("27 rungs")
    secret.chmod(0o640)
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        subprocess.Popen(["sleep", "1000"]) as victim,
        pytest.MonkeyPatch.context() as patch,
    ):
        udp.bind(tcp.getsockname())
        scratch = tmp_path_factory.mktemp("scratch")
        patch.setenv("TMPDIR", str(scratch))
        patch.setenv("LADDER_API_KEY", "open-sesame")
        yield Outside(folder, secret, tcp, udp, victim, f"TMPDIR={scratch}")
        victim.kill()


def verdicts(attacks: list[Attack], outside: Outside, isolation: str) -> dict[str, Verdict]:
    tests = (ProgramTest(attack.name, outside.arm(attack.program), TEST, attack.name, "rungs") for attack in attacks)
    results = run_tests(tests, LIMITS, workers=2, isolation=isolation)
    return {result.key: result.verdict for result in results}


@pytest.fixture(scope="module")
def isolation() -> str:
    level = granted()
    if level != FULL:
        pytest.skip(f"this host grants only {level}")
    return level


@pytest.fixture(scope="module")
def isolated(outside: Outside, isolation: str) -> dict[str, Verdict]:
    return verdicts(ATTACKS, outside, "strict")


@pytest.fixture(scope="module")
def limited(outside: Outside) -> dict[str, Verdict]:
    return verdicts(SELF_CONTAINED, outside, "rlimits")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_passes(isolated: dict[str, Verdict], attack: Attack) -> None:
    assert isolated[attack.name] in (Verdict.FAILED, Verdict.TIMED_OUT, Verdict.CRASHED)


@pytest.mark.parametrize("attack", SELF_CONTAINED, ids=lambda attack: attack.name)
def test_no_forgery_passes_without_isolation_either(limited: dict[str, Verdict], attack: Attack) -> None:
    assert limited[attack.name] in (Verdict.FAILED, Verdict.TIMED_OUT, Verdict.CRASHED)


def test_nothing_outside_was_touched(isolated: dict[str, Verdict], outside: Outside) -> None:
    state = outside.secret.stat()
    assert (outside.secret.read_text(), state.st_mode & 0o777, state.st_nlink) == ("27 rungs", 0o640, 1)
    assert state.st_mtime > 1_000_000
    assert [path.name for path in outside.folder.iterdir()] == ["secret"]
    assert outside.victim.poll() is None


def test_nobody_came_through_the_network(isolated: dict[str, Verdict], outside: Outside) -> None:
    for server in (outside.tcp, outside.udp):
        server.setblocking(False)
    with pytest.raises(BlockingIOError):
        outside.tcp.accept()
    with pytest.raises(BlockingIOError):
        outside.udp.recv(1)


def test_no_process_and_no_file_is_left(
    isolated: dict[str, Verdict], limited: dict[str, Verdict], outside: Outside
) -> None:
    assert soon(lambda: not processes_with(outside.marker))
    assert list(Path(outside.marker.partition("=")[2]).iterdir()) == []


def test_a_right_program_passes_beside_all_of_them(outside: Outside, isolation: str) -> None:
    """One bad cell never costs its neighbours a verdict: one worker runs them in turn with every tenth attack."""
    right = "def rungs(height):\n    return height * 3\n"
    tests = []
    for number, attack in enumerate(ATTACKS[::10]):
        tests.append(ProgramTest(f"attack {number}", outside.arm(attack.program), TEST, "ladder", "rungs"))
        tests.append(ProgramTest(f"right {number}", f"{right}# {number}\nMARK = {number}\n", TEST, "ladder", "rungs"))
    said = {o.key: o.verdict for o in run_tests(tests, LIMITS, workers=1)}
    assert {key for key, verdict in said.items() if verdict == Verdict.PASSED} == {k for k in said if "right" in k}


_RUNS_FOR_EVER = """
import itertools, sys
sys.path.insert(0, sys.argv[1])
from helpers.execution import run_tests
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.limits import Limits

program = "import os, time\\ndef rungs(height):\\n    os.fork()\\n    time.sleep(1000)\\n"
test = "import unittest\\nclass T(unittest.TestCase):\\n    def test(self): rungs(1)\\n"
print("ready", flush=True)
tests = (ProgramTest(n, program, test, str(n), "rungs") for n in itertools.count())
for _ in run_tests(tests, Limits(timeout_s=60), workers=2):
    pass
"""


@pytest.mark.parametrize("isolation", ["auto", "rlimits"])
def test_nothing_is_left_when_the_parent_is_killed(tmp_path: Path, isolation: str) -> None:
    source = _RUNS_FOR_EVER.replace("workers=2", f"workers=2, isolation={isolation!r}")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", source, str(ROOT / "tests")], env=environment, stdout=subprocess.PIPE
    )
    marker = f"TMPDIR={tmp_path}"
    with parent:
        try:
            assert parent.stdout and parent.stdout.readline() == b"ready\n"
            assert soon(lambda: len(processes_with(marker)) > 8)  # a worker, its sandboxes, its program; no probes
        finally:
            parent.kill()
    assert soon(lambda: not processes_with(marker))
    assert soon(lambda: not list(tmp_path.iterdir()))
    assert not is_alive(parent.pid)
