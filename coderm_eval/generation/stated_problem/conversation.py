"""What a request asks: a conversation's last question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Message", "asked_text", "begun_answer"]


class Message(NamedTuple):
    """One message of a conversation."""

    role: str
    """Who speaks: "system", "user", "assistant", or another that the client has."""
    content: str


def asked_text(request: str | Sequence[tuple[str, str]]) -> str:
    """The text that states the problem: a prompt as it is, of a conversation the last message of the user.

    Earlier turns are examples. A message of the assistant behind it is the beginning of an answer. Without a message of
    the user it is the last one of anybody; empty where there is none.
    """
    if isinstance(request, str):
        return request
    asked = [content for role, content in request if role == "user"]
    return (asked or [content for _, content in request] or [""])[-1]


def begun_answer(request: str | Sequence[tuple[str, str]]) -> str:
    """The beginning of the answer, with which a conversation may end; empty where it does not."""
    last = ("", "") if isinstance(request, str) or not request else request[-1]
    return last[1] if last[0] == "assistant" else ""
