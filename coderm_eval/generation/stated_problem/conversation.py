"""What a request asks: a conversation's last question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Message", "asked_text"]


class Message(NamedTuple):
    """One message of a conversation."""

    role: str
    """Who speaks: "system", "user", "assistant", or another that the client has."""
    content: str


def asked_text(request: str | Sequence[Message]) -> str:
    """The text that states the problem: a prompt as it is, of a conversation the last message of the user.

    Earlier turns are examples. A message of the assistant behind it is the beginning of an answer. Without a message of
    the user it is the last one of anybody; empty where there is none.
    """
    if isinstance(request, str):
        return request
    asked = [message.content for message in request if message.role == "user"]
    return (asked or [message.content for message in request] or [""])[-1]
