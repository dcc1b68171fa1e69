"""The process that puts the calls of tests to programs, and keeps both sides' words.

    python -m coderm_eval.execution.sandbox.worker LIMITS ISOLATION [LIBRARY ...]

It reads requests from stdin and writes replies to stdout, as JSON lines:

    {"tests", "entry_point", "timeout_s"}    the tests of the requests that follow, and their limit where it is not the
                                             usual one; has no reply
    {"program", "stateful", "process_per_call", "imports", "columns"}
                                             one program against these tests; the reply is that of `TestRunner.row`
    {"isolation"}                            the reply is {"level"}, or {"refused"} if the host does not allow it

It starts two sandboxes before it reads anything: one for programs, which never holds a test, and one for itself and the
tests. It runs nothing that a model wrote; what it reads from either side is text or a number.

The answer to a call is stored under the call, so that a program makes each call once, however many tests make it. What
a test did on the answers is stored in a tree (`call_tree`), so that it runs once for all programs that answer alike. A
program that keeps a state is loaded anew for each test and makes that test's calls in order.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox import program_server
from coderm_eval.execution.sandbox.confinement import redirect_stdio
from coderm_eval.execution.sandbox.isolation.levels import Isolation, IsolationRefusedError, available, enter
from coderm_eval.execution.sandbox.isolation.reaping import reap
from coderm_eval.execution.sandbox.program_answers import ProgramAnswers
from coderm_eval.execution.sandbox.program_sandbox import ProgramSandbox
from coderm_eval.execution.wire.heartbeat import Heartbeat, silence_s
from coderm_eval.execution.wire.lines import write_line

if TYPE_CHECKING:
    from coderm_eval.execution.sandbox.test_runner import TestRunner

__all__ = ["main"]

_TICK_MS = 100
"""How often it is looked whether the sandboxes are still there."""
_LEAVE_S = 5
"""Seconds for a sandbox to end its processes and to remove its folder."""


def main() -> None:
    """Start the sandboxes and wait until one of them ends, or until the pool is gone."""
    limits, mode, libraries = Limits(*json.loads(sys.argv[1])), sys.argv[2], sys.argv[3:]
    requests, replies = os.dup(0), os.dup(1)
    redirect_stdio()
    try:
        parts = available(mode)
    except IsolationRefusedError as error:
        _refuse(requests, replies, str(error))
        return
    asking, asked = os.pipe()
    answering, answered = os.pipe()
    programs = _start(
        parts,
        lambda isolation: program_server.serve(asking, answered, limits, isolation),
        close=(asked, answering, requests, replies),
    )
    # Only now: neither a request nor unittest is in the memory that the programs' sandbox inherits.
    from coderm_eval.execution.sandbox.test_runner import TestRunner

    def serve_tests(isolation: Isolation) -> None:
        for library in libraries:
            importlib.import_module(library)
        pool = _Replies(replies)
        sandbox = ProgramSandbox(
            asked, answering, per_call=limits.per_call, silence_s=silence_s(limits), beat=pool.beat
        )
        _serve_requests(requests, pool, sandbox, TestRunner(limits, isolation, pool.beat), isolation.level)

    tests = _start(parts, serve_tests, close=(asking, answered))
    for descriptor in (asking, asked, answering, answered, replies):
        os.close(descriptor)
    _wait(requests, [tests, programs])


def _wait(requests: int, sandboxes: list[int]) -> None:
    """Wait until a sandbox ends or the pool is gone; then end all of them, whatever they are doing."""
    poll = select.poll()
    poll.register(requests, 0)  # no event but that the other end is closed
    ended: list[int] = []
    while not ended and not poll.poll(_TICK_MS):
        ended = [sandbox for sandbox in sandboxes if os.waitpid(sandbox, os.WNOHANG)[0]]
    left = [sandbox for sandbox in sandboxes if sandbox not in ended]
    for sandbox in left:
        os.kill(sandbox, signal.SIGTERM)
    for sandbox in left:
        if reap(sandbox, _LEAVE_S) is None:
            os.kill(sandbox, signal.SIGKILL)  # the kernel then ends what it has started
            reap(sandbox, _LEAVE_S)


def _start(parts: Sequence[str], serve: Callable[[Isolation], None], close: Iterable[int]) -> int:
    """Start a process that enters the isolation of these parts, calls `serve` and ends."""
    process = os.fork()
    if process:
        return process
    try:
        for descriptor in close:
            os.close(descriptor)
        _serve_in(parts, serve)
    except (BrokenPipeError, TimeoutError):  # the other sandbox or the pool is gone or stuck, which ends this one too
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _serve_in(parts: Sequence[str], serve: Callable[[Isolation], None]) -> None:
    try:
        isolation = enter(parts)
    except OSError as error:
        print(f"coderm-eval: a sandbox could not be started ({error})", file=sys.stderr, flush=True)
        return
    serve(isolation)


class _Replies:
    """Writes to the pool: an answer to each request, and signs of life before it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._token = ""
        self.beat = Heartbeat(lambda: self.answer({}))

    def expect(self, request: dict[str, Any]) -> None:
        """Write for this request from now on."""
        self._token = request["token"]

    def answer(self, reply: dict[str, Any]) -> None:
        """Write the answer; an empty one is a sign of life."""
        write_line(self._descriptor, json.dumps({**reply, "token": self._token}).encode())


def _serve_requests(requests: int, replies: _Replies, programs: ProgramSandbox, runner: TestRunner, level: str) -> None:
    """Answer the pool, from inside the tests' sandbox."""
    for request in _lines(requests):
        if "tests" in request:
            runner.set_tests(request["tests"], request["entry_point"], request["timeout_s"])
            continue
        replies.expect(request)
        if "isolation" in request:
            replies.answer({"level": level})
        else:
            how = {name: request[name] for name in ("stateful", "process_per_call")}
            program = ProgramAnswers(request["program"], request["imports"], programs, **how)
            replies.answer(runner.row(program, request["columns"]))
    runner.close()


def _refuse(requests: int, replies: int, reason: str) -> None:
    """Answer why the isolation is refused; nothing is run with less of it than was requested."""
    for request in _lines(requests):
        if "isolation" not in request:
            return
        write_line(replies, json.dumps({"refused": reason, "token": request["token"]}).encode())


def _lines(descriptor: int) -> Iterator[dict[str, Any]]:
    with os.fdopen(descriptor, "rb") as lines:
        yield from map(json.loads, lines)


if __name__ == "__main__":
    main()
