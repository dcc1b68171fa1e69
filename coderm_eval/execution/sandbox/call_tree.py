"""The calls of a test as a tree: programs that answer alike lead to the same calls and the same verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from coderm_eval.execution.wire.ends import UNANSWERED, End

__all__ = ["CallTree", "TreePosition", "key_of", "keys_of", "short_form"]


def key_of(history: Sequence[str], *, stateful: bool) -> str:
    """Return what a program's answer to the last of these calls depends on: that call, or a digest of them all."""
    return hashlib.blake2b("\n".join(history).encode(), digest_size=16).hexdigest() if stateful else history[-1]


def keys_of(history: Sequence[str], *, stateful: bool) -> Sequence[str]:
    """Return the `key_of` each of these calls with those before it, in time that grows with their length."""
    if not stateful:
        return history
    digest = hashlib.blake2b(digest_size=16)
    keys = []
    for number, call in enumerate(history):
        digest.update(f"\n{call}".encode() if number else call.encode())
        keys.append(digest.hexdigest())
    return keys


_LONG = 1_000
"""Characters from which on an answer is told from others by its digest: trees outlive the programs."""


def short_form(answer: str) -> str | bytes:
    """Return what stands for the answer where answers are kept longer than the program."""
    return answer if len(answer) < _LONG else hashlib.sha256(answer.encode()).digest()


class TreePosition(NamedTuple):
    """How far it is known what a test does with one program."""

    history: tuple[str, ...]
    """The calls made so far; the last one has no answer yet if `unanswered`."""
    answers: tuple[str, ...] | None = ()
    """Those to the calls, as far as there are any; None where nobody compares programs by them."""
    verdict: End | None = None
    unanswered: bool = False


class _Node:
    """A call, and what follows on each answer to it: another call, or a verdict."""

    __slots__ = ("call", "replies")

    def __init__(self, call: str) -> None:
        self.call = call
        self.replies: dict[str | bytes, _Node | End] = {}


class CallTree:
    """Everything that one test has asked of any program, and its verdicts.

    Args:
        expected: the calls that the test will probably make.
    """

    def __init__(self, expected: tuple[str, ...] = ()) -> None:
        self._root: _Node | End | None = None
        self.longest = expected
        """The most calls that were made of one program: what the next program will probably be asked."""

    def follow(self, answer: Callable[[tuple[str, ...]], str | None]) -> TreePosition:
        """Go as far as the program's answers, and what the test did on them, are known."""
        history: tuple[str, ...] = ()
        answers: list[str] = []
        node = self._root
        while isinstance(node, _Node):
            history = (*history, node.call)
            reply = answer(history)
            if reply is None:
                return TreePosition(history, tuple(answers), unanswered=True)
            answers.append(reply)
            node = End(reply) if reply in UNANSWERED else node.replies.get(short_form(reply))
        return TreePosition(history, tuple(answers), node)

    def learn(self, calls: Sequence[str], answers: Sequence[str], verdict: End) -> None:
        """Add that the test made these calls, got these answers, and came to this verdict."""
        if len(calls) > len(self.longest):
            self.longest = tuple(calls)
        if not calls:
            self._root = verdict
            return
        node = self._root = self._node(self._root, calls[0])
        *shorts, last = map(short_form, answers)
        for call, answer in zip(calls[1:], shorts, strict=True):
            following = self._node(node.replies.get(answer), call)
            node.replies[answer] = following
            node = following
        node.replies[last] = verdict

    @staticmethod
    def _node(known: _Node | End | None, call: str) -> _Node:
        return known if isinstance(known, _Node) and known.call == call else _Node(call)
