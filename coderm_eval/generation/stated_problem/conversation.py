"""What a request asks: a conversation's last question."""

from __future__ import annotations

from coderm_eval.generation.models.base import Prompt

__all__ = ["asked_text", "begun_answer"]


def asked_text(request: Prompt) -> str:
    """The text that states the problem: a prompt as it is, of a conversation the last message of the user.

    Earlier turns are examples. A message of the assistant behind it is the beginning of an answer. Without a message of
    the user it is the last one of anybody; empty where there is none.
    """
    if isinstance(request, str):
        return request
    asked = [content for role, content in request if role == "user"]
    return (asked or [content for _, content in request] or [""])[-1]


def begun_answer(request: Prompt) -> str:
    """The beginning of the answer, with which a conversation may end; empty where it does not."""
    last = ("", "") if isinstance(request, str) or not request else request[-1]
    return last[1] if last[0] == "assistant" else ""
