"""Run attacks and print what came of them: `python -m helpers.attack_report ISOLATION`, with {place: names} as JSON on
the standard input.

One worker runs each attack and, after those that leave something behind and after every tenth of the others, a right
program that looks at what it finds. The report is {"level", "attacks": {place: verdicts by name}, "neighbours": the
same for the programs after them, "outside": what has changed there}.

Places: candidate (a function), test (a function of a test's own), stdin (a program that reads its input), grades (a
function under gold tests).
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from coderm_eval.benchmarks.livecodebench import gold_tests
from coderm_eval.benchmarks.livecodebench.test_cases import Case
from coderm_eval.core.programs.forms import to_callable
from coderm_eval.core.records import Problem
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest
from coderm_eval.execution.sandbox.isolation.removal import remove
from helpers.attacks import ATTACKS, TEST

PLACES = ("candidate", "test", "stdin", "grades")

_READS = "\n\nprint(rungs(int(input())))\n"
_STDIN_TEST = """
import unittest


class TestRungs(unittest.TestCase):
    def test_ladders(self):
        for height in 2, 9:
            self.assertEqual(solve(f"{height}\\n").strip(), str(height * 3))
"""
_RIGHT = "def rungs(height):\n    return height * 3\n"
_CASES = [Case("2", "6", "functional"), Case("9", "27", "functional")]

_NEIGHBOUR = """
import os

MARK = {mark!r}


def rungs(height):
    assert set(os.listdir()) <= {{"stdin", "stdout"}}, os.listdir()
    assert os.listxattr(".") == [] and os.path.isdir(os.getcwd())
    with open("mine", "w") as file:
        file.write("x")
    os.mkdir("folder")
    os.rmdir("folder")
    os.remove("mine")
    found = [sorted(os.sched_getaffinity(0)), os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)]
    assert found == {expected!r}, found
    [os.close(descriptor) for descriptor in [os.dup(2) for _ in range(20)]]
    return height * 3
"""


def _expected() -> list[object]:
    return [sorted(os.sched_getaffinity(0)), os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)]


def _placed(place: str, key: str, program: str) -> ProgramTest[str]:
    if place == "stdin":
        problem = Problem("ladder", "solve", "", "", form="stdin")
        return ProgramTest(
            key, to_callable(program + _READS, problem), _STDIN_TEST, "ladder", "solve", process_per_call=True
        )
    if place == "grades":
        source, test = gold_tests.functional_program(program, "rungs"), gold_tests.functional_test(_CASES)
        return ProgramTest(key, source, test, "ladder", gold_tests.ENTRY_POINT)
    if place == "test":
        return ProgramTest(key, _RIGHT, _in_test(program), "ladder", "rungs")
    return ProgramTest(key, program, TEST, "ladder", "rungs")


def _in_test(program: str) -> str:
    """A test that passes if its own function, which is the attack, is right."""
    return f"{program}\n{TEST}".replace("rungs(", "climbed(")


class Outside:
    """What no program may touch."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._secret = folder / "secret"
        self._secret.write_text("27 rungs")
        self._secret.chmod(0o640)
        self._victim = subprocess.Popen(["sleep", "1000"])
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._mailbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._mailbox.bind(f"\0coderm-{os.getpid()}")
        self._queue = ctypes.CDLL(None).msgget(0, 0o1600)
        self._before = self._state()

    def arm(self, program: str) -> str:
        places = {
            "{secret}": self._secret,
            "{folder}": self._folder,
            "{port}": self._tcp.getsockname()[1],
            "{victim}": self._victim.pid,
            "{queue}": self._queue,
            "{mailbox}": f"coderm-{os.getpid()}",
        }
        for name, value in places.items():
            program = program.replace(name, str(value))
        return program

    def _state(self) -> dict[str, object]:
        found = self._secret.stat()
        null = Path("/dev/null").stat()
        return {
            "secret": [self._secret.read_text(), found.st_mode, found.st_nlink, found.st_mtime],
            "folder": sorted(path.name for path in self._folder.iterdir()),
            "null device": [null.st_mode, null.st_uid, null.st_gid],
            "victim": self._victim.poll(),
            "priority": os.getpriority(os.PRIO_PROCESS, self._victim.pid),
            "queue": ctypes.CDLL(None).msgctl(self._queue, 2, ctypes.create_string_buffer(256)),
            "visitors": [_has_visitor(self._tcp), _has_visitor(self._mailbox)],
        }

    def changes(self) -> dict[str, object]:
        return {name: value for name, value in self._state().items() if self._before[name] != value}

    def close(self) -> None:
        self._victim.kill()
        self._victim.wait()
        ctypes.CDLL(None).msgctl(self._queue, 0, None)


def _has_visitor(server: socket.socket) -> bool:
    server.setblocking(False)
    try:
        server.accept() if server.type == socket.SOCK_STREAM else server.recv(1)
    except BlockingIOError:
        return False
    return True


def _tests(place: str, names: Sequence[str], outside: Outside) -> Iterator[ProgramTest[str]]:
    for number, attack in enumerate(attack for attack in ATTACKS if attack.name in names):
        yield _placed(place, f"attack: {attack.name}", outside.arm(attack.program))
        if attack.kind == "leaves behind" or number % 10 == 9:
            neighbour = _NEIGHBOUR.format(mark=attack.name, expected=_expected())
            yield _placed(place, f"neighbour: {attack.name}", neighbour)


def _limits(place: str) -> Limits:
    return (gold_tests.LIMITS if place == "grades" else Limits())._replace(timeout_s=0.5, memory_mb=512)


def report(isolation: str, chosen: Mapping[str, Sequence[str]]) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp())
    outside = Outside(folder / "outside")
    temporary = folder / "temporary"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)  # where a trick that wins does no harm to this host
    try:
        with LocalExecutor(workers=1, isolation=isolation) as executor:
            level = executor.self_test(Limits(timeout_s=5))
            verdicts = {
                place: {r.key: r.verdict.code for r in executor.run(_tests(place, names, outside), _limits(place))}
                for place, names in chosen.items()
            }
        changes = outside.changes()
    finally:
        outside.close()
        remove(folder, within_s=60)  # a worker that was killed leaves folders too deep for shutil
    return {
        "level": level,
        "attacks": {place: _of("attack", found) for place, found in verdicts.items()},
        "neighbours": {place: _of("neighbour", found) for place, found in verdicts.items()},
        "outside": changes,
    }


def _of(who: str, verdicts: Mapping[str, str]) -> dict[str, str]:
    return {key.partition(": ")[2]: verdict for key, verdict in verdicts.items() if key.startswith(f"{who}: ")}


if __name__ == "__main__":
    print(json.dumps(report(sys.argv[1], json.load(sys.stdin))))
