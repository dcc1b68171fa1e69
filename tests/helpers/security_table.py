"""Try on this host what the table of docs/design/security.md says: `python -m helpers.security_table ISOLATION`.

It prints the level, and for each row of the table whether a program could do it: "yes" or "no". Each probe is harmless
where it succeeds, and raises where it does not.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping

from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.program_test import ProgramTest

_MSGGET, _MSGCTL, _CAPGET = (186, 187, 90) if platform.machine() == "aarch64" else (68, 71, 125)

_OPENS = (
    "path = os.__file__ if os.stat(os.__file__).st_uid == os.getuid() else FILE",
    "file = os.open(path, os.O_RDONLY)",
    "state = os.fstat(file)",
)
_RUNS_TRUE = (
    "if os.fork() == 0:",
    "    try: os.execv('/bin/true', ['true'])",
    "    finally: os._exit(1)",
    "assert os.wait()[1] == 0",
)

PROBES: Mapping[str, tuple[str, ...]] = {
    "read a file of yours": ("open(FILE).read()",),
    "see that a file of yours exists": ("os.stat(FILE)",),
    "rename, write or remove a file of yours": ("os.rename(FILE, FILE)",),
    "change the mode of a file that it can read": (*_OPENS, "os.fchmod(file, state.st_mode & 0o7777)"),
    "change the owner of a file that it can read": (*_OPENS, "os.fchown(file, state.st_uid, state.st_gid)"),
    "change the times of a file that it can read": (
        *_OPENS,
        "os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))",
    ),
    "find a variable of yours, such as a key": ("os.environ['LADDER_API_KEY']",),
    "open a socket": ("socket.socket()",),
    "send to a socket without a file": ("socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', MAILBOX)",),
    "see another process of yours": ("os.pidfd_open(PROCESS)",),
    "signal another process of yours": ("os.kill(PROCESS, 0)",),
    "have the kernel signal it": ("fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, PROCESS)",),
    "change its priority": ("os.setpriority(os.PRIO_PROCESS, PROCESS, os.getpriority(os.PRIO_PROCESS, PROCESS))",),
    "change the limits of its server": ("resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))",),
    "start a process": ("if os.fork() == 0: os._exit(0)",),
    "become another program": _RUNS_TRUE,
    "make a message queue that stays": (
        f"queue = call({_MSGGET}, 0, 0o600)",
        f"assert queue >= 0 and call({_MSGCTL}, queue, 0, None) == 0",
    ),
    "hold a capability": (
        "held = ctypes.create_string_buffer(24)",
        f"assert call({_CAPGET}, struct.pack('Ii', 0x20080522, 0), held) == 0 and any(held.raw)",
    ),
    "take more memory than its limit": ("bytearray(2 << 30)",),
    "find what another program left": ("assert os.listdir()",),
}
"""{row of the table: what a program does}."""

_PROGRAM = """
import ctypes, fcntl, os, resource, socket, struct

FILE, PROCESS, MAILBOX, MARK = {places}
call = ctypes.CDLL(None, use_errno=True).syscall


def tries():
    {lines}
    return True
"""
_TEST = """
import unittest


class TestTries(unittest.TestCase):
    def test_tries(self):
        self.assertTrue(tries())
"""


def _programs(file: str, process: int, mailbox: str) -> Iterator[ProgramTest[str]]:
    for number, (row, lines) in enumerate({"": ("open('left', 'w')",), **PROBES}.items()):
        places = repr((file, process, mailbox, number))
        yield ProgramTest(row, _PROGRAM.format(places=places, lines="\n    ".join(lines)), _TEST, "tries", "tries")


def report(isolation: str) -> tuple[str, dict[str, str]]:
    os.environ["LADDER_API_KEY"] = "open-sesame"
    mailbox = f"\0coderm-{os.getpid()}"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server,
        tempfile.NamedTemporaryFile() as file,
        subprocess.Popen(["sleep", "1000"]) as process,
        LocalExecutor(workers=1, isolation=isolation) as executor,
    ):
        server.bind(mailbox)
        try:
            level = executor.self_test(Limits(timeout_s=5))
            results = executor.run(_programs(file.name, process.pid, mailbox), Limits(timeout_s=5))
            passed = {result.key: result.verdict is Verdict.PASSED for result in results}
        finally:
            process.kill()
    return level, {row: "yes" if passed[row] else "no" for row in PROBES}


if __name__ == "__main__":
    print(json.dumps(report(sys.argv[1])))
