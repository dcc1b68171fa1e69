"""The process in which the tests of a problem run: started when it is needed, replaced when it ends."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox import test_server
from coderm_eval.execution.sandbox.confinement import (
    apply_rlimits,
    drop_child_privileges,
    drop_server_privileges,
    end_child,
)
from coderm_eval.execution.sandbox.isolation.levels import Isolation
from coderm_eval.execution.sandbox.program_answers import ProgramAnswers
from coderm_eval.execution.sandbox.watchdog import wait_with_limits
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.lines import LineReader, write_line

__all__ = ["Behaviour", "TestProcess", "TestReply"]

_WRITE_S = 30
"""Seconds for a request to be read, and for the rest of a reply that has begun, on however busy a machine."""
_MOST_DESCRIPTORS = 64
_LIFETIME_S = 3600
"""CPU seconds of one process, for systems where the watchdog cannot see them."""

Behaviour = tuple[str | None, ...]
"""The answers of a program to the calls that a test will probably make."""


class TestReply(NamedTuple):
    """What a test did on the answers that it was given."""

    calls: tuple[str, ...]
    """The calls that it made and that were answered."""
    unknown: tuple[str, ...]
    """Calls without a known answer; there is no verdict then."""
    verdict: End | None
    altered: bool
    """Whether the test has altered the process, which is then replaced."""


class TestProcess:
    """Runs the tests of a problem under their limits.

    Args:
        tests: source texts.
        entry_point: the function under test.
        limits: of a program; those of a test are made from them.
        isolation: what this process has entered; the testing process takes on the rest.
        beat: called again and again while the testing process is waited for.
    """

    def __init__(
        self,
        tests: Sequence[str],
        entry_point: str,
        limits: Limits,
        isolation: Isolation,
        beat: Callable[[], None],
    ) -> None:
        self._tests = tests
        self._entry_point = entry_point
        self._limits = limits.for_test
        self._isolation = isolation
        self._beat = beat
        self._process = 0
        self._connection: socket.socket | None = None
        self._fatal: dict[tuple[int, Behaviour], End] = {}

    def rehearse(self) -> list[tuple[str, ...]]:
        """Return the calls that each test will probably make; none for a test that does not end by itself."""
        replies = self._exchange(range(len(self._tests)), {"rehearse": True})
        return [() if isinstance(reply, End) else reply.calls for _, reply in replies]

    def run(
        self,
        columns: Iterable[int],
        program: ProgramAnswers,
        behaviour: Callable[[int, ProgramAnswers], Behaviour],
    ) -> Iterator[tuple[int, TestReply | End]]:
        """Yield for each of these tests what it did on the program's answers, or how the process ended.

        A test that ended the process is not run again for another program of the same `behaviour`. Programs of other
        behaviour do not suffer for it.
        """
        left = []
        for column in columns:
            known = self._fatal.get((column, behaviour(column, program))) if self._fatal else None
            if known:
                yield column, known
            else:
                left.append(column)
        for column, reply in self._exchange(left, {"answers": program.answers, "stateful": program.stateful}):
            if isinstance(reply, End):
                self._fatal[column, behaviour(column, program)] = reply
            yield column, reply

    def stop(self) -> None:
        """End the process."""
        if self._connection is None:
            return
        self._connection.close()
        self._connection = None
        end_child(self._process, self._isolation)

    def _exchange(self, columns: Iterable[int], request: Mapping[str, Any]) -> Iterator[tuple[int, TestReply | End]]:
        """Yield a reply for each test, in order; where the process ends, the next one gets the tests that are left."""
        left = list(columns)
        while left:
            connection = (self._connection or self._start()).fileno()
            lines = LineReader(connection)
            with contextlib.suppress(OSError):  # the process is gone: reading will say so
                line = json.dumps({**request, "tests": left}).encode()
                write_line(connection, line, time.monotonic() + _WRITE_S)
            lasting = True
            while left and lasting:
                reply = self._read(lines)
                lasting = isinstance(reply, TestReply) and not reply.altered
                if not lasting:
                    self.stop()
                yield left.pop(0), reply

    def _read(self, lines: LineReader) -> TestReply | End:
        """Return the process's next reply, or how it ended."""
        # the process may be gone, or a test may have written something else
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            end = wait_with_limits(lines.comes, self._process, self._limits, beat=self._beat)
            return end or _parse(lines.read(time.monotonic() + _WRITE_S))
        return End.CRASHED

    def _start(self) -> socket.socket:
        self._connection, theirs = socket.socketpair()
        self._connection.setblocking(False)
        self._process = os.fork()
        if self._process == 0:
            self._serve(theirs.detach())
        theirs.close()
        return self._connection

    def _serve(self, connection: int) -> NoReturn:
        try:
            os.closerange(3, connection)
            os.closerange(connection + 1, _MOST_DESCRIPTORS)
            drop_server_privileges(self._isolation)
            apply_rlimits(self._limits, _LIFETIME_S)
            drop_child_privileges(self._isolation)
            test_server.serve(connection, self._tests, self._entry_point)
        finally:
            os._exit(0)


def _parse(line: bytes) -> TestReply:
    """Parse a reply; a test can write what it likes to the connection.

    Raises:
        ValueError, KeyError, TypeError or RecursionError: it is not a reply.
    """
    reply = json.loads(line)
    calls, unknown = tuple(reply["calls"]), tuple(reply.get("unknown", ()))
    is_text = all(isinstance(call, str) and call.isascii() for call in calls + unknown)  # as `encode` writes them
    if not is_text or not isinstance(reply["altered"], bool) or ("verdict" in reply) == bool(unknown):
        raise ValueError("not a reply of a test server")
    return TestReply(calls, unknown, End(reply["verdict"]) if "verdict" in reply else None, reply["altered"])
