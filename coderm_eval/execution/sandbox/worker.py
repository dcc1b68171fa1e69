"""The process that puts the calls of tests to programs, and keeps both sides' words.

    python -m coderm_eval.execution.sandbox LIMITS SILENCE ISOLATION [LIBRARY ...]

SILENCE: wall seconds without a sign of life after which one of its processes is given up.

It reads requests from stdin and writes replies to stdout, as JSON lines:

    {"tests", "trusted", "entry_point", "timeout_s"}
                                             the tests of the requests that follow, for each whether no model wrote it,
                                             and their limit where it is not the usual one; has no reply
    {"calls", "timeout_s"}                   the same of calls alone, in place of tests
    {"rehearse"}                             the reply is {"calls"}, those that each test will probably make
    {"program", "process_per_call", "timeouts", "columns"}
                                             one program against these; the reply is that of `TestRunner.row`
    {"isolation"}                            the reply is {"level"}, or {"refused"} if the host does not allow it

Before it reads anything, it starts three processes: a sandbox for programs, which never holds a test; a sandbox for
tests, which never holds a program, a verdict, or answers that are not its test's business; and the controller, which
answers the requests. The controller is in no sandbox and runs nothing that a model wrote. What it reads from either
side is text or a number, and no more of it than there is room for.

The answer to a call is stored under the call, so that a program makes each call once, however many tests make it. What
a test did on the answers is stored in a tree (`call_tree`), so that it runs once for all programs that answer alike. A
program that keeps a state is loaded anew for each test and makes that test's calls in order.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox import program_server
from coderm_eval.execution.sandbox.confinement import redirect_stdio
from coderm_eval.execution.sandbox.garbage import keep_what_is_there
from coderm_eval.execution.sandbox.isolation.levels import IsolationRefusedError, available, enter
from coderm_eval.execution.sandbox.isolation.reaping import die_with_parent, end_children
from coderm_eval.execution.sandbox.program_sandbox import ProgramSandbox
from coderm_eval.execution.wire.heartbeat import Heartbeat
from coderm_eval.execution.wire.lines import write_line

if TYPE_CHECKING:
    import socket

    from coderm_eval.execution.sandbox.row_runner import RowRunner
    from coderm_eval.execution.sandbox.test_servers import TestServers

__all__ = ["main"]

_TICK_MS = 100
"""How often it is looked whether the processes are still there."""


def main() -> None:
    """Start the processes and wait until one of them ends, or until the pool is gone."""
    limits, silence_s, mode, libraries = Limits(*json.loads(sys.argv[1])), float(sys.argv[2]), sys.argv[3], sys.argv[4:]
    requests, replies = os.dup(0), os.dup(1)
    redirect_stdio()
    try:
        parts = available(mode)
    except IsolationRefusedError as error:
        _refuse(requests, replies, str(error))
        return
    asking, asked = os.pipe()
    answering, answered = os.pipe()

    def serve_programs() -> None:
        program_server.serve(asking, answered, limits, enter(parts))

    programs = _start(serve_programs, {asked, answering, requests, replies})
    for descriptor in (asking, answered):
        os.close(descriptor)

    # here: programs inherit no unittest; the processes that do share it
    from coderm_eval.execution.sandbox import test_server
    from coderm_eval.execution.sandbox.row_runner import RowRunner
    from coderm_eval.execution.sandbox.test_runner import TestRunner
    from coderm_eval.execution.sandbox.test_sandbox import TestSandbox
    from coderm_eval.execution.sandbox.test_servers import TestServers

    keep_what_is_there()

    def serve_tests(control: socket.socket) -> None:
        test_server.serve(control, limits, enter(parts), libraries)

    def control() -> None:
        die_with_parent()
        pool = _Replies(replies)
        sandbox = ProgramSandbox(asked, answering, per_call=limits.per_call, silence_s=silence_s, beat=pool.beat)
        tests = TestSandbox(servers.asker, silence_s, pool.beat)
        _serve_requests(requests, pool, RowRunner(TestRunner(limits, tests), sandbox, pool.beat), "+".join(parts))

    def start_tests(control: socket.socket, other: socket.socket) -> int:
        return _start(lambda: serve_tests(control), {*held, other.fileno()})

    servers = TestServers(start_tests)
    theirs, ours = servers.asker.fileno(), servers.requests.fileno()
    held = {asked, answering, requests, replies, theirs, ours}
    servers.renew()
    controller = _start(control, {ours})
    servers.asker.close()
    for descriptor in (asked, answering, replies):
        os.close(descriptor)
    held = {requests, ours}
    _wait(requests, servers, [controller, programs])


def _wait(requests: int, servers: TestServers, processes: list[int]) -> None:
    """Start test servers on demand until a process ends or the pool is gone; then end all, whatever they are doing."""
    poll = select.poll()
    poll.register(requests, 0)  # no event but that the other end is closed
    poll.register(servers.requests, select.POLLIN)
    ended: list[int] = []
    while not ended:
        happened = dict(poll.poll(_TICK_MS))
        if requests in happened or (happened and not servers.answer()):
            break
        ended = [process for process in processes if os.waitpid(process, os.WNOHANG)[0]]
    end_children([process for process in (*processes, servers.process) if process not in ended])


def _start(serve: Callable[[], None], close: Collection[int]) -> int:
    """Start a process that closes these descriptors, calls `serve` and ends."""
    process = os.fork()
    if process:
        return process
    try:
        for descriptor in close:
            os.close(descriptor)
        serve()
    except (ConnectionError, TimeoutError):  # another process is gone or stuck, which ends this one too
        pass
    except OSError as error:  # the host refuses the isolation, or the limit of memory leaves nothing for a program
        print(f"coderm-eval: a sandbox could not be started ({error})", file=sys.stderr, flush=True)
    except BaseException:
        sys.excepthook(*sys.exc_info())  # `traceback` would have to be imported
    finally:
        os._exit(0)


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


def _serve_requests(requests: int, replies: _Replies, rows: RowRunner, level: str) -> None:
    """Answer the pool until it closes its end."""
    for request in _lines(requests):
        if "tests" in request:
            rows.set_tests(request["tests"], request["trusted"], request["entry_point"], request["timeout_s"])
            continue
        if "calls" in request:
            rows.set_calls(request["calls"], request["timeout_s"])
            continue
        replies.expect(request)
        if "isolation" in request:
            replies.answer({"level": level})
        elif "rehearse" in request:
            replies.answer({"calls": rows.rehearsed()})
        else:
            how = request["process_per_call"], request["timeouts"]
            replies.answer(rows.row(request["program"], *how, request["columns"]))


def _refuse(requests: int, replies: int, reason: str) -> None:
    """Answer why the isolation is refused; nothing is run with less of it than was requested."""
    for request in _lines(requests):
        if "isolation" not in request:
            return
        write_line(replies, json.dumps({"refused": reason, "token": request["token"]}).encode())


def _lines(descriptor: int) -> Iterator[dict[str, Any]]:
    with os.fdopen(descriptor, "rb") as lines:
        yield from map(json.loads, lines)
