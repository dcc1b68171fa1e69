"""The verdicts of a problem's tests, on one program after the other."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from coderm_eval.execution.limits import Limits
from coderm_eval.execution.sandbox.call_runner import CallRunner
from coderm_eval.execution.sandbox.call_tree import CallTree, TreePosition
from coderm_eval.execution.sandbox.judged_test import JudgedTest
from coderm_eval.execution.sandbox.output_number import output_number
from coderm_eval.execution.sandbox.program_answers import ProgramAnswers
from coderm_eval.execution.sandbox.test_processes import Behaviour, TestProcesses
from coderm_eval.execution.sandbox.test_sandbox import TestSandbox
from coderm_eval.execution.wire.ends import UNANSWERED, End

__all__ = ["TestRunner"]

_MOST_ROUNDS = 200
"""Times that a program is asked what its tests want to know next. After the first few, each is one more call in a
chain."""

_AHEAD = 32
"""Calls of a test that a program is asked at first, without waiting for what the test makes of the answers. Few tests
make more, and a long one may be decided by its first calls."""
_MORE_AHEAD = 8
"""Times as many in each round after that. A round is one more fork, 4 ms; a call that computes little takes 0.04 ms."""


class TestRunner:
    """Puts the calls of tests to programs.

    Args:
        limits: of a program's calls in one test, and of the test itself.
        sandbox: where tests run.
    """

    def __init__(self, limits: Limits, sandbox: TestSandbox) -> None:
        self._default_limits = self._limits = limits
        self._sandbox = sandbox
        self._tests = TestProcesses((), (), "", limits, sandbox)
        self._trees: list[CallTree] = []
        self._judging: Sequence[int] = ()
        self._judged: dict[int, JudgedTest] = {}
        """The tests that judge single answers."""
        self._asked: defaultdict[int, list[tuple[str, ...]]] = defaultdict(list)
        """By test: the calls that the program is asked for its sake."""
        self._reasons: dict[int, str] = {}
        """By test: the error of its own with which it ended on the current program's answers."""

    def set_tests(
        self,
        tests: Sequence[str],
        shared: Sequence[bool],
        judging: Sequence[bool],
        entry_point: str,
        timeout_s: float | None,
    ) -> None:
        """Use these tests from now on.

        Args:
            shared: for each, whether it can share its process with others.
            judging: for each, whether its `judgement` is asked.
            entry_point: the function under test.
            timeout_s: in place of the limits' own, if it is given.
        """
        self._tests.stop()
        self._limits = self._default_limits._replace(timeout_s=timeout_s or self._default_limits.timeout_s)
        self._tests = TestProcesses(tests, shared, entry_point, self._limits, self._sandbox)
        self._trees = []
        self._judging = [column for column, judges in enumerate(judging) if judges]

    def calls_alone(self, calls: Sequence[str], timeout_s: float | None) -> CallRunner:
        """Return what puts these calls, which no test makes, to programs; tests' processes are ended."""
        self._tests.stop()
        return CallRunner(calls, timeout_s or self._default_limits.timeout_s)

    def rehearsed(self) -> list[tuple[str, ...]]:
        """Return the calls that each test will probably make."""
        return self._tests.rehearse(self._judging)

    def judged_calls(self) -> list[str]:
        """Return the calls of tests whose judgement is asked."""
        self._begin()
        return [call for judged in self._judged.values() for call in judged.calls]

    def _begin(self) -> None:
        """Rehearse the tests: not in `set_tests`, which has no reply that the pool waits for."""
        if self._trees:
            return
        calls = self.rehearsed()
        self._trees = list(map(CallTree, calls))
        self._judged = {
            column: JudgedTest(calls[column], partial(self._tests.judge, column)) for column in self._judging
        }

    def row(self, program: ProgramAnswers, columns: Sequence[int]) -> dict[str, Any]:
        """Run the tests with the numbers `columns` against one program.

        Returns:
            {"verdicts": the letter of an `End` for each test, "cpu_seconds": the program's, for each test, "outputs":
            those of `Verdicts.outputs`, None for NO_OUTPUT, "reasons": those of `ExecutionResult.reason`}.
        """
        self._begin()
        self._asked.clear()
        self._reasons.clear()
        found: dict[int, _Cell] = {}
        wanted = [self._extended(column, (), _AHEAD) for column in columns]
        for number in range(1, _MOST_ROUNDS + 1):
            self._ask(program, wanted)
            left = [column for column in columns if column not in found]
            wanted = self._round(program, left, found, _AHEAD * _MORE_AHEAD ** min(number, 6))
            if len(found) == len(columns):
                break
        cells = [found.get(column, _Cell(End.OUT_OF_CPU, program.load_seconds)) for column in columns]
        return {
            "verdicts": "".join(cell.end for cell in cells),
            "cpu_seconds": [round(cell.seconds, 6) for cell in cells],
            "outputs": [cell.output for cell in cells],
            "reasons": [self._reasons.get(column, "") for column in columns],
        }

    def _ask(self, program: ProgramAnswers, histories: Sequence[tuple[str, ...]]) -> None:
        """Have the program answer the calls of each history, or those before one that takes long."""
        patience_s = self._limits.patience_s if self._limits.per_call else None
        program.ask(histories, self._limits.timeout_s, patience_s=patience_s or math.inf)

    def _extended(self, column: int, history: tuple[str, ...], most: int) -> tuple[str, ...]:
        """Return the calls `history` and what will probably follow them in this test, up to `most` in all."""
        expected = self._trees[column].longest
        calls = expected[: max(most, len(history))] if expected[: len(history)] == history else history
        self._asked[column].append(calls)
        return calls

    def _round(
        self, program: ProgramAnswers, columns: Sequence[int], found: dict[int, _Cell], most: int
    ) -> list[tuple[str, ...]]:
        """Take each test as far as the program's answers are known, and put what is decided into `found`.

        Returns:
            The calls that the other tests come to, each with those that will probably follow, up to `most`.
        """
        if program.unloadable:
            found.update(dict.fromkeys(columns, _Cell(program.unloadable, program.load_seconds)))
            return []
        positions = {column: self._position(column, program) for column in columns}
        wanted = self._run_tests(program, positions, found, most)
        for column, position in positions.items():
            if position.verdict and column not in found:
                found[column] = self._cell(position, program)
            elif position.unanswered:
                wanted.append(self._extended(column, position.history, most))
        return wanted

    def _position(self, column: int, program: ProgramAnswers) -> TreePosition:
        judged = self._judged.get(column)
        position = judged.follow(program) if judged else None
        return position or self._trees[column].follow(program.answer)

    def _run_tests(
        self, program: ProgramAnswers, positions: dict[int, TreePosition], found: dict[int, _Cell], most: int
    ) -> list[tuple[str, ...]]:
        """Run the tests of which it is not known what they do on the program's answers; returns what they ask next."""
        unknown = [column for column, p in positions.items() if p.verdict is None and not p.unanswered]
        wanted: list[tuple[str, ...]] = []
        for column, reply in self._tests.run(unknown, program, self._behaviour, self._answers):
            if isinstance(reply, End):
                found[column] = _Cell(reply, program.cpu_seconds(positions[column].history))
            elif reply.verdict:
                self._reasons[column] = reply.reason
                answers = [program.answers.get(key, "") for key in program.keys(reply.calls)]
                self._trees[column].learn(reply.calls, answers, reply.verdict)
                positions[column] = self._trees[column].follow(program.answer)
            else:
                wanted += [self._extended(column, (*reply.calls, call), most) for call in reply.unknown]
        return wanted

    def _answers(self, column: int, program: ProgramAnswers) -> dict[str, str]:
        """Return the program's answers to the calls that this test is known to make, and no others."""
        keys = {key for calls in self._asked[column] for key in program.keys(calls)}
        return {key: program.answers[key] for key in keys & program.answers.keys()}

    def _behaviour(self, column: int, program: ProgramAnswers) -> Behaviour:
        expected = self._trees[column].longest
        answers = (program.answers.get(key, "") for key in program.keys(expected))
        return hashlib.sha256("\n".join(answers).encode()).digest()

    def _cell(self, position: TreePosition, program: ProgramAnswers) -> _Cell:
        seconds = program.cpu_seconds(position.history)
        if position.verdict is End.PASSED and seconds > self._limits.timeout_s and not self._limits.per_call:
            return _Cell(End.OUT_OF_CPU, seconds)
        assert position.verdict
        return _Cell(position.verdict, seconds, _output(position))


class _Cell(NamedTuple):
    """How a test ended, the program's CPU seconds, and the `output_number` of its answers, if they have one."""

    end: End
    seconds: float
    output: int | None = None


_NO_VALUE = ('["raised"', '["absent"')
"""How an answer begins that is no value, where a test failed on it."""


def _output(position: TreePosition) -> int | None:
    """Return the number of the program's answers, in order; None where one is no value, or nobody compares them."""
    answers = position.answers
    if answers is None:
        return None
    failed = position.verdict is not End.PASSED and bool(answers) and answers[-1].startswith(_NO_VALUE)
    if failed or not UNANSWERED.isdisjoint(answers):
        return None
    return output_number("\n".join(answers))
