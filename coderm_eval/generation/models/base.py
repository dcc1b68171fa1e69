"""What a language model is asked, and what it answers: the contract of every backend and of both roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

__all__ = ["CONTEXT_OVERFLOW", "Completion", "Model", "SampleRequest", "context_overflow", "truncate_at_stop"]

CONTEXT_OVERFLOW = "context_overflow"
"""In the place of a finish reason: prompt and answer together are longer than the model can read."""


@dataclass(frozen=True)
class SampleRequest:
    """A prompt, and which of its samples are wanted."""

    task_id: str
    prompt: str
    """The user message; or the text to go on from, where the settings' `api` is "completions"."""
    samples: range
    """Sample indices. Sample i is drawn with the base seed + i, also when it is one of several of a request:
    vLLM gives choice j of a request the request's seed + j."""


@dataclass(frozen=True)
class Completion:
    """One sample of a question."""

    task_id: str
    sample: int
    text: str
    finish_reason: str
    """"stop", "length", CONTEXT_OVERFLOW (then the text is empty), or what else a server says."""
    tokens: int
    """Completion tokens, as the backend counts them; 0 where it does not say."""
    prompt_tokens: int
    """Prompt tokens of the request, on the first answer of each request only."""
    seconds: float
    """Wall seconds of the request, on the first answer of each request only."""
    model: str = ""
    """Name, and revision where there is one, that the backend says of the model which answered."""


class Model(Protocol):
    """A model that answers questions."""

    def sample(self, questions: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        """Answers as they come, those of one request together, in any order.

        Raises ServerError or ModelError when they stop coming.
        Whatever is asked together or before, sample i of a prompt is the same. Nothing is loaded before it is asked.
        """


def context_overflow(task_id: str, sample: int) -> Completion:
    """What stands for an answer to a prompt that is too long."""
    return Completion(task_id, sample, "", CONTEXT_OVERFLOW, 0, 0, 0.0)


def truncate_at_stop(text: str, stops: Iterable[str]) -> str:
    """`text` up to the first of the texts `stops`; empty ones count for nothing."""
    return text[: min((text.index(stop) for stop in stops if stop and stop in text), default=len(text))]
