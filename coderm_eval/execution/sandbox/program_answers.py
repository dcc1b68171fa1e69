"""The answers of one program to the calls that tests make."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from coderm_eval.execution.sandbox.call_tree import key_of, keys_of
from coderm_eval.execution.sandbox.program_process import LOADED
from coderm_eval.execution.sandbox.program_sandbox import ProgramSandbox
from coderm_eval.execution.wire.ends import TIMEOUTS, UNANSWERED, End

__all__ = ["ProgramAnswers"]

_PATIENT_TIMEOUTS = 2
"""Calls of one program that may time out before it gets less time, as programs that loop in one test loop in many. Not
with limits per call, as grades have them."""
_SHARE_AFTER = 0.1
"""Of the time, from then on. Of 6,893 verdicts for 41 problems all are then as with the whole time, for 5 % more CPU
time than where such programs are given up, which makes 56 of them wrong."""

_MOST_CHARACTERS = 256 << 20
"""Of all answers of one program, since all of them are kept: as many as the largest `execution.output_mb` allows one
process. The recorded programs need 3.9 million at the most where they are graded, and 627 in generated tests."""

_OBJECT = '{"object":'
"""Stands in answers that refer to an object of the program, and in no others: in text, quotes are escaped."""
_OF_OBJECT = "[{"
"""How a call begins that has to do with an object or a class."""


class _Unfinished(NamedTuple):
    """What a process is at that is stopped in a call."""

    key: str
    """Of the answer that it was to give next."""
    runs: list[list[str]]
    replies: list[tuple[float, str]]
    """Those that have come."""


class ProgramAnswers:
    """One program, its answers so far, and the sandbox that gives more.

    Args:
        source: the program.
        imports: modules that it names.
        sandbox: where it runs.
        stateful: whether an answer may depend on the calls before it, for all that is known beforehand.
        process_per_run: whether runs have their own processes: the calls of a test if `stateful`, else one call.
        code: what is run in place of the source, if there is any.
        timeouts: earlier tests in which the program timed out; each counts as a call that did.
    """

    def __init__(
        self,
        source: str,
        imports: Sequence[str],
        sandbox: ProgramSandbox,
        *,
        stateful: bool,
        process_per_run: bool,
        code: bytes = b"",
        timeouts: int = 0,
    ) -> None:
        self._source = source
        self._code = code
        self._imports = imports
        self._sandbox = sandbox
        self.stateful = stateful
        self._process_per_run = process_per_run
        self._timeouts = timeouts
        self._characters = 0
        self._given_up: End | None = None
        """The end of every call that is not answered yet, where no more are to be."""
        self._unfinished: _Unfinished | None = None
        self._pauses = 0
        self.load_seconds = 0.0
        """CPU seconds for loading the program, the most of all times."""
        self.unloadable: End | None = None
        """The end of every test, if the program could not be loaded."""
        self.answers: dict[str, str] = {}
        """Answers by `key`; where the program did not live to give one, one of UNANSWERED."""
        self.seconds: dict[str, float] = {}
        """CPU seconds of each answer, by `key`."""

    def key(self, history: Sequence[str]) -> str:
        """Return the key of the answer to the last of these calls."""
        return key_of(history, stateful=self.stateful)

    def keys(self, history: Sequence[str]) -> Sequence[str]:
        """Return the keys of the answers to all of these calls."""
        return keys_of(history, stateful=self.stateful)

    def answer(self, history: Sequence[str]) -> str | None:
        """Return the answer to the last of these calls; None if it is not known."""
        return self.answers.get(self.key(history))

    def answers_along(self, calls: Sequence[str]) -> list[str]:
        """Return the answers to these calls, made in this order, up to the first that is not known."""
        found = []
        for key in self.keys(calls):
            answer = self.answers.get(key)
            if answer is None:
                break
            found.append(answer)
        return found

    def may_name_variables(self) -> bool:
        """Return whether an answer may hold an exception whose text has the name of a variable of the program."""
        return any("NameError" in text or "UnboundLocalError" in text for text in self.answers.values())

    def cpu_seconds(self, history: Sequence[str]) -> float:
        """Return the CPU seconds for loading the program and making these calls."""
        return self.load_seconds + sum(self.seconds.get(key, 0.0) for key in self.keys(history))

    def ask(self, histories: Iterable[Sequence[str]], seconds: float, *, patience_s: float = math.inf) -> None:
        """Have the calls of each history answered, as far as the program can in `seconds` of CPU time.

        A call that takes longer has timed out. After `patience_s`, twice as long after each time, this returns before
        that: the answers until then may tell that nobody needs this one. Its process is stopped, and goes on if this
        is called again for a history that comes to that call, else it is ended.
        """
        left = list(histories)
        if any(call.startswith(_OF_OBJECT) for history in left for call in history):
            self._keep_state()
        runs = self._runs(left)
        unfinished, self._unfinished = self._unfinished if self._come_to_unfinished(left) else None, None
        while runs and self.unloadable is None:
            if self._given_up:
                self._end_all(runs, self._given_up)
                return
            later: list[list[str]] = []
            patience = patience_s * 2**self._pauses
            if unfinished:
                now = unfinished.runs
                end, more = self._sandbox.go_on(patience)
                replies = [*unfinished.replies, *more]
            else:
                now, later = (runs[:1], runs[1:]) if self._process_per_run else (runs, [])
                end, replies = self._begin(now, seconds, patience)
            runs = self._record(now, end, replies) + later
            if self._unfinished:
                self._pauses += 1
                return
            if unfinished or (runs and (self._sandbox.per_call or end in TIMEOUTS)):
                left = [history for history in left if not self._is_lost(history)]
                runs = self._runs(left)
            unfinished = None

    def _begin(
        self, runs: list[list[str]], seconds: float, patience_s: float
    ) -> tuple[End | None, list[tuple[float, str]]]:
        how = (self._source, self._imports, runs, self.stateful, self._time(seconds))
        return self._sandbox.run(*how, patience_s=patience_s, apart=self._process_per_run, code=self._code)

    def _time(self, seconds: float) -> float:
        """Return how much of its time the program gets."""
        is_looping = self._timeouts >= _PATIENT_TIMEOUTS and not self._sandbox.per_call
        return seconds * _SHARE_AFTER if is_looping else seconds

    def _is_lost(self, history: Sequence[str]) -> bool:
        """Return whether the program did not live to answer one of these calls."""
        return any(self.answers.get(key) in UNANSWERED for key in self.keys(history))

    def _runs(self, histories: Iterable[Sequence[str]]) -> list[list[str]]:
        """Return the runs whose calls have to be made: a history each, or all calls together without a state."""
        if self.stateful:
            return [list(history) for history in histories if history and self.key(history) not in self.answers]
        calls = dict.fromkeys(call for history in histories for call in history if call not in self.answers)
        if self._process_per_run:
            return [[call] for call in calls]
        return [list(calls)] if calls else []

    def _come_to_unfinished(self, histories: Iterable[Sequence[str]]) -> bool:
        """Return whether one of them has all answers before the one that is being computed, and lacks that one."""
        if not self._unfinished:
            return False
        missing = (next((key for key in self.keys(h) if key not in self.answers), None) for h in histories)
        return self._unfinished.key in missing

    def _record(self, runs: list[list[str]], end: End | None, replies: list[tuple[float, str]]) -> list[list[str]]:
        """Keep the answers to `runs`; returns what is still to be run, if it is not `_unfinished`.

        Args:
            end: None where the process has not ended.
        """
        left = iter(replies)
        for number, run in enumerate(runs):
            load_seconds, loaded = next(left, (0.0, ""))
            if not loaded and end is None:
                self._unfinished = _Unfinished(self.keys(run)[0], runs, replies)
                return []
            if loaded != LOADED:
                self.unloadable = End.FAILED if loaded else end
                return []
            self.load_seconds = max(self.load_seconds, load_seconds)
            for position, key in enumerate(self.keys(run)):
                seconds, text = next(left, (0.0, ""))
                if not text and end is None:
                    self._unfinished = _Unfinished(key, runs, replies)
                    return []
                if not text:
                    assert end
                    shared = number > 0 or (position > 0 and not self.stateful)
                    return self._record_end(end, run, position, shared=shared) + runs[number + 1 :]
                if key not in self.answers:
                    self._characters += len(text)
                self.answers[key], self.seconds[key] = text, seconds
                if self._characters > _MOST_CHARACTERS:
                    self._given_up = End.CRASHED
                if _OBJECT in text and self._keep_state():
                    return []
        return []

    def _keep_state(self) -> bool:
        """Take the answers from now on to depend on the calls before them, as the numbers of objects do.

        Returns:
            Whether that is new, so that what has been answered does not count.
        """
        if self.stateful or self._process_per_run:
            return False
        self.stateful = True
        self._characters = 0
        self.answers.clear()
        self.seconds.clear()
        return True

    def _record_end(self, end: End, run: list[str], position: int, *, shared: bool) -> list[list[str]]:
        """Keep that the process ended at this call of `run`; returns what is left of the run.

        Args:
            shared: whether other calls came before, so that the answer may fit in a process of its own, or not crash
                there.
        """
        if shared and (end is End.FULL or (end is End.CRASHED and not self.stateful)):
            return [run if self.stateful else run[position:]]
        key = self.key(run[: position + 1])
        self.answers[key] = End.CRASHED if end is End.FULL else end
        if end in TIMEOUTS:
            self._timeouts += 1
        rest = run[position + 1 :]
        return [] if self.stateful or not rest else [rest]

    def _end_all(self, runs: list[list[str]], end: End) -> None:
        for run in runs:
            for key in self.keys(run):
                self.answers.setdefault(key, end)
