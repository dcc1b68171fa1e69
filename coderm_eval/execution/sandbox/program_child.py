"""A child of the program server, as the server sees it: it answers calls, and may wait for more of them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NoReturn

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.answer_memory import AnswerMemory, AnswerWriter
from coderm_eval.execution.sandbox.confinement import drop_child_privileges, kill_all
from coderm_eval.execution.sandbox.isolation.levels import Isolation
from coderm_eval.execution.sandbox.preloading import import_quietly
from coderm_eval.execution.sandbox.program_process import Call, answer_runs
from coderm_eval.execution.sandbox.watchdog import TimeWindow, Watch, cpu_seconds
from coderm_eval.execution.wire.ends import End
from coderm_eval.execution.wire.heartbeat import Heartbeat
from coderm_eval.execution.wire.lines import is_readable, write_line

__all__ = ["ProgramChild"]

_MIB = 1024 * 1024
_MOST_DESCRIPTORS = 64
_PIECE = 1 << 16
"""Bytes read at a time: what a pipe holds."""
_WRITE_S = 1.0
"""For a pipe to take the numbers of calls. It holds 4 KiB at the least, and nobody but a cheat leaves it unread."""
_PREPARING = TimeWindow(0)
_CRASHED, _FULL = End.CRASHED, End.FULL
"""By names of our own: an enumeration looks its own up in five pages."""
_HAS_PIDFD = hasattr(os, "pidfd_open")
"""Linux: nothing that a child does to its descriptors hides its end, or pretends it."""


class ProgramChild:
    """Starts a process that imports `modules` and does the work.

    Args:
        work: a job of `program_process.answer_runs`.
        plan: of its answers, as `AnswerMemory` wants it.
        calls: those that a number stands for.
        waits: whether it waits after its work for more of them.
    """

    def __init__(
        self,
        work: dict[str, Any],
        plan: str,
        modules: Sequence[str],
        limits: Limits,
        isolation: Isolation,
        calls: Sequence[Call],
        *,
        waits: bool,
    ) -> None:
        self._limits = limits
        self._isolation = isolation
        self._waits = waits
        self._memory = AnswerMemory(limits.output_mb * _MIB, plan)
        lifeline = None if _HAS_PIDFD else os.pipe()
        preparing = os.pipe()
        given, told = (os.pipe(), os.pipe()) if self._waits else (None, None)
        self._process = os.fork()
        if self._process == 0:
            kept = [preparing[1], *([lifeline[1]] if lifeline else [])]
            more: Iterable[Sequence[Call]] = ()
            if given and told:
                kept += [given[0], told[1]]
                more = _more(given[0], told[1], calls)
            _answer(work, calls, modules, isolation, self._memory, preparing[1], kept, more)
        self._death = os.pidfd_open(self._process) if lifeline is None else _end_of(lifeline)
        self._prepared = _end_of(preparing)
        self._open = [self._death, self._prepared]
        self._told = self._given = -1
        self._events = select.poll()
        self._events.register(self._death, select.POLLIN)
        if given and told:
            self._told, self._given = _end_of(told), given[1]
            self._open += [self._told, *given]  # both: a child that has closed its end breaks no pipe of ours
            os.set_blocking(self._given, False)
            self._events.register(self._told, select.POLLIN)
        self._has_just_begun = True
        self._watch: Watch | None = None
        self._is_stopped = False
        self.has_ended = False

    def reply(self, beat: Heartbeat, patience_s: float) -> bytes:
        """Wait for the answers, and return the reply that holds those which have come since the last one.

        A child that neither waits for more calls nor tries the patience has ended by then, and so has one that wrote to
        its folder: only then can it be said whether there was room for that.

        Args:
            patience_s: CPU seconds of an answer after which those before it are told. The child is stopped then, until
                this is called again: whatever time passes between is no time of its own.
        """
        before = len(self._memory.answers)
        if self._is_stopped:
            os.kill(self._process, signal.SIGCONT)
            self._is_stopped = False
        self._watch = self._watch or Watch(self._process, self._limits, self._window)
        overstepped = self._watch.wait(self._has_finished, beat, patience_s)
        self._memory.read(cpu_seconds(self._process))
        if not (overstepped or is_readable(self._death, 0)):
            if self._stays():
                return _reply("", self._memory.answers[before:])
            overstepped = self._watch.wait(self._has_finished, beat)
            self._memory.read(cpu_seconds(self._process))
        end = overstepped or (_FULL if self._memory.is_full else _CRASHED)
        reply = _reply(end, self._memory.answers[before:])
        self.end()
        return reply

    def give(self, numbers: Sequence[int], plan: str) -> None:
        """Have it answer the calls of these numbers, which a cheat may leave unread."""
        self._memory.expect(plan)
        self._watch = None
        with contextlib.suppress(TimeoutError):
            write_line(self._given, json.dumps(numbers).encode(), time.monotonic() + _WRITE_S)

    def end(self) -> None:
        """End the process and whatever it has started."""
        for descriptor in self._open:
            os.close(descriptor)
        kill_all(self._process, self._isolation)
        self._memory.close()
        self.has_ended = True

    def _stays(self) -> bool:
        """Return whether it waits for more calls, or is stopped in one now; not if it has touched its folder."""
        is_computing = not self._memory.is_complete
        if not (self._waits or is_computing) or self._isolation.scratch.was_touched():
            return False
        if is_computing:
            os.kill(self._process, signal.SIGSTOP)
            self._is_stopped = True
        return True

    def _has_finished(self, seconds: float) -> bool:
        """Wait for so long until it has ended, or has answered all calls and waits for more."""
        happened = dict(self._events.poll(seconds * 1000))
        if self._told in happened and not os.read(self._told, _PIECE):
            self._events.unregister(self._told)
        if not self._waits or self._death in happened:
            return self._death in happened
        self._memory.read(cpu_seconds(self._process))
        return self._memory.is_complete

    def _window(self) -> TimeWindow:
        if self._has_just_begun:
            self._has_just_begun = False
            return _PREPARING
        if not is_readable(self._prepared, 0):
            return _PREPARING
        self._memory.read(cpu_seconds(self._process))
        return self._memory.window()


def _reply(end: str, answers: Sequence[tuple[float, str]]) -> bytes:
    """Return the reply with the answers; without any where they take more memory than the program itself may have."""
    times, texts = [], [end, ""]
    try:
        for seconds, text in answers:  # no comprehension: a function is ten pages
            times.append(str(round(seconds * 1e6)))
            texts.append(text)
        texts[1] = " ".join(times)
        return "\t".join(texts).encode()
    except MemoryError:
        return f"{End.CRASHED.value}\t".encode()


def _end_of(pipe: tuple[int, int]) -> int:
    """Return a descriptor that can be read once the child, the only holder of the other end, has closed it."""
    os.close(pipe[1])
    return pipe[0]


def _answer(
    work: dict[str, Any],
    calls: Sequence[Call],
    modules: Sequence[str],
    isolation: Isolation,
    memory: AnswerMemory,
    preparing: int,
    kept: Collection[int],
    more: Iterable[Sequence[Call]],
) -> NoReturn:
    """Do everything that happens in the forked child, which never returns to the server's code.

    Args:
        preparing: closed before the program begins, which it cannot undo.
        kept: the descriptors that stay open until then.
        more: the calls that come after the work.
    """
    try:
        drop_child_privileges(isolation)
        first = 3
        for descriptor in sorted(kept):
            os.closerange(first, descriptor)
            first = descriptor + 1
        os.closerange(first, _MOST_DESCRIPTORS)
        for module in modules:
            import_quietly(module)
        os.close(preparing)
        answer_runs(work, AnswerWriter(memory), calls, more)
    finally:
        os._exit(0)


def _more(given: int, told: int, calls: Sequence[Call]) -> Iterator[list[Call]]:
    """Say that everything is answered, and yield the calls that are given then, again and again."""
    while True:
        os.write(told, b"\n")
        line = b""
        while not line.endswith(b"\n"):
            line += os.read(given, _PIECE)
        yield [calls[number] for number in json.loads(line)]
