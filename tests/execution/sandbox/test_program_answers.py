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
        self, program: str, imports: object, runs: Sequence[Sequence[str]], *_: object, apart: bool, code: bytes
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
