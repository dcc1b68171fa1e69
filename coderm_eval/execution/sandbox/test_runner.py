"""The verdicts of a problem's tests, on one program after the other."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from coderm_eval.core.records import NO_OUTPUT
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox import test_server as tester
from coderm_eval.execution.sandbox.call_tree import CallTree, TreePosition
from coderm_eval.execution.sandbox.confinement import (
    apply_rlimits,
    drop_child_privileges,
    drop_server_privileges,
    end_child,
)
from coderm_eval.execution.sandbox.isolation.levels import Isolation
from coderm_eval.execution.sandbox.program_answers import ProgramAnswers
from coderm_eval.execution.sandbox.watchdog import wait_with_limits
from coderm_eval.execution.wire.ends import UNANSWERED, End
from coderm_eval.execution.wire.lines import LineReader, write_line

__all__ = ["TestRunner"]

_MOST_ROUNDS = 200
"""Of asking a program what its tests want to know next; after the first few, each is one more call in a chain."""

_AHEAD = 32
"""Calls of a test that a program is asked at first without waiting for what the test makes of the answers: few tests
make more, and a long one may be decided by its first calls."""
_MORE_AHEAD = 8
"""Times as many in each round after that, which is one more fork, 4 ms; a call that computes little takes 0.04 ms."""

_WRITE_S = 30
"""For what is written at once, on however busy a machine: a request to a testing process, and the rest of a reply that
has begun."""

_MOST_DESCRIPTORS = 64
_LIFETIME_S = 3600
"""CPU seconds of one testing process, which is ended long before by its limit for a single run."""

_Reply = dict[str, Any] | End
"""What a testing process replies about a test, or how it ended instead."""


class TestRunner:
    """Puts the questions of tests to programs.

    Args:
        limits: limits of a program's calls in one test, and of the test itself.
        isolation: what this process has entered, and its testing processes have to take on.
        beat: called again and again while a testing process is waited for.
    """

    def __init__(self, limits: Limits, isolation: Isolation, beat: Callable[[], None]) -> None:
        self._usual = self._limits = limits
        self._isolation = isolation
        self._beat = beat
        self._tests = _Tests((), "", limits, isolation, beat)
        self._trees: list[CallTree] = []

    def take(self, tests: Sequence[str], entry_point: str, timeout_s: float | None) -> None:
        """These are the tests from now on, with the limits's seconds, or with others."""
        self.close()
        self._limits = self._usual._replace(timeout_s=timeout_s or self._usual.timeout_s)
        self._tests = _Tests(tests, entry_point, self._limits, self._isolation, self._beat)
        self._trees = []

    def close(self) -> None:
        self._tests.dismiss()

    def row(self, program: ProgramAnswers, columns: Sequence[int]) -> dict[str, Any]:
        """{"verdicts": a letter for each of the tests `columns`, "cpu_seconds": the program's, "outputs": for each}.

        The outputs are those of `Verdicts.outputs`.
        """
        if not self._trees:  # now, and not with `take`, since nobody waits for an answer to that
            self._trees = [CallTree(calls) for calls in self._tests.rehearse()]
        found: dict[int, _Cell] = {}
        questions = [self._ahead(column, (), _AHEAD) for column in columns]
        for number in range(1, _MOST_ROUNDS + 1):
            self._ask(program, questions)
            left = [column for column in columns if column not in found]
            questions = self._round(program, left, found, _AHEAD * _MORE_AHEAD ** min(number, 6))
            if len(found) == len(columns):
                break
        cells = [found.get(column, _Cell(End.OUT_OF_CPU, program.load_seconds)) for column in columns]
        return {
            "verdicts": "".join(cell.end for cell in cells),
            "cpu_seconds": [round(cell.seconds, 6) for cell in cells],
            "outputs": [cell.output for cell in cells],
        }

    def _ask(self, program: ProgramAnswers, questions: Sequence[tuple[str, ...]]) -> None:
        """Have the program answer.

        Where calls are hurried, first the questions without one that took too long, in a hurry; when there are no such
        questions, the others, each in a process of its own.
        """
        first_try_s, whole_s = self._limits.first_try_s, self._limits.timeout_s
        if not (first_try_s and self._limits.per_call):
            program.ask(questions, whole_s)
        elif quick := [history for history in questions if not program.was_cut_off(history)]:
            program.ask(quick, first_try_s, hurried=True)
        else:
            for history in questions:
                program.ask([history], whole_s)

    def _ahead(self, column: int, history: tuple[str, ...], most: int) -> tuple[str, ...]:
        """The calls `history` and what will probably follow them in this test, up to `most` in all."""
        expected = self._trees[column].longest
        return expected[: max(most, len(history))] if expected[: len(history)] == history else history

    def _round(
        self, program: ProgramAnswers, columns: Sequence[int], found: dict[int, _Cell], ahead: int
    ) -> list[tuple[str, ...]]:
        """Take each test as far as the program's answers are known; returns the questions that they come to, with
        those that will probably follow, `ahead` in all."""
        positions = {column: self._trees[column].follow(program.answer) for column in columns}
        unknown = [column for column, p in positions.items() if p.verdict is None and not p.unanswered]
        questions = []
        if program.unloadable:
            found.update(dict.fromkeys(columns, _Cell(program.unloadable, program.load_seconds)))
            return []
        for column, reply in self._tests.run(unknown, program, self._behaviour):
            if isinstance(reply, End):
                found[column] = _Cell(reply, program.cpu_seconds(positions[column].history))
                continue
            asked = tuple(reply["asked"])
            if "verdict" in reply:
                answers = [program.answer(asked[: n + 1]) or "" for n in range(len(asked))]
                self._trees[column].learn(asked, answers, End(reply["verdict"]))
                positions[column] = self._trees[column].follow(program.answer)
            else:
                questions += [self._ahead(column, (*asked, call), ahead) for call in reply["unknown"]]
        for column, position in positions.items():
            if position.verdict and column not in found:
                found[column] = self._cell(position, program)
            elif position.unanswered:
                questions.append(self._ahead(column, position.history, ahead))
        return questions

    def _behaviour(self, column: int, program: ProgramAnswers) -> tuple[str | None, ...]:
        """The program's answers to what the test will probably ask."""
        expected = self._trees[column].longest
        return tuple(program.answer(expected[: n + 1]) for n in range(len(expected)))

    def _cell(self, position: TreePosition, program: ProgramAnswers) -> _Cell:
        seconds = program.cpu_seconds(position.history)
        if position.verdict is End.PASSED and seconds > self._limits.timeout_s and not self._limits.per_call:
            return _Cell(End.OUT_OF_CPU, seconds)
        assert position.verdict
        return _Cell(position.verdict, seconds, _output(position, program))


class _Cell(NamedTuple):
    """How a test ended, the program's CPU seconds, and a number that stands for what it answered."""

    end: End
    seconds: float
    output: int = NO_OUTPUT


_NO_VALUE = ('["raised"', '["absent"')
"""How an answer begins that is none, where a test failed on it."""


def _output(position: TreePosition, program: ProgramAnswers) -> int:
    """56 bits of SHA-256 over the program's answers, in order."""
    answers = [program.answer(position.history[: n + 1]) or "" for n in range(len(position.history))]
    failed = position.verdict is not End.PASSED and bool(answers) and answers[-1].startswith(_NO_VALUE)
    if failed or not UNANSWERED.isdisjoint(answers):
        return NO_OUTPUT
    return int.from_bytes(hashlib.sha256("\n".join(answers).encode()).digest()[:7], "big")


class _Tests:
    """The process in which the tests of a problem run: started when it is needed, replaced when it ends."""

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
        self._conversation: socket.socket | None = None
        self._fatal: dict[tuple[int, tuple[str | None, ...]], End] = {}

    def rehearse(self) -> list[tuple[str, ...]]:
        """What each test is likely to ask; nothing of one that does not end by itself."""
        replies = self._exchange(range(len(self._tests)), {"rehearse": True})
        return [() if isinstance(reply, End) else tuple(reply["asked"]) for _, reply in replies]

    def run(
        self,
        columns: Iterable[int],
        program: ProgramAnswers,
        behaviour: Callable[[int, ProgramAnswers], tuple[str | None, ...]],
    ) -> Iterator[tuple[int, _Reply]]:
        """What each of these tests asked, and its verdict or what it wants to know.

        A run that ended the process is not repeated for another program of the same `behaviour`, and no program of
        another suffers for it.
        """
        fresh = []
        for column in columns:
            known = self._fatal.get((column, behaviour(column, program))) if self._fatal else None
            if known:
                yield column, known
            else:
                fresh.append(column)
        for column, reply in self._exchange(fresh, {"answers": program.answers, "stateful": program.stateful}):
            if isinstance(reply, End):
                self._fatal[column, behaviour(column, program)] = reply
            yield column, reply

    def _exchange(self, columns: Iterable[int], request: Mapping[str, Any]) -> Iterator[tuple[int, _Reply]]:
        """A reply about each test, in order; a process that ends owes the others theirs, so that the next is asked."""
        left = list(columns)
        while left:
            conversation = (self._conversation or self._hire()).fileno()
            lines = LineReader(conversation)
            with contextlib.suppress(OSError):  # it is gone: reading will say so
                line = json.dumps({**request, "tests": left}).encode()
                write_line(conversation, line, time.monotonic() + _WRITE_S)
            lasting = True
            while left and lasting:
                reply = self._listen(lines)
                lasting = isinstance(reply, dict) and not reply["altered"]
                if not lasting:
                    self.dismiss()
                yield left.pop(0), reply

    def _listen(self, lines: LineReader) -> _Reply:
        """The process's next reply, or how it ended."""
        end = None
        if not lines.waiting:
            end = wait_with_limits(lines.descriptor, self._process, self._limits, beat=self._beat)
        if end is None:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # it is gone, or that is no reply
                return _checked(json.loads(lines.read(time.monotonic() + _WRITE_S)))
        return end or End.CRASHED

    def _hire(self) -> socket.socket:
        self._conversation, theirs = socket.socketpair()
        self._conversation.setblocking(False)
        self._process = os.fork()
        if self._process == 0:
            self._test(theirs.detach())
        theirs.close()
        return self._conversation

    def _test(self, conversation: int) -> NoReturn:
        try:
            os.closerange(3, conversation)
            os.closerange(conversation + 1, _MOST_DESCRIPTORS)
            drop_server_privileges(self._isolation)
            apply_rlimits(self._limits, _LIFETIME_S)
            drop_child_privileges(self._isolation)
            tester.serve(conversation, self._tests, self._entry_point)
        finally:
            os._exit(0)

    def dismiss(self) -> None:
        if self._conversation is None:
            return
        self._conversation.close()
        self._conversation = None
        end_child(self._process, self._isolation)


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    """The reply, if it is one; a test can write what it likes on the conversation.

    Raises:
        ValueError, KeyError or TypeError: it is none.
    """
    texts = [*reply["asked"], *reply.get("unknown", ())]
    if "verdict" in reply:
        End(reply["verdict"])
    if not all(isinstance(text, str) for text in texts) or not isinstance(reply["altered"], bool):
        raise ValueError("no reply of a tester's")
    return reply
