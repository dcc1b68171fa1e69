"""What a test asks of a program, as a tree: the same answers lead to the same questions and the same verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from coderm_eval.execution.wire.ends import UNANSWERED, End

__all__ = ["CallTree", "TreePosition", "key_of"]


def key_of(history: Sequence[str], *, stateful: bool) -> str:
    """What a program's answer to the last of these calls depends on: that call, or a digest of them all."""
    return hashlib.blake2b("\n".join(history).encode(), digest_size=16).hexdigest() if stateful else history[-1]


class TreePosition(NamedTuple):
    """How far the dialogue of a test with one program is known."""

    history: tuple[str, ...]
    """The calls made so far; without an answer to the last one where `unanswered`."""
    verdict: End | None = None
    unanswered: bool = False


class _Question:
    """A call, and what follows on each answer to it: another question, or a verdict."""

    __slots__ = ("call", "replies")

    def __init__(self, call: str) -> None:
        self.call = call
        self.replies: dict[str, _Question | End] = {}


class CallTree:
    """All that one test has asked, of whatever program, and what it concluded."""

    def __init__(self, expected: tuple[str, ...] = ()) -> None:
        self._start: _Question | End | None = None
        self.longest = expected
        """The most calls that one program was asked: what the next one is likely to be asked."""

    def follow(self, answer: Callable[[tuple[str, ...]], str | None]) -> TreePosition:
        """Go as far as the answers to the calls made so far, and what the test did on them, are known."""
        history: tuple[str, ...] = ()
        here = self._start
        while isinstance(here, _Question):
            history = (*history, here.call)
            reply = answer(history)
            if reply is None:
                return TreePosition(history, unanswered=True)
            if reply in UNANSWERED:
                return TreePosition(history, verdict=End(reply))
            here = here.replies.get(reply)
        return TreePosition(history, verdict=here)

    def learn(self, calls: Sequence[str], answers: Sequence[str], verdict: End) -> None:
        """The test made these calls, was answered so, and came to this verdict."""
        if len(calls) > len(self.longest):
            self.longest = tuple(calls)
        if not calls:
            self._start = verdict
            return
        here = self._start = self._asked(self._start, calls[0])
        for call, answer in zip(calls[1:], answers[:-1], strict=True):
            following = self._asked(here.replies.get(answer), call)
            here.replies[answer] = following
            here = following
        here.replies[answers[-1]] = verdict

    @staticmethod
    def _asked(known: _Question | End | None, call: str) -> _Question:
        return known if isinstance(known, _Question) and known.call == call else _Question(call)
