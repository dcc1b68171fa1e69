"""The fork server for programs: each program answers its calls in a child. No test is ever in its memory.

It reads lines, and replies to the first three of these:

    PLAN SECONDS PATIENCE IMPORTS WAITS JOB    have a child do a JOB, as `program_process.answer_runs` takes it
    more PLAN PATIENCE NUMBERS                 have the child that waits answer the prepared calls of these numbers
    on PATIENCE                                have the child that is stopped go on
    calls LIST                                 prepare these calls: a number in a JOB stands for one of them
    end                                        end the child

The PLAN says of each answer whether the child has SECONDS of CPU time anew for it, as `AnswerMemory` wants it. If WAITS
is 1, the child waits for more calls when it has answered all, until there is a line that has nothing for it.

The reply is a line of fields between tabs, which takes a fifth of the time of JSON: an `End`, which says why answers
are missing if any are, or nothing if the child waits, or is stopped after PATIENCE seconds of a call; the CPU
microseconds of each answer, between blanks; and the answers, for each run one to loading it and one to each call, as
far as the child came. Empty lines before the reply are signs of life.

A prepared call is read here, once and not by each child. It is in a job once, since a program may change what it is
given.
"""

from __future__ import annotations

import importlib
import json
import marshal
import os
import sys

import coderm_eval.core.programs.stdin_program  # noqa: F401  # programs import it, and cannot see where it is
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.answer_memory import DIGESTED_CALL, AnswerMemory, AnswerWriter
from coderm_eval.execution.sandbox.chance_of_programs import restart_chance
from coderm_eval.execution.sandbox.confinement import (
    apply_rlimits,
    drop_server_privileges,
    is_clean,
    server_state,
)
from coderm_eval.execution.sandbox.garbage import keep_what_is_there
from coderm_eval.execution.sandbox.isolation.levels import Isolation
from coderm_eval.execution.sandbox.isolation.reaping import adopt_orphans
from coderm_eval.execution.sandbox.preloading import Preloader
from coderm_eval.execution.sandbox.program_calls import END, GO_ON, MORE, PREPARE
from coderm_eval.execution.sandbox.program_child import ProgramChild
from coderm_eval.execution.sandbox.program_process import Call, answer_runs
from coderm_eval.execution.wire.digest import MODULES as DIGEST_MODULES
from coderm_eval.execution.wire.encoding import decode
from coderm_eval.execution.wire.heartbeat import Heartbeat
from coderm_eval.execution.wire.lines import write_line

__all__ = ["serve"]

_PRELOADED = (
    *("bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq", "io", "itertools"),
    *("json", "math", "operator", "random", "re", "string", "time", "typing"),
)
"""Modules that most programs import: loaded once, inherited by every child. More would make every fork dearer."""

_MIB = 1024 * 1024
_read = json.JSONDecoder().raw_decode
"""As `json.loads`, without what that does besides."""
_WARM_UPS = 10
"""As good as 100: a child then writes 260 pages, without them 344. What they run is more: a class, arguments and
results of several kinds."""
_LIFETIME_S = 86_400
"""CPU seconds of a child, for systems where the watchdog cannot see them."""


def serve(requests: int, replies: int, limits: Limits, isolation: Isolation) -> None:
    """Answer lines on the descriptor `requests` until it ends; this process keeps no other but `replies`."""
    for name in _PRELOADED:
        importlib.import_module(name)
    if not isolation.has_namespaces:
        adopt_orphans()  # what a program leaves behind becomes ours to end
    drop_server_privileges(isolation)
    _warm_up()
    apply_rlimits(limits, cpu_s=_LIFETIME_S)
    server = _Server(replies, limits, isolation)
    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            server.do(line)
            if not server.is_clean:
                return  # whoever needs a server starts another


class _Server:
    """Does what lines say.

    Args:
        replies: the descriptor that it writes to.
    """

    def __init__(self, replies: int, limits: Limits, isolation: Isolation) -> None:
        self._replies = replies
        self._limits = self._limits_now = limits
        self._seconds = b""
        """Of the limits now."""
        self._isolation = isolation
        self._libraries = Preloader()
        self._beat = Heartbeat(lambda: write_line(replies, b""))
        self._state = server_state()
        self._calls: list[Call] = []
        self._child: ProgramChild | None = None
        """The one that waits for more calls, or is stopped in one."""
        self.is_clean = True
        """Whether the next child finds what the last one found."""

    def do(self, line: bytes) -> None:
        if line.startswith(MORE) and self._child:
            plan, patience, numbers = line.removeprefix(MORE).split(b" ", 2)
            self._child.give(json.loads(numbers), plan.decode())
            self._reply_of(self._child, float(patience))
            return
        if line.startswith(GO_ON) and self._child:
            self._reply_of(self._child, float(line.removeprefix(GO_ON)))
            return
        if self._child:
            self._child.end()
            self._leave()
            if not self.is_clean:
                return
        if line.startswith(PREPARE):
            self._calls = list(map(decode, json.loads(line.removeprefix(PREPARE))))
            keep_what_is_there()
        elif not line.startswith(END):
            self._start(line)

    def _start(self, line: bytes) -> None:
        first, seconds, patience, imports, waits, job = line.split(b" ", 5)
        plan, modules = first.decode(), imports.decode().split(",")
        if DIGESTED_CALL in plan:
            modules += DIGEST_MODULES
        left = self._libraries.load(modules)
        work, _ = _read(job.decode())  # here: what a child writes is a page of its own each time, 90 of them for this
        if "code" in work:
            work["code"] = marshal.loads(bytes.fromhex(work["code"]))
        limits = self._limits_with(seconds)
        child = ProgramChild(work, plan, left, limits, self._isolation, self._calls, waits=waits == b"1")
        self._reply_of(child, float(patience))

    def _limits_with(self, seconds: bytes) -> Limits:
        """Return the limits with so many SECONDS: mostly those of the last child."""
        if seconds != self._seconds:
            timeout_s = float(seconds)
            load_timeout_s = self._limits.load_timeout_s or max(self._limits.timeout_s, timeout_s)
            self._seconds = seconds
            self._limits_now = self._limits._replace(timeout_s=timeout_s, load_timeout_s=load_timeout_s)
        return self._limits_now

    def _reply_of(self, child: ProgramChild, patience_s: float) -> None:
        """Write the child's reply: none where the disk was full, so that the program could not be run."""
        self._child = child
        reply = child.reply(self._beat, patience_s)
        if child.has_ended:
            self._leave()
        if self._isolation.scratch.had_room:
            write_line(self._replies, reply)

    def _leave(self) -> None:
        """Prepare for the next child, when one has ended."""
        self._child = None
        self.is_clean = is_clean(self._isolation, self._state)


_WARMING = """
import sys
from typing import List

class Boat:
    def row(self, crew: List[int]) -> int:
        return [*crew, len(crew)]

def f(*arguments):
    return Boat().row(*arguments)

def g(text):
    return text.upper()
"""
_CALLS = ('["f",[[1,2]],{"dict":[]}]', '["f",[["a"]],{"dict":[]}]', '["g",["a"],{"dict":[]}]', '["f",[1],{"dict":[]}]')
"""The last one raises."""


def _warm_up() -> None:
    """Run what every child runs until the interpreter has adapted to it, so that no child has to write there again.

    It saves a quarter of the pages that a child writes (measured with CPython 3.11).
    """
    code = compile(_WARMING, "<warming>", "exec", dont_inherit=True)
    text = json.dumps({"code": marshal.dumps(code).hex(), "runs": [['["f"]', *_CALLS, *_CALLS]]})
    prepared = [decode(call.replace("}]", "},false]")) for call in _CALLS]
    for _ in range(_WARM_UPS):
        job = json.loads(text)
        job["code"] = marshal.loads(bytes.fromhex(job["code"]))
        answer_runs(job, AnswerWriter(AnswerMemory(_MIB, plan="")), more=[prepared])
    restart_chance()
    vars(sys.__spec__)["_initializing"] = False  # as of other modules: `import sys` looks for it in vain on ten pages
    keep_what_is_there()
