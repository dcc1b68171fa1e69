"""N answers of one of inspect's models to the same messages, each with a seed of its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from inspect_ai.model import ChatCompletionChoice, ChatMessage, GenerateConfig, Model, ModelOutput, ModelUsage
from inspect_ai.util import collect

__all__ = ["Drawn", "draw"]

log = logging.getLogger(__name__)

_REFUSED = (400, 422)
"""Statuses by which servers refuse several choices at once."""

_one_at_a_time: set[str] = set()
"""Models that are known to give one choice for each request."""


@dataclass
class Drawn:
    """Answers by sample index, and what they cost."""

    choices: list[ChatCompletionChoice] = field(default_factory=list)
    model: str = ""
    usage: ModelUsage = field(default_factory=ModelUsage)
    seconds: float = 0.0

    def add(self, output: ModelOutput, most: int) -> None:
        """Take the first `most` choices of an output."""
        self.choices += output.choices[:most]
        self.model = output.model
        self.usage += output.usage or ModelUsage()
        self.seconds += output.time or 0.0


async def draw(
    model: Model, messages: Sequence[ChatMessage], samples: range, *, seed: int, config: GenerateConfig | None = None
) -> Drawn:
    """Draw the samples of these indices; sample i is drawn with `seed` + i.

    They are asked for together where the model gives several choices for one request, as vLLM and OpenAI do: choice j
    is then drawn with the request's seed + j. What is missing after that is asked for in requests of its own.

    Args:
        config: how, besides the model's own configuration.

    Raises:
        Exception: what the model raises, after inspect's own tries.
    """
    config = config or GenerateConfig()
    drawn = Drawn()
    if len(samples) > 1 and str(model) not in _one_at_a_time:
        try:
            several = GenerateConfig(num_choices=len(samples), seed=seed + samples.start)
            drawn.add(await model.generate(list(messages), config=config.merge(several)), len(samples))
        except Exception as error:
            if getattr(error, "status_code", None) not in _REFUSED:
                raise
            log.warning("%s refuses several choices at once, which are asked for one by one", model)
        if len(drawn.choices) < 2:
            _one_at_a_time.add(str(model))
    rest = samples[len(drawn.choices) :]

    async def one(sample: int) -> ModelOutput:
        return await model.generate(list(messages), config=config.merge(GenerateConfig(seed=seed + sample)))

    for output in await collect(*(one(sample) for sample in rest)):
        drawn.add(output, 1)
    return drawn
