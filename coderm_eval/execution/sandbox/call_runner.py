"""What programs answer to calls that no test makes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from coderm_eval.execution.sandbox.output_number import output_number
from coderm_eval.execution.sandbox.program_answers import ProgramAnswers
from coderm_eval.execution.wire.ends import End

__all__ = ["CallRunner"]

_ENDS = frozenset(End)
_MOST_ROUNDS = 3
"""Times that a program is asked: an answer that holds an object has all calls asked again, each in a run of its own."""
_RETURNED = '["returned",'
_RAISED = re.compile(r'\["raised","\w+","\w+",')
"""Matches the beginning of an answer that is an exception, with its type; what one says is not looked at."""


class CallRunner:
    """Puts calls to programs, each by itself; the counterpart of `TestRunner`.

    Args:
        calls: as text.
        timeout_s: CPU seconds of each.
    """

    def __init__(self, calls: Sequence[str], timeout_s: float) -> None:
        self._calls = calls
        self._timeout_s = timeout_s

    def row(self, program: ProgramAnswers, columns: Sequence[int]) -> dict[str, Any]:
        """Put the calls with the numbers `columns` to one program; returns what `TestRunner.row` does."""
        histories = [(self._calls[column],) for column in columns]
        for _ in range(_MOST_ROUNDS):
            if program.unloadable or all(program.answer(history) for history in histories):
                break
            program.ask(histories, self._timeout_s)
        answers = [program.unloadable or program.answer(history) or End.CRASHED for history in histories]
        return {
            "verdicts": "".join(map(_end, answers)),
            "cpu_seconds": [round(program.cpu_seconds(history), 6) for history in histories],
            "outputs": list(map(_output, answers)),
            "reasons": [""] * len(answers),
        }


def _end(answer: str) -> End:
    if answer in _ENDS:
        return End(answer)
    return End.PASSED if answer.startswith(_RETURNED) else End.FAILED


def _output(answer: str) -> int | None:
    """Return the number of what was returned, or of the type of what was raised; None where there is no answer."""
    raised = _RAISED.match(answer)
    if not (raised or answer.startswith(_RETURNED)):
        return None
    return output_number(raised[0] if raised else answer)
