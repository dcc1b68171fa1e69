"""The fork server for programs: each program answers its calls in a child. No test is ever in its memory.

It reads lines "PLAN SECONDS IMPORTS JOB". The PLAN says of each answer whether the child has SECONDS of CPU time anew
for it, as `AnswerMemory` wants it; a JOB is what `program_process.answer_runs` takes. The reply is a line of fields
between tabs, which takes half the time of JSON: an `End`, which says why answers are missing if any are; and for each
run an answer to loading it and one to each call, as "SECONDS TEXT" with its CPU seconds, as far as the child came.
Empty lines before the reply are signs of life.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import os
from collections.abc import Sequence
from typing import Any, NoReturn

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.answer_memory import AnswerMemory, AnswerWriter
from coderm_eval.execution.sandbox.confinement import (
    apply_rlimits,
    drop_child_privileges,
    drop_server_privileges,
    is_clean,
    kill_all,
    server_state,
)
from coderm_eval.execution.sandbox.isolation.levels import Isolation
from coderm_eval.execution.sandbox.isolation.reaping import adopt_orphans
from coderm_eval.execution.sandbox.preloading import Preloader, import_quietly
from coderm_eval.execution.sandbox.program_process import answer_runs
from coderm_eval.execution.sandbox.watchdog import TimeWindow, cpu_seconds, wait_with_limits
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.heartbeat import Heartbeat
from coderm_eval.execution.wire.lines import is_readable, write_line

__all__ = ["serve"]

_PRELOADED = (
    *("bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq", "io", "itertools"),
    *("json", "math", "operator", "random", "re", "string", "time", "typing"),
)
"""Modules that most programs import: loaded once, inherited by every child. More would make every fork dearer."""

_MIB = 1024 * 1024
_WARM_UPS = 100
_MOST_DESCRIPTORS = 64
_LIFETIME_S = 86_400
"""CPU seconds of a child, for systems where the watchdog cannot see them."""
_HAS_PIDFD = hasattr(os, "pidfd_open")
"""Linux: nothing that a child does to its descriptors hides its end, or pretends it."""


def serve(requests: int, replies: int, limits: Limits, isolation: Isolation) -> None:
    """Answer lines on the descriptor `requests` until it ends; this process keeps no other but `replies`."""
    for name in _PRELOADED:
        importlib.import_module(name)
    if not isolation.has_namespaces:
        adopt_orphans()  # what a program leaves behind becomes ours to end
    drop_server_privileges(isolation)
    _warm_up()
    apply_rlimits(limits, cpu_s=_LIFETIME_S)
    libraries = Preloader()
    beat = Heartbeat(lambda: write_line(replies, b""))
    state = server_state()
    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            plan, seconds, imports, job = line.split(b" ", 3)
            left = libraries.load(imports.decode().split(","))
            timeout_s = float(seconds)
            now = limits._replace(
                timeout_s=timeout_s, load_timeout_s=limits.load_timeout_s or max(limits.timeout_s, timeout_s)
            )
            write_line(replies, _run(job, plan.decode(), left, now, isolation, beat))
            if not is_clean(isolation, state):
                return  # whoever needs a server starts another


def _warm_up() -> None:
    """Run what every child runs until the interpreter has adapted to it, so that no child has to write there again.

    It saves a third of the pages that a child writes (measured with CPython 3.11).
    """
    job = {"program": "def f(x):\n    return x\n", "runs": [['["f"]', '["f",[[1]],{"dict":[]}]']]}
    for _ in range(_WARM_UPS):
        answer_runs(json.loads(json.dumps(job)), AnswerWriter(AnswerMemory(_MIB, plan="")))
    gc.collect()
    gc.freeze()  # keeps the collector from copying inherited pages in every child


def _run(job: bytes, plan: str, modules: Sequence[str], limits: Limits, isolation: Isolation, beat: Heartbeat) -> bytes:
    """Have a child import `modules` and answer the calls of `job`; returns the reply."""
    work = json.loads(job)  # here: what a child writes is a page of its own each time, 60 of them for this
    memory = AnswerMemory(limits.output_mb * _MIB, plan)
    lifeline = None if _HAS_PIDFD else os.pipe()
    preparing = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(work, modules, isolation, memory, preparing[1], lifeline[1] if lifeline else None)
    death = os.pidfd_open(child) if lifeline is None else _end_of(lifeline)
    prepared = _end_of(preparing)

    def window() -> TimeWindow:
        if not is_readable(prepared, 0):
            return TimeWindow(0)
        memory.read(cpu_seconds(child))
        return memory.window()

    overstepped = wait_with_limits(functools.partial(is_readable, death), child, limits, window, beat)
    memory.read(cpu_seconds(child))
    os.close(death)
    os.close(prepared)
    kill_all(child, isolation)
    end = overstepped or (End.FULL if memory.is_full else End.CRASHED)
    reply = _reply(end, memory)
    memory.close()
    return reply


def _reply(end: End, memory: AnswerMemory) -> bytes:
    """Return the reply with the answers; without any where they take more memory than the program itself may have."""
    try:
        return "\t".join([end.value, *(f"{seconds} {text}" for seconds, text in memory.answers)]).encode()
    except MemoryError:
        return End.CRASHED.value.encode()


def _end_of(pipe: tuple[int, int]) -> int:
    """Return a descriptor that can be read once the child, the only holder of the other end, has closed it."""
    os.close(pipe[1])
    return pipe[0]


def _answer(
    work: dict[str, Any],
    modules: Sequence[str],
    isolation: Isolation,
    memory: AnswerMemory,
    preparing: int,
    lifeline: int | None,
) -> NoReturn:
    """Do everything that happens in the forked child, which never returns to the server's code.

    Args:
        preparing: closed before the program begins, which it cannot undo.
        lifeline: kept open to the end.
    """
    try:
        drop_child_privileges(isolation)
        first = 3
        for kept in sorted({preparing, lifeline or preparing}):
            os.closerange(first, kept)
            first = kept + 1
        os.closerange(first, _MOST_DESCRIPTORS)
        for module in modules:
            import_quietly(module)
        os.close(preparing)
        answer_runs(work, AnswerWriter(memory))
    finally:
        os._exit(0)
