"""Estimates of what a command would request and run: `--dry-run`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["SamplingEstimate", "estimate_sampling"]


@dataclass(frozen=True)
class SamplingEstimate:
    """The cost of sampling."""

    requests: int
    """One for each run of samples of a prompt that are not stored; more where a server limits the choices of one."""
    samples: int
    stored: int
    most_tokens: int
    """Tokens of prompts and answers. A prompt has at most one token per byte; those of a template are not counted."""

    def __str__(self) -> str:
        return (
            f"{self.requests} requests for {self.samples} samples ({self.stored} more are stored), "
            f"at most {self.most_tokens:,} tokens"
        )


def estimate_sampling(
    model: CachedModel, settings: SamplingSettings, requests: Iterable[SampleRequest]
) -> SamplingEstimate:
    """Estimate what is missing; no request is sent."""
    requests = list(requests)
    missing = model.missing(requests)
    samples = sum(len(request.samples) for request in missing)
    return SamplingEstimate(
        requests=len(missing),
        samples=samples,
        stored=sum(len(request.samples) for request in requests) - samples,
        most_tokens=sum(len(request.prompt.encode()) for request in missing) + samples * settings.max_tokens,
    )
