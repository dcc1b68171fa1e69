"""The programs' sandbox as the worker sees it, and what each program is known to answer."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence

from coderm_eval.execution.sandbox.call_tree import key_of
from coderm_eval.execution.sandbox.program_server import LOADED
from coderm_eval.execution.wire.ends import TIMEOUTS, UNANSWERED, End
from coderm_eval.execution.wire.lines import LineReader, write_line

__all__ = ["ProgramAnswers", "ProgramSandbox"]

_MOST_TIMEOUTS = 2
"""Calls of one program: what it has not answered by then counts as timed out too. Where limits are those of a call, one
call decides, about its own test alone."""


class ProgramSandbox:
    """The other sandbox.

    Args:
        requests, replies: descriptors.
        per_call: as `Limits.per_call`.
        silence_s: wall seconds without a sign of life after which it is given up.
        beat: called at each of its signs of life.
    """

    def __init__(
        self, requests: int, replies: int, *, per_call: bool, silence_s: float, beat: Callable[[], None]
    ) -> None:
        os.set_blocking(requests, False)
        self._requests = requests
        self._replies = LineReader(replies)
        self._silence_s = silence_s
        self._beat = beat
        self.per_call = per_call

    def run(
        self, program: str, imports: Sequence[str], runs: Sequence[Sequence[str]], stateful: bool, seconds: float
    ) -> tuple[End, list[tuple[float, str]]]:
        """How the process of `program` ended, and its answers to loading it and to the calls of each run, in order.

        The CPU `seconds` are those of each call, or of each run.

        Raises:
            BrokenPipeError or TimeoutError: that sandbox is gone, or gives no sign of life.
        """
        per_call = self.per_call or not stateful
        laps = sum(map(_laps, runs)) if per_call else len(runs)
        job = json.dumps({"program": program, "runs": runs, "per_call": per_call})
        request = f"{laps} {seconds} {','.join(imports)} {job}".encode()
        write_line(self._requests, request, time.monotonic() + self._silence_s)
        while not (line := self._replies.read(time.monotonic() + self._silence_s)):
            self._beat()
        reply = json.loads(line)
        return End(reply["end"]), [(cpu_seconds, text) for cpu_seconds, text in reply["answers"]]


def _laps(run: Sequence[str]) -> int:
    """One to load the program, one for each call, and one for each answer's digest."""
    return 1 + len(run) + sum(call.endswith(",true]") for call in run)


class ProgramAnswers:
    """What one program is known to answer.

    Args:
        stateful: whether an answer may depend on the calls before it.
        fresh: whether each call is made in a process of its own; not with `stateful`.
    """

    def __init__(
        self, source: str, imports: Sequence[str], programs: ProgramSandbox, *, stateful: bool, fresh: bool
    ) -> None:
        self._source = source
        self._imports = imports
        self.stateful = stateful
        self._fresh = fresh
        self._programs = programs
        self._timeouts = 0
        self._last_timeout = End.OUT_OF_CPU
        self._cut_off: set[str] = set()
        self.load_seconds = 0.0
        self.unloadable: End | None = None
        """The verdict of every test if the program could not even be loaded."""
        self.answers: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

    def key(self, history: Sequence[str]) -> str:
        """What an answer stands under."""
        return key_of(history, stateful=self.stateful)

    def answer(self, history: Sequence[str]) -> str | None:
        return self.answers.get(self.key(history))

    def cpu_seconds(self, history: Sequence[str]) -> float:
        """Of loading the program and making these calls."""
        keys = (self.key(history[: n + 1]) for n in range(len(history)))
        return self.load_seconds + sum(self.seconds.get(key, 0.0) for key in keys)

    def was_cut_off(self, history: Sequence[str]) -> bool:
        """Whether one of these calls would have to be made that took too long in a hurry."""
        left = self._cut_off if self.stateful else self._cut_off - self.answers.keys()  # a state is made anew each time
        return bool(left) and any(self.key(history[: n + 1]) in left for n in range(len(history)))

    def ask(self, histories: Iterable[Sequence[str]], seconds: float, *, hurried: bool = False) -> None:
        """Have the calls of each history answered, as far as the program can in so many CPU seconds.

        One that takes longer has timed out; if it was `hurried`, nothing is known about it but that.
        """
        left = list(histories)
        runs = self._runs(left)
        while runs and self.unloadable is None:
            if self._timeouts == _MOST_TIMEOUTS and not self._programs.per_call:
                self._give_up(runs)
                return
            now, later = (runs[:1], runs[1:]) if self._fresh else (runs, [])
            answered = self._programs.run(self._source, self._imports, now, self.stateful, seconds)
            runs = self._take_in(now, *answered, hurried=hurried) + later
            if runs and self._programs.per_call:
                left = [h for h in left if not (self._is_lost(h) or (hurried and self.was_cut_off(h)))]
                runs = self._runs(left)

    def _is_lost(self, history: Sequence[str]) -> bool:
        """Whether the program did not live to answer one of these calls."""
        return any(self.answer(history[: n + 1]) in UNANSWERED for n in range(len(history)))

    def _runs(self, histories: Iterable[Sequence[str]]) -> list[list[str]]:
        if self.stateful:
            return [list(history) for history in histories if history and self.key(history) not in self.answers]
        calls = dict.fromkeys(call for history in histories for call in history if call not in self.answers)
        if self._fresh:
            return [[call] for call in calls]
        return [list(calls)] if calls else []

    def _take_in(
        self, runs: list[list[str]], end: End, answers: list[tuple[float, str]], *, hurried: bool
    ) -> list[list[str]]:
        """Note the answers to `runs`; returns what is still to be run."""
        replies = iter(answers)
        for number, run in enumerate(runs):
            load_seconds, loaded = next(replies, (0.0, ""))
            if loaded != LOADED:
                self.unloadable = End.FAILED if loaded else end
                return []
            self.load_seconds = max(self.load_seconds, load_seconds)
            for position in range(len(run)):
                key = self.key(run[: position + 1])
                seconds, text = next(replies, (0.0, ""))
                if not text:
                    room = number > 0 or (position > 0 and not self.stateful)
                    return self._ended(end, run, position, room=room, hurried=hurried) + runs[number + 1 :]
                self.answers[key], self.seconds[key] = text, seconds
        return []

    def _ended(self, end: End, run: list[str], position: int, *, room: bool, hurried: bool) -> list[list[str]]:
        """The process ended before it answered this call of `run`; returns what is left of the run.

        Another process would have more `room` for the answer.
        """
        if end is End.FULL and room:
            return [run if self.stateful else run[position:]]
        key = self.key(run[: position + 1])
        if hurried and end in TIMEOUTS:
            self._cut_off.add(key)
        else:
            self.answers[key] = End.CRASHED if end is End.FULL else end
        if end in TIMEOUTS:
            self._timeouts += 1
            self._last_timeout = end
        rest = run[position + 1 :]
        return [] if self.stateful or not rest else [rest]

    def _give_up(self, runs: list[list[str]]) -> None:
        for run in runs:
            for n in range(len(run)):
                self.answers.setdefault(self.key(run[: n + 1]), self._last_timeout)
