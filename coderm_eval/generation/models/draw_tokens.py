"""Tokens drawn for many sequences at once, each with random numbers of its own, whatever else is in the batch.

Torch seeds a batch as a whole. Here each sequence has a generator of its own, which draws a number for each token, on
the CPU, so that it is the same on every device.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from coderm_eval.generation.settings import SamplingSettings

__all__ = ["drawing"]


def drawing(settings: SamplingSettings, seeds: Sequence[int]) -> Any:
    """What generate() of transformers is given as its `logits_processor`, to draw a sequence with each of `seeds`.

    None where the most likely token is taken.
    """
    if not settings.temperature:
        return None
    transformers: Any = importlib.import_module("transformers")
    return transformers.LogitsProcessorList(
        [
            transformers.TemperatureLogitsWarper(float(settings.temperature)),
            transformers.TopPLogitsWarper(float(settings.top_p)),
            _Draw(seeds, settings.max_tokens),
        ]
    )


class _Draw:
    """Leaves of each sequence's scores the token that its next random number falls on."""

    def __init__(self, seeds: Sequence[int], steps: int) -> None:
        self._torch: Any = importlib.import_module("torch")
        generators = [self._torch.Generator().manual_seed(seed) for seed in seeds]
        numbers = [self._torch.rand(steps, generator=generator).double() for generator in generators]
        self._numbers = iter(self._torch.stack(numbers, dim=1))

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        torch = self._torch
        # Single-precision numbers are at most 1 - 2**-24, so that rounding here never takes one past the last token.
        up_to = torch.softmax(scores.double(), dim=-1).cumsum(dim=-1)
        drawn = next(self._numbers).to(scores.device) * up_to[:, -1]
        tokens = torch.searchsorted(up_to, drawn.unsqueeze(-1), right=True)
        return torch.full_like(scores, -torch.inf).scatter_(-1, tokens, 0.0)
