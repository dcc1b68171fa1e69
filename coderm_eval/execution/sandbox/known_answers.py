"""What answers the calls of a test: a program, as far as its answers are known, or nobody at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coderm_eval.execution.sandbox.call_tree import key_of
from coderm_eval.execution.wire.encoding import decode
from coderm_eval.execution.wire.ends import UNANSWERED, End

__all__ = ["Agreeable", "KnownAnswers", "Rehearsal", "UnknownAnswerError"]

_MOST_REHEARSED = 2_000
"""Calls in a rehearsal: a test that loops until an answer suits it would go on for ever."""


class UnknownAnswerError(BaseException):
    """Ends a test method at a call to which no answer is known; not an Exception, so that tests do not catch it."""


class KnownAnswers:
    """Answers calls as the program did."""

    def __init__(self, answers: Mapping[str, str], stateful: bool) -> None:
        self._answers = answers
        self._stateful = stateful
        self.calls: list[str] = []
        self.unknown: list[str] = []
        self.end: End | None = None
        """The verdict, if the program did not live to answer a call."""

    def answer(self, call: str) -> Any:
        if self.end or (self._stateful and self.unknown):
            raise UnknownAnswerError  # what comes after a call without an answer depends on it
        text = self._answers.get(key_of([*self.calls, call], stateful=self._stateful))
        if text is None:
            self.unknown.append(call)
            raise UnknownAnswerError
        self.calls.append(call)
        if text in UNANSWERED:
            self.end = End(text)
            raise UnknownAnswerError
        return decode(text)


class Rehearsal:
    """Answers every call with a value that agrees to everything."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def answer(self, call: str) -> Any:
        if len(self.calls) == _MOST_REHEARSED:
            raise UnknownAnswerError
        self.calls.append(call)
        return ["function"] if len(decode(call)) == 1 else ["returned", Agreeable(), None, None]


class Agreeable:
    """What a program returns in a rehearsal."""

    def _agree(self, *_: object, **__: object) -> Any:
        return self

    __getattr__ = __getitem__ = __call__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _agree
    __truediv__ = __rtruediv__ = __mod__ = __neg__ = __abs__ = __round__ = __enter__ = _agree

    def _yes(self, _: object = None) -> bool:
        return True

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _yes
    __hash__ = object.__hash__

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 1
