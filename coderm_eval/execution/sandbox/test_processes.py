"""The processes of a problem's tests: one for those that can share it, and a new one for each other test every time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.call_tree import key_of
from coderm_eval.execution.sandbox.judgement import Judgement
from coderm_eval.execution.sandbox.preloading import PACKAGES_OF_TESTS
from coderm_eval.execution.sandbox.program_answers import ProgramAnswers
from coderm_eval.execution.sandbox.test_reply import TestReply, parse_judgements, parse_reply
from coderm_eval.execution.sandbox.test_sandbox import TestProcess, TestSandbox
from coderm_eval.execution.wire.ends import End

__all__ = ["Behaviour", "TestProcesses"]

_IMPORT = re.compile(r"[ \t]*(?:import|from)\b.*")
"""Matches a line from its beginning: to search in the text of gold tests takes a tenth of the controller's time."""

Behaviour = bytes
"""A digest of the answers of a program to the calls that a test will probably make."""


class TestProcesses:
    """Runs the tests of a problem under their limits.

    Args:
        tests: source texts.
        shared: for each, whether it can share its process with others.
        entry_point: the function under test.
        limits: of a program; those of a test are made from them.
        sandbox: where processes are started.
    """

    def __init__(
        self, tests: Sequence[str], shared: Sequence[bool], entry_point: str, limits: Limits, sandbox: TestSandbox
    ) -> None:
        self._tests = tests
        self._shared = {column for column, can_share in enumerate(shared) if can_share}
        self._entry_point = entry_point
        self._limits = limits.for_test
        self._sandbox = sandbox
        self._process: TestProcess | None = None
        """The one that is shared."""
        self._fatal: dict[tuple[int, Behaviour], End] = {}

    def rehearse(self, judging: Collection[int] = ()) -> list[tuple[str, ...]]:
        """Return the calls that each test will probably make; none for a test that does not end by itself.

        Args:
            judging: the tests that say so themselves, as `judgement` has it.
        """
        columns = range(len(self._tests))
        others = [column for column in columns if column not in judging]
        calls = self._calls(judging, {"judged_calls": True}) | self._calls(others, {"rehearse": True})
        return [calls[column] for column in columns]

    def _calls(self, columns: Iterable[int], request: Mapping[str, Any]) -> dict[int, tuple[str, ...]]:
        replies = self._replies(columns, request, lambda _: request)
        return {column: () if isinstance(reply, End) else reply.calls for column, reply in replies}

    def run(
        self,
        columns: Iterable[int],
        program: ProgramAnswers,
        behaviour: Callable[[int, ProgramAnswers], Behaviour],
        answers: Callable[[int, ProgramAnswers], Mapping[str, str]],
    ) -> Iterator[tuple[int, TestReply | End]]:
        """Yield for each of these tests what it did on the program's answers, or how its process ended.

        A test that ended its process is not run again for another program of the same `behaviour`. Programs of other
        behaviour do not suffer for it.

        Args:
            answers: those that the test gets to know if it is run alone.
        """
        left = []
        for column in columns:
            known = self._fatal.get((column, behaviour(column, program))) if self._fatal else None
            if known:
                yield column, known
            else:
                left.append(column)

        def alone(column: int) -> Mapping[str, Any]:
            return {"answers": answers(column, program), "stateful": program.stateful}

        together = {"answers": program.answers, "stateful": program.stateful}
        for column, reply in self._replies(left, together, alone):
            if isinstance(reply, End):
                self._fatal[column, behaviour(column, program)] = reply
            yield column, reply

    def judge(self, column: int, answers: Sequence[tuple[int, str]]) -> Sequence[Judgement]:
        """Return what a test that has a judge says of answers, as a `Judge`.

        That is nothing, so that the test has to be run, where its process does not live to say it.
        """
        if column not in self._shared:
            return []
        process = self._shared_process()
        process.send({"tests": [column], "judge": answers})
        line = process.reply(self._limits)
        judged, last = ([], True) if isinstance(line, End) else parse_judgements(line)
        if last:
            self.stop()
        return judged

    def stop(self) -> None:
        """End the shared process."""
        process, self._process = self._process, None
        if process:
            process.end()

    def _replies(
        self, columns: Iterable[int], together: Mapping[str, Any], alone: Callable[[int], Mapping[str, Any]]
    ) -> Iterator[tuple[int, TestReply | End]]:
        """Yield a reply for each test.

        Args:
            together: the request to the shared process.
            alone: the request to a process of the test's own.
        """
        left = list(columns)
        for column, reply in self._in_shared_process([column for column in left if column in self._shared], together):
            if reply is End.CRASHED or _wants_to_be_alone(reply):
                self._shared.discard(column)
            else:
                left.remove(column)
                yield column, reply
        for column in left:
            process, request = self._start([column], shared=False), alone(column)
            process.send({**request, "tests": [column]})
            reply = self._reply(process)
            process.end()
            yield column, End.CRASHED if _wants_to_be_alone(reply) or _asks_again(reply, request) else reply

    def _in_shared_process(
        self, columns: list[int], request: Mapping[str, Any]
    ) -> Iterator[tuple[int, TestReply | End]]:
        """Yield a reply for each test, in order; where the process ends, the next one gets the tests that are left."""
        left = columns
        while left:
            process = self._shared_process()
            process.send({**request, "tests": left})
            lasting = True
            while left and lasting:
                reply = self._reply(process)
                lasting = isinstance(reply, TestReply) and not reply.last
                if not lasting:
                    self.stop()
                yield left.pop(0), reply

    def _shared_process(self) -> TestProcess:
        if self._process and not self._process.is_running:  # it went together with a test's that was run alone
            self.stop()
        self._process = self._process or self._start(sorted(self._shared), shared=True)
        return self._process

    def _start(self, columns: Sequence[int], *, shared: bool) -> TestProcess:
        process = self._sandbox.start(_libraries(self._tests[column] for column in columns))
        tests = {column: self._tests[column] for column in columns}
        exact = not self._limits.per_call  # grades are the benchmarks' own
        process.send({"tests": tests, "entry_point": self._entry_point, "shared": shared, "exact": exact})
        return process

    def _reply(self, process: TestProcess) -> TestReply | End:
        line = process.reply(self._limits)
        return line if isinstance(line, End) else parse_reply(line)


def _wants_to_be_alone(reply: TestReply | End) -> bool:
    return isinstance(reply, TestReply) and not (reply.verdict or reply.unknown)


def _asks_again(reply: TestReply | End, request: Mapping[str, Any]) -> bool:
    """Return whether a test asks for an answer that it was sent, as only a forged reply does, up to 200 times."""
    if isinstance(reply, End) or "answers" not in request:
        return False
    asked = ([*reply.calls, call] for call in reply.unknown)
    return any(key_of(calls, stateful=request["stateful"]) in request["answers"] for calls in asked)


def _libraries(tests: Iterable[str]) -> set[str]:
    """Return the known packages that import statements of these tests name."""
    lines = (line for test in tests for line in test.split("\n") if _IMPORT.match(line))
    return {word for line in lines for word in re.findall(r"\w+", line)} & PACKAGES_OF_TESTS
