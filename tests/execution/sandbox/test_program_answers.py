"""The answers of one program: all of them together are bounded, since all of them are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coderm_eval.execution.sandbox.program_answers import ProgramAnswers
from coderm_eval.execution.sandbox.program_process import LOADED
from coderm_eval.execution.wire.ends import End

_MIB = 1 << 20


class _Sandbox:
    """Answers each call with so many characters; a process of its own holds as much as it is asked for."""

    per_call = False

    def __init__(self, answer: str) -> None:
        self._answer = answer

    def run(
        self, program: str, imports: object, runs: Sequence[Sequence[str]], *_: object, **_how: object
    ) -> tuple[End, Any]:
        return End.CRASHED, [(0.0, text) for run in runs for text in (LOADED, *(self._answer for _ in run))]


def _answers(answer: str, asks: int, *, stateful: bool) -> list[str]:
    """What a program that is asked for one more answer each time has said."""
    sandbox: Any = _Sandbox(answer)
    program = ProgramAnswers("", (), sandbox, stateful=stateful, process_per_run=False)
    histories = [[f'["f",[{n}]]'] for n in range(asks)]
    for history in histories:
        program.ask([history], 1.0)
    return [program.answer(history) or "" for history in histories]


def test_a_program_answers_no_more_than_256_mib_in_all() -> None:
    large = "x" * (32 * _MIB)
    for stateful in (False, True):
        assert _answers(large, 12, stateful=stateful) == [large] * 9 + [End.CRASHED] * 3


def test_what_may_be_answered_in_one_process_is_never_too_much() -> None:
    largest = "x" * (256 * _MIB)
    assert _answers(largest, 1, stateful=False) == [largest]


def test_many_answers_of_kilobytes_are_not_too_much() -> None:
    text = "x" * 1024
    assert _answers(text, 10_000, stateful=False) == [text] * 10_000


class _Slow:
    """Is asked for a call that takes long, and told to go on with it."""

    per_call = True

    def __init__(self, answers_at_once: int) -> None:
        self._at_once = answers_at_once
        self._left: list[tuple[float, str]] = []
        self.asked: list[list[str]] = []

    def run(self, program: str, imports: object, runs: list[list[str]], *_: object, **_how: object) -> tuple[None, Any]:
        self.asked += runs
        replies = [(0.0, text) for run in runs for text in (LOADED, *(f"answer to {call}" for call in run))]
        self._left = replies[self._at_once :]
        return None, replies[: self._at_once]

    def go_on(self, patience_s: float) -> tuple[None, Any]:
        return None, self._left


def _asked(first: list[list[str]], then: list[list[str]], *, stateful: bool, at_once: int) -> list[list[str]]:
    """What a program is asked for these histories, whose answers are all there in the end."""
    sandbox: Any = _Slow(at_once)
    program = ProgramAnswers("", (), sandbox, stateful=stateful, process_per_run=False)
    program.ask(first, 1.0, patience_s=0.1)
    sandbox._at_once = 100
    program.ask(then, 1.0, patience_s=0.1)
    assert all(program.answer(history) == f"answer to {history[-1]}" for history in then)
    return list(sandbox.asked)


def test_a_call_that_takes_long_is_made_once() -> None:
    for stateful in (False, True):
        for at_once in range(1, 4):
            assert _asked([["a", "b", "c"]], [["a", "b", "c"]], stateful=stateful, at_once=at_once) == [["a", "b", "c"]]


def test_what_comes_after_a_call_that_takes_long_is_asked_for_anew() -> None:
    assert _asked([["a", "b"]], [["a", "b", "c"]], stateful=False, at_once=2) == [["a", "b"], ["c"]]


def test_loading_anew_belongs_to_the_call_that_comes_after_it() -> None:
    """Each run of a program that keeps a state is loaded; the reply may end between two of them."""
    both = [["a"], ["b"]]
    assert _asked(both, [["b"]], stateful=True, at_once=2) == both


def test_a_call_that_takes_long_is_not_waited_for_if_nobody_comes_to_it() -> None:
    assert _asked([["a", "slow"], ["b"]], [["b"]], stateful=False, at_once=2) == [["a", "slow", "b"], ["b"]]
