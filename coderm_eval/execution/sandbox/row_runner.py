"""Programs against the tests of one problem, as the pool asks for them: what is the same is run once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from coderm_eval.execution.sandbox.call_runner import CallRunner
from coderm_eval.execution.sandbox.judgement import has_judge
from coderm_eval.execution.sandbox.program_answers import ProgramAnswers
from coderm_eval.execution.sandbox.program_sandbox import ProgramSandbox
from coderm_eval.execution.sandbox.test_runner import TestRunner
from coderm_eval.execution.static_analysis import ProgramInfo, TestInfo, analyse, analyse_test
from coderm_eval.execution.wire.ends import End

__all__ = ["RowRunner"]

_NOT_PYTHON = (End.FAILED, 0.0, None, "")
"""The cell of a program or test that cannot be parsed: nothing is run."""

_MOST_ENDLESS = 1_000
"""Programs that are remembered because they take too long to load: 6 of 2,792 of CodeGen-16B do."""


class RowRunner:
    """Looks at texts before they are run. It does so here, and not in the process that all workers wait for: a program
    or a test takes 0.3 ms, as long as running 20 cells.

    Args:
        runner: runs tests.
        sandbox: where programs run.
        beat: called now and then during long work.
    """

    def __init__(self, runner: TestRunner, sandbox: ProgramSandbox, beat: Callable[[], None]) -> None:
        self._runner = runner
        self._sandbox = sandbox
        self._beat = beat
        self._asking: TestRunner | CallRunner = runner
        self._unseen: Callable[[], None] | None = None
        """Looks at the tests: at the first request, since what sets them has no reply that could be waited for."""
        self._numbers: Sequence[int | None] = ()
        """For each test, the number of the first that is the same; None for one that is not Python."""
        self._replies: dict[tuple[str, int, tuple[int, ...]], dict[str, Any]] = {}
        """By a program's identity or likeness, the tests in which it timed out before, and those that it was run
        against."""
        self._endless: set[str] = set()
        """Programs that could not be loaded in their time: they are not tried again for a problem's next tests."""

    def set_tests(
        self, tests: Sequence[str], trusted: Sequence[bool], entry_point: str, timeout_s: float | None
    ) -> None:
        """Use these tests from now on, with `timeout_s` in place of the limits' own if it is given."""
        self._replies.clear()
        self._unseen = lambda: self._look_at(tests, trusted, entry_point, timeout_s)

    def set_calls(self, calls: Sequence[str], timeout_s: float | None) -> None:
        """Use these calls, which no test makes, from now on."""
        self._replies.clear()
        self._unseen = None
        self._numbers = range(len(calls))
        self._asking = self._runner.calls_alone(calls, timeout_s)

    def rehearsed(self) -> list[Sequence[str]]:
        """Return the calls that each test will probably make."""
        self._see_tests()
        calls = self._runner.rehearsed()
        return [() if number is None else calls[number] for number in self._numbers]

    def row(self, source: str, process_per_call: bool, timeouts: int, columns: Sequence[int]) -> dict[str, Any]:
        """Run the tests with the numbers `columns` against one program, which timed out before in so many; returns what
        `TestRunner.row` does."""
        self._see_tests()
        info = analyse(source)
        numbers = [self._numbers[column] for column in columns]
        wanted = tuple(dict.fromkeys(number for number in numbers if number is not None)) if info else ()
        found = self._cells(source, info, process_per_call, timeouts, wanted) if info else []
        by_number = dict(zip(wanted, found, strict=True))
        cells = [by_number.get(number, _NOT_PYTHON) if number is not None else _NOT_PYTHON for number in numbers]
        verdicts, seconds, outputs, reasons = zip(*cells, strict=True)
        return {"verdicts": "".join(verdicts), "cpu_seconds": seconds, "outputs": outputs, "reasons": reasons}

    def _look_at(
        self, tests: Sequence[str], trusted: Sequence[bool], entry_point: str, timeout_s: float | None
    ) -> None:
        first: dict[str, int] = {}
        distinct: list[str] = []
        shared: list[bool] = []
        judging: list[bool] = []
        numbers: list[int | None] = []
        for test, is_trusted in zip(tests, trusted, strict=True):
            self._beat()
            info = TestInfo(test, harmless=True) if is_trusted else analyse_test(test)
            numbers.append(first.setdefault(info.identity, len(distinct)) if info else None)
            if info and numbers[-1] == len(distinct):
                distinct.append(test)
                shared.append(info.harmless)
                judging.append(is_trusted and has_judge(test))
        self._numbers, self._asking = numbers, self._runner
        self._runner.set_tests(distinct, shared, judging, entry_point, timeout_s)
        if any(judging):
            self._sandbox.prepare(self._runner.judged_calls())

    def _see_tests(self) -> None:
        if self._unseen:
            self._unseen()
            self._unseen = None

    def _cells(
        self, source: str, info: ProgramInfo, process_per_call: bool, timeouts: int, columns: tuple[int, ...]
    ) -> list[tuple[Any, ...]]:
        """Return what `TestRunner.row` says of each of the tests; the outputs of a program that knows addresses differ
        from process to process, and are left out."""
        same = info.identity, timeouts, columns
        alike = info.likeness, timeouts, columns
        reply = self._replies.get(same) or self._replies.get(alike)
        if reply is None and columns:
            program = self._program(source, info, process_per_call, timeouts)
            reply = self._replies[same] = self._asking.row(program, columns)
            if info.likeness and not program.may_name_variables():
                self._replies[alike] = reply
            if program.unloadable is End.OUT_OF_CPU:
                self._remember_as_endless(info)
            self._sandbox.let_go()
        if reply is None:
            return []
        outputs = [None] * len(columns) if info.knows_addresses else reply["outputs"]
        return list(zip(reply["verdicts"], reply["cpu_seconds"], outputs, reply["reasons"], strict=True))

    def _remember_as_endless(self, info: ProgramInfo) -> None:
        if len(self._endless) == _MOST_ENDLESS:
            self._endless.clear()
        self._endless.add(info.identity)

    def _program(self, source: str, info: ProgramInfo, process_per_call: bool, timeouts: int) -> ProgramAnswers:
        program = ProgramAnswers(
            source,
            info.imports,
            self._sandbox,
            stateful=info.stateful and not process_per_call,
            process_per_run=info.stateful and (process_per_call or info.reaches_out),
            code=info.code,
            timeouts=timeouts,
        )
        if info.identity in self._endless:
            program.unloadable = End.OUT_OF_CPU
        return program
