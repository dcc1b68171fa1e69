"""The verdicts of a problem's tests, on one program after the other."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from coderm_eval.execution import tester
from coderm_eval.execution.confinement import end_child, limit, lower_child, lower_server
from coderm_eval.execution.dialogue import Dialogue
from coderm_eval.execution.isolation.levels import Isolation
from coderm_eval.execution.lines import LineReader, write_line
from coderm_eval.execution.policy import Policy
from coderm_eval.execution.programs import Program
from coderm_eval.execution.watch import watch

__all__ = ["Judge"]

_MOST_ROUNDS = 200
"""Of asking a program what its tests want to know next; after the first few, each is one more call in a chain."""

_MOST_DESCRIPTORS = 64
_LIFETIME_S = 3600
"""CPU seconds of one testing process, which is ended long before by its limit for a single run."""


class Judge:
    """Puts the questions of tests to programs.

    Args:
        policy: limits of a program's calls in one test, and of the test itself.
        isolation: what this process has entered, and its testing processes have to take on.
    """

    def __init__(self, policy: Policy, isolation: Isolation) -> None:
        self._policy = policy
        self._isolation = isolation
        self._tests = _Tests((), "", policy, isolation)
        self._dialogues: list[Dialogue] = []

    def take(self, tests: Sequence[str], entry_point: str) -> None:
        """These are the tests from now on."""
        self.close()
        self._tests = _Tests(tests, entry_point, self._policy, self._isolation)
        self._dialogues = [self._tests.rehearsed(column) for column in range(len(tests))]

    def close(self) -> None:
        self._tests.dismiss()

    def row(self, program: Program, columns: Sequence[int]) -> dict[str, Any]:
        """{"verdicts": a letter for each of the tests `columns`, "cpu_seconds": the program's, for each}."""
        program.ask(self._expected(columns, program.stateful))
        found: dict[int, tuple[str, float]] = {}
        for _ in range(_MOST_ROUNDS):
            steps = {column: self._advance(column, program) for column in columns if column not in found}
            found.update({column: (step.verdict, step.seconds) for column, step in steps.items() if step.verdict})
            if len(found) == len(columns):
                break
            program.ask(question for step in steps.values() for question in step.questions)
        cells = [found.get(column, ("T", program.load_seconds)) for column in columns]
        return {"verdicts": "".join(v for v, _ in cells), "cpu_seconds": [round(s, 6) for _, s in cells]}

    def _expected(self, columns: Sequence[int], stateful: bool) -> list[tuple[str, ...]]:
        """Histories that the tests will probably want to know of the next program."""
        longest = [self._dialogues[column].longest for column in columns]
        return longest if stateful else [(call,) for calls in longest for call in calls]

    def _advance(self, column: int, program: Program) -> _Step:
        """Take a test as far as the program's answers are known."""
        if program.unloadable:
            return _Step(program.unloadable, program.load_seconds)
        dialogue = self._dialogues[column]
        position = dialogue.follow(program.answer)
        if position.verdict is None and not position.unanswered:
            expected = dialogue.longest
            behaviour = tuple(program.answer(expected[: n + 1]) for n in range(len(expected)))
            reply = self._tests.run(column, program, behaviour)
            if isinstance(reply, str):
                return _Step(reply, program.cpu_seconds(position.history))
            asked = tuple(reply["asked"])
            if "verdict" not in reply:
                return _Step(questions=[(*asked, call) for call in reply["unknown"]])
            dialogue.learn(asked, [program.answer(asked[: n + 1]) or "" for n in range(len(asked))], reply["verdict"])
            position = dialogue.follow(program.answer)
        if position.verdict is None:
            return _Step(questions=[position.history])
        seconds = program.cpu_seconds(position.history)
        late = position.verdict == "P" and seconds > self._policy.timeout_s
        return _Step("T" if late else position.verdict, seconds)


class _Step(NamedTuple):
    """A verdict and the program's CPU seconds, or the questions that stand before it."""

    verdict: str | None = None
    seconds: float = 0.0
    questions: Sequence[tuple[str, ...]] = ()


class _Tests:
    """The process in which the tests of a problem run: started when it is needed, replaced when it ends."""

    def __init__(self, tests: Sequence[str], entry_point: str, policy: Policy, isolation: Isolation) -> None:
        self._tests = tests
        self._entry_point = entry_point
        self._policy = policy
        self._isolation = isolation
        self._process = 0
        self._conversation: socket.socket | None = None
        self._fatal: dict[tuple[int, tuple[str | None, ...]], str] = {}

    def rehearsed(self, column: int) -> Dialogue:
        """A dialogue that knows nothing but what the test is likely to ask."""
        dialogue = Dialogue()
        reply = self._exchange({"test": column, "rehearse": True})
        if isinstance(reply, dict):
            dialogue.longest = tuple(reply["asked"])
        return dialogue

    def run(self, column: int, program: Program, behaviour: tuple[str | None, ...]) -> Mapping[str, Any] | str:
        """What test `column` asked, and its verdict or what it wants to know; a letter if that ended the process.

        `behaviour`: the program's answers to what the test will probably ask. A run that ended the process is not
        repeated for another program of the same behaviour; one of another behaviour does not suffer for it.
        """
        if (column, behaviour) not in self._fatal:
            request = {"test": column, "answers": program.answers, "stateful": program.stateful}
            reply = self._exchange(request)
            if isinstance(reply, dict):
                return reply
            self._fatal[column, behaviour] = reply
        return self._fatal[column, behaviour]

    def _exchange(self, request: Mapping[str, Any]) -> dict[str, Any] | str:
        """The process's reply, or the letter that says how it ended."""
        conversation = self._conversation or self._hire()
        try:
            write_line(conversation.fileno(), json.dumps(request).encode())
            ending = watch(conversation.fileno(), self._process, self._policy)
            if ending == "ready":
                line = LineReader(conversation.fileno()).read(time.monotonic() + self._policy.wall_s)
                reply = _checked(json.loads(line))
                if reply["altered"]:
                    self.dismiss()
                return reply
        except (OSError, ValueError, KeyError, TypeError):  # it is gone, or a test wrote what is no reply
            ending = "ready"
        self.dismiss()
        return {"out of cpu": "T", "out of time": "W"}.get(ending, "C")

    def _hire(self) -> socket.socket:
        self._conversation, theirs = socket.socketpair()
        self._process = os.fork()
        if self._process == 0:
            self._test(theirs.detach())
        theirs.close()
        return self._conversation

    def _test(self, conversation: int) -> NoReturn:
        try:
            os.closerange(3, conversation)
            os.closerange(conversation + 1, _MOST_DESCRIPTORS)
            lower_server(self._isolation)
            limit(self._policy, _LIFETIME_S)
            lower_child(self._isolation)
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
    texts = [*reply["asked"], *reply.get("unknown", ()), reply.get("verdict", "F")]
    if not all(isinstance(text, str) for text in texts) or not isinstance(reply["altered"], bool):
        raise ValueError("no reply of a tester's")
    return reply
