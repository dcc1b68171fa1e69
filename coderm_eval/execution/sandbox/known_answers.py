"""What answers the calls of a test: a program, as far as its answers are known, or nobody at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from coderm_eval.execution.sandbox.call_tree import key_of
from coderm_eval.execution.wire.encoding import UnreadableError
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

    def answer(self, call: str, decode: Callable[[str], Any]) -> Any:
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
        try:
            return decode(text)
        except UnreadableError:  # the program has written what it likes
            self.end = End.CRASHED
            raise UnknownAnswerError from None


class Rehearsal:
    """Answers every call with a value that agrees to everything, or with an object that has every method."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._objects = 0

    def answer(self, call: str, decode: Callable[[str], Any]) -> Any:
        if len(self.calls) == _MOST_REHEARSED:
            raise UnknownAnswerError
        self.calls.append(call)
        target, *how = json.loads(call)
        is_name = isinstance(target, str)
        is_class = is_name and target[:1].isupper() and "_" not in target
        if len(how) < 2:
            return ["class" if is_class else "function" if is_name else "method"]
        if is_class:
            self._objects += 1
            return decode(f'["returned",{{"object":[{self._objects - 1},{json.dumps(target)}]}},null,null]')
        return ["returned", _REHEARSED.get(how[0], Agreeable()) if not is_name else Agreeable(), None, None]


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


_REHEARSED = {"__len__": 1, "__bool__": True, "__hash__": 0, "__str__": "", "__repr__": "", "__iter__": iter(())}
"""What Python does not accept any value for."""
