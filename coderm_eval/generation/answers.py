"""What a test writer is asked, and what it answers: the contract of every backend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Answer", "Question", "TestWriter"]


@dataclass(frozen=True)
class Question:
    """A prompt, and which of its samples are wanted."""

    task_id: str
    prompt: str
    """The user message."""
    samples: range
    """Sample indices. Sample i is drawn with the base seed + i, also when it is one of several of a request:
    vLLM gives choice j of a request the request's seed + j."""


@dataclass(frozen=True)
class Answer:
    """One sample of a question."""

    task_id: str
    sample: int
    text: str
    finish_reason: str
    tokens: int
    """Completion tokens, as the server counts them; 0 where it does not say."""
    prompt_tokens: int
    """Prompt tokens of the request, on the first answer of each request only."""
    seconds: float
    """Wall seconds of the request, on the first answer of each request only."""


class TestWriter(Protocol):
    """A model that answers questions."""

    def identity(self) -> str:
        """Everything about the model and its sampling that affects an answer, as one string."""

    def write(self, questions: Iterable[Question]) -> Iterator[Answer]:
        """Answers as they come, in any order; raises ServerError when they stop coming."""
