"""Replies as JSON: whole, or as the parts of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coderm_eval.core.records import fingerprint
from coderm_eval.generation.models.base import truncate_at_stop
from coderm_eval.hosts.server.protocol.requests import Asked

__all__ = ["Answer", "Reply", "parts_of_stream", "reply_body"]


@dataclass(frozen=True)
class Answer:
    """One choice of a reply."""

    text: str
    finish_reason: str = "stop"


@dataclass(frozen=True)
class Reply:
    """What a request gets."""

    model: str
    answers: Sequence[Answer]
    prompt_tokens: int
    completion_tokens: int
    details: Mapping[str, Any] | None = None
    """The field `coderm` of the reply."""
    headers: Mapping[str, str] = field(default_factory=dict)


def reply_body(asked: Asked, reply: Reply) -> dict[str, Any]:
    """The reply to a request that is not streamed."""
    answers = _cut(asked, reply)
    choices = [_choice(asked, index, answer) for index, answer in enumerate(answers)]
    kind = "text_completion" if asked.completes else "chat.completion"
    return {**_frame(asked, reply, kind), "choices": choices, "usage": _usage(reply), **_details(reply)}


def parts_of_stream(asked: Asked, reply: Reply) -> Iterator[dict[str, Any]]:
    """The parts of a streamed reply: each answer in one piece, then how it ended; last the usage, if asked for.

    A part without a choice is sent only where the usage is asked for: other clients do not expect one.
    """
    frame = _frame(asked, reply, "text_completion" if asked.completes else "chat.completion.chunk")
    usage: dict[str, Any] = {"usage": None} if asked.usage_in_stream else {}
    pieces = [piece for index, answer in enumerate(_cut(asked, reply)) for piece in _pieces(asked, index, answer)]
    parts = [{**frame, "choices": [piece], **usage} for piece in pieces]
    if asked.usage_in_stream:
        parts.append({**frame, "choices": [], "usage": _usage(reply)})
    yield from parts[:-1]
    yield {**parts[-1], **_details(reply)}


def _cut(asked: Asked, reply: Reply) -> list[Answer]:
    stops = asked.sampling.stop or ()
    return [Answer(truncate_at_stop(answer.text, stops), answer.finish_reason) for answer in reply.answers]


def _choice(asked: Asked, index: int, answer: Answer) -> dict[str, Any]:
    content = {"text": answer.text} if asked.completes else {"message": {"role": "assistant", "content": answer.text}}
    return {"index": index, **content, "logprobs": None, "finish_reason": answer.finish_reason}


def _pieces(asked: Asked, index: int, answer: Answer) -> Iterator[dict[str, Any]]:
    if asked.completes:
        yield {**_choice(asked, index, answer), "finish_reason": None}
        yield {"index": index, "text": "", "logprobs": None, "finish_reason": answer.finish_reason}
        return
    for delta, end in (({"role": "assistant", "content": answer.text}, None), ({}, answer.finish_reason)):
        yield {"index": index, "delta": delta, "logprobs": None, "finish_reason": end}


def _frame(asked: Asked, reply: Reply, kind: str) -> dict[str, Any]:
    """Fields of every part. The same answers have the same bytes, so `created` is no time."""
    name = fingerprint(reply.model, *(answer.text for answer in reply.answers))
    prefix = "cmpl" if asked.completes else "chatcmpl"
    return {"id": f"{prefix}-{name}", "object": kind, "created": 0, "model": reply.model}


def _usage(reply: Reply) -> dict[str, int]:
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
    }


def _details(reply: Reply) -> dict[str, Any]:
    return {} if reply.details is None else {"coderm": reply.details}
