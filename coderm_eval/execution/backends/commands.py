"""Commands and files in a sandbox of their own, from any thread: one request after the other."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.execution.backends.process import LEAVE_S, clean_environment
from coderm_eval.execution.package_folder import PACKAGE
from coderm_eval.execution.wire.lines import LineReader, write_line

__all__ = ["LONGEST_S", "CommandResult", "CommandSandbox", "OutputTooLongError", "SandboxGoneError"]

LONGEST_S = 3600.0
"""Wall seconds of a command for which no limit is given."""
_GRACE_S = 60.0
"""For all that the sandbox does besides, on however busy a machine."""
_MEMORY_MB = 2048
"""MiB of address space of each process: numpy and pandas take 1 GiB of it."""


class OutputTooLongError(Exception):
    """A command wrote more than it may, or a file is longer than what is wanted of it."""


class SandboxGoneError(Exception):
    """The sandbox was closed, or does not answer."""


class CommandResult(NamedTuple):
    """How a command ended."""

    status: int
    """As a shell has it: 127 where there is no such command, 128 and more where a signal ended it."""
    stdout: bytes
    stderr: bytes


class CommandSandbox:
    """Commands see the interpreter, the system's programs and a folder in memory of 64 MiB, which is /tmp as well.

        with CommandSandbox() as sandbox:
            sandbox.write("f.py", b"print(6 * 7)")
            sandbox.execute(["python3", "f.py"], most=1000).stdout

    There is no network, no /proc and no file of the user's. What a command leaves running is ended with it.

    Raises:
        IncompleteRunError: this host does not allow such a sandbox.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "coderm_eval.execution.sandbox.command_server", str(_MEMORY_MB)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=clean_environment(),
            cwd=PACKAGE.parent,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout
        self._requests = self._process.stdin.fileno()
        self._replies = LineReader(self._process.stdout.fileno())
        os.set_blocking(self._requests, False)
        self.folder = self._begin()
        """Where commands begin."""

    def __enter__(self) -> CommandSandbox:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def execute(
        self,
        command: Sequence[str],
        *,
        most: int,
        given: bytes = b"",
        cwd: str = "",
        environment: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> CommandResult:
        """Run a command to its end, or for `seconds` of wall time.

        Args:
            command: its words; the first is looked up on the sandbox's PATH.
            most: bytes of each of its outputs.
            given: what it reads.
            cwd: where it begins, from the sandbox's folder on.
            environment: variables besides the sandbox's own.
            seconds: LONGEST_S by default, and at most.

        Raises:
            TimeoutError: it was ended, with all that it had started.
            OutputTooLongError: likewise.
            OSError: it could not be started: no permission, no such `cwd`.
            SandboxGoneError: the sandbox was closed.
        """
        seconds = min(LONGEST_S, LONGEST_S if seconds is None else seconds)
        request = {"command": list(command), "input": _text(given), "cwd": cwd, "environment": dict(environment or {})}
        reply = self._ask({**request, "seconds": seconds, "most": most}, seconds)
        return CommandResult(reply["status"], base64.b64decode(reply["stdout"]), base64.b64decode(reply["stderr"]))

    def write(self, path: str, content: bytes) -> None:
        """Write a file, and make the folders above it.

        Raises:
            OSError: no permission, a folder, no room. SandboxGoneError: the sandbox was closed.
        """
        self._ask({"write": path, "content": _text(content)}, 0)

    def read(self, path: str, *, most: int) -> bytes:
        """Return the content of a file.

        Raises:
            OSError: no such file, no permission, a folder. OutputTooLongError: it has more than `most` bytes.
            SandboxGoneError: the sandbox was closed.
        """
        return base64.b64decode(self._ask({"read": path, "most": most}, 0)["content"])

    def _begin(self) -> str:
        try:
            first = json.loads(self._replies.read(time.monotonic() + _GRACE_S))
        except OSError as error:
            self.close()
            raise IncompleteRunError("the sandbox does not start on this host; see the messages above") from error
        if "refused" in first:
            self.close()
            raise IncompleteRunError(
                f"the sandbox needs user namespaces and seccomp, but {first['refused']}; run on a Linux host that "
                "allows both: `coderm-eval doctor` says what this one does"
            )
        return str(first["ready"])

    def close(self) -> None:
        """End the sandbox and all that is in it; from any thread, which ends a request in progress."""
        self._process.kill()  # the kernel ends its namespace with it
        self._process.wait(LEAVE_S)

    def _ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        with self._lock:
            deadline = time.monotonic() + seconds + _GRACE_S
            try:
                write_line(self._requests, json.dumps(request).encode(), deadline)
                reply: dict[str, Any] = json.loads(self._replies.read(deadline))
            except OSError as error:
                self.close()
                raise SandboxGoneError("the sandbox was closed, or does not answer") from error
        if "error" in reply:
            raise OSError(*reply["error"])
        if reply.get("overstepped") == "timeout":
            raise TimeoutError(f"the command was ended after {seconds:g} s")
        if "overstepped" in reply:
            raise OutputTooLongError
        return reply


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
