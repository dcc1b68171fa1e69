"""The process between programs and tests: it puts a test's questions to a program, and remembers the answers.

    python -m coderm_eval.execution.sandbox.worker LIMITS ISOLATION [LIBRARY ...]

Requests come on stdin, replies go to stdout, one a line. {"tests", "entry_point", "timeout_s"} names the tests of what
follows, and their limit where it is not the usual one; it gets no reply. {"program", "stateful", "fresh", "imports",
"columns"} is answered with what `Judge.row` says of one program against these tests, and {"isolation"} with the level
in force.

It starts two sandboxes before it reads anything: one in which programs run, which never holds a test, and one
for itself and the tests. It runs nothing that a model wrote; what it reads from either is text or a number.

What a program answered stands under the call, and what a test did on these answers in a tree (`dialogue`), so
that a program makes each call once, though many tests make it, and a test runs once for all programs that
behave alike. A program that keeps a state is loaded anew for each test and makes that test's calls in order.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox import program_server as candidate
from coderm_eval.execution.sandbox.confinement import redirect_stdio
from coderm_eval.execution.sandbox.isolation.levels import enter
from coderm_eval.execution.sandbox.program_answers import ProgramAnswers, ProgramSandbox
from coderm_eval.execution.wire.lines import write_line

__all__ = ["main"]

_TICK_MS = 100


def main() -> None:
    """Start the sandboxes and wait for both to end."""
    limits, mode, libraries = Limits(*json.loads(sys.argv[1])), sys.argv[2], sys.argv[3:]
    requests, replies = os.dup(0), os.dup(1)
    redirect_stdio()
    asking, asked = os.pipe()
    answering, answered = os.pipe()
    # The programs' sandbox first: neither a request nor unittest is in the memory that it inherits.
    programs = _start(
        lambda: _serve_programs(asking, answered, limits, mode), close=(asked, answering, requests, replies)
    )
    tests = _start(
        lambda: _serve_requests(
            requests, replies, ProgramSandbox(asked, answering, per_call=limits.per_call), limits, mode, libraries
        ),
        close=(asking, answered),
    )
    for descriptor in (asking, asked, answering, answered, replies):
        os.close(descriptor)
    _wait(requests, [tests, programs])


def _wait(requests: int, sandboxes: list[int]) -> None:
    """Until a sandbox ends or the pool is gone: then all of them end, at once, whatever they are doing."""
    poll = select.poll()
    poll.register(requests, 0)  # only for the news that nobody will write there any more
    ended: list[int] = []
    while not ended and not poll.poll(_TICK_MS):
        ended = [sandbox for sandbox in sandboxes if os.waitpid(sandbox, os.WNOHANG)[0]]
    left = [sandbox for sandbox in sandboxes if sandbox not in ended]
    for sandbox in left:
        os.kill(sandbox, signal.SIGTERM)
    for sandbox in left:
        os.waitpid(sandbox, 0)


def _start(serve: Callable[[], None], close: Iterable[int]) -> int:
    """A process that calls `serve` and ends."""
    process = os.fork()
    if process:
        return process
    try:
        for descriptor in close:
            os.close(descriptor)
        serve()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _serve_programs(requests: int, replies: int, limits: Limits, mode: str) -> None:
    try:
        isolation = enter(mode)
    except OSError:
        os.read(requests, 1)  # nothing comes: the other sandbox, refused as well, says so, and this one ends after it
        return
    with contextlib.suppress(OSError):  # nobody listens any more
        candidate.serve(requests, replies, limits, isolation)


def _serve_requests(
    requests: int, replies: int, programs: ProgramSandbox, limits: Limits, mode: str, libraries: Iterable[str]
) -> None:
    """Answer the pool, from inside of the tests' sandbox."""
    from coderm_eval.execution.sandbox.test_runner import TestRunner

    try:
        isolation = enter(mode)
    except OSError as error:
        _refuse(requests, replies, str(error))
        return
    for library in libraries:
        importlib.import_module(library)
    judge = TestRunner(limits, isolation)
    for request in _lines(requests):
        if "tests" in request:
            judge.take(request["tests"], request["entry_point"], request["timeout_s"])
            continue
        if "isolation" in request:
            reply: dict[str, Any] = {"level": isolation.level}
        else:
            kind = {"stateful": request["stateful"], "fresh": request["fresh"]}
            program = ProgramAnswers(request["program"], request["imports"], programs, **kind)
            reply = judge.row(program, request["columns"])
        write_line(replies, json.dumps({**reply, "token": request["token"]}).encode())
    judge.close()


def _refuse(requests: int, replies: int, reason: str) -> None:
    for request in _lines(requests):
        if "isolation" not in request:
            return  # gone: nothing is run with less isolation than was asked for
        write_line(replies, json.dumps({"refused": reason, "token": request["token"]}).encode())


def _lines(descriptor: int) -> Iterator[dict[str, Any]]:
    with os.fdopen(descriptor, "rb") as lines:
        yield from map(json.loads, lines)


if __name__ == "__main__":
    main()
