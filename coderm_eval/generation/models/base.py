"""The contract of every backend: what a language model is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

__all__ = [
    "CONTEXT_OVERFLOW",
    "Completion",
    "Conversation",
    "Model",
    "Prompt",
    "SampleRequest",
    "context_overflow",
    "no_answer",
    "texts_of",
    "truncate_at_stop",
]

CONTEXT_OVERFLOW = "context_overflow"
"""Finish reason of a completion that does not exist, as prompt and answer are longer than the model's context."""

Conversation = tuple[tuple[str, str], ...]
"""Messages, each a role and a text."""

Prompt = str | Conversation
"""A text; or a conversation, for models that chat."""


@dataclass(frozen=True)
class SampleRequest:
    """A prompt, and which of its samples are wanted."""

    task_id: str
    prompt: Prompt
    """The user's message, or the text to continue where the settings' `api` is "completions"; or a conversation."""
    samples: range
    """Sample indices. Sample i is drawn with the base seed + i, also where one request to a server draws several:
    vLLM draws choice j of a request with the request's seed + j."""


@dataclass(frozen=True)
class Completion:
    """One sample of a prompt."""

    task_id: str
    sample: int
    text: str
    finish_reason: str
    """"stop", "length", CONTEXT_OVERFLOW (then the text is empty), or whatever else a server says."""
    tokens: int
    """Completion tokens as the backend counts them; 0 where it does not say."""
    prompt_tokens: int
    """Prompt tokens of the request; on the first completion of each request only."""
    seconds: float
    """Wall seconds of the request; on the first completion of each request only."""
    model: str = ""
    """Name, and revision where there is one, of the model that answered, as the backend says it."""


class Model(Protocol):
    """A language model that can be sampled."""

    def sample(self, requests: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        """Yield completions as they come, those of one call to the backend together, in any order.

        Sample i of a prompt is the same whatever else is requested, together or before. Nothing is loaded before the
        first request.

        Raises:
            ServerError or ModelError: no more completions will come.
        """


def context_overflow(task_id: str, sample: int) -> Completion:
    """The completion of a prompt that is too long: no text."""
    return Completion(task_id, sample, "", CONTEXT_OVERFLOW, 0, 0, 0.0)


def no_answer(task_id: str, sample: int) -> Completion:
    """The completion of a prompt to which the server gave no answer, and will give none: no text."""
    return Completion(task_id, sample, "", "no_answer", 0, 0, 0.0)


def texts_of(prompt: Prompt) -> tuple[str, ...]:
    """The texts of a prompt, in order."""
    return (prompt,) if isinstance(prompt, str) else tuple(text for _, text in prompt)


def truncate_at_stop(text: str, stops: Iterable[str]) -> str:
    """`text` up to the first of the texts `stops`; empty stops are ignored."""
    return text[: min((text.index(stop) for stop in stops if stop and stop in text), default=len(text))]
