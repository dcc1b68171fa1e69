"""A model whose completions the store keeps, so that no sample is paid for twice."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from typing import Any

from coderm_eval.core.progress import progress
from coderm_eval.core.records import fingerprint
from coderm_eval.core.store import Table
from coderm_eval.generation.models.base import Completion, Model, Prompt, SampleRequest, texts_of
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["CachedModel", "TokenUsage"]

log = logging.getLogger(__name__)


@dataclass
class TokenUsage:
    """The cost of completions, whether this run or an earlier one requested them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """Sum over requests, which run at the same time."""
    models: set[str] = field(default_factory=set)
    """Who answered, as the backend says it."""

    def add(self, completion: Completion) -> None:
        self.prompt_tokens += completion.prompt_tokens
        self.completion_tokens += completion.tokens
        self.seconds += completion.seconds
        self.models |= {completion.model} - {""}


class CachedModel:
    """Samples `model`, which `settings` describe, only where `table` has no completion yet.

    Args:
        activity: what the progress bar says is being done; None for no bar.
    """

    def __init__(self, model: Model, settings: SamplingSettings, table: Table, activity: str | None) -> None:
        self._model = model
        self._identity = settings.identity()
        self._seed = settings.seed
        self._table = table
        self._activity = activity

    def missing(self, requests: Iterable[SampleRequest]) -> list[SampleRequest]:
        """Requests for the samples that are not stored, one for each run of them."""
        return [replace(request, samples=samples) for request in requests for samples in self._missing_samples(request)]

    def sample(self, requests: Iterable[SampleRequest]) -> Iterator[SampleRequest]:
        """Yield each request once all its samples are stored: first those that are already, then as they come.

        Nothing is requested before this is iterated.
        """
        parts = {request: self.missing([request]) for request in requests}
        pending = {request: sum(len(part.samples) for part in missing) for request, missing in parts.items()}
        yield from (request for request, samples in pending.items() if not samples)
        origin = {(part.task_id, i): request for request in parts for part in parts[request] for i in part.samples}
        completions = self._sample_missing(list(chain.from_iterable(parts.values())))
        usage = TokenUsage()
        total = sum(len(request.samples) for request in parts)
        stored, note = total - len(origin), _token_note(usage)
        if self._activity:
            log.debug("%s: %d answers, %d of them found in the store", self._activity, total, stored)
            completions = progress(completions, total, self._activity, "answers", note=note, done=stored)
        for completion in completions:
            usage.add(completion)
            request = origin[completion.task_id, completion.sample]
            pending[request] -= 1
            if not pending[request]:
                yield request
        assert not any(pending.values()), "a model that stops early has to raise an error"

    def completion(self, prompt: Prompt, sample: int) -> Completion:
        """A stored completion; raises KeyError if there is none."""
        key = self._key(prompt, sample)
        row = self._table.get_many([key])[key]
        return Completion(**{name: row[name] for name in _FIELDS})

    def _missing_samples(self, request: SampleRequest) -> Iterator[range]:
        start: int | None = None
        for sample in request.samples:
            stored = self._key(request.prompt, sample) in self._table
            if stored and start is not None:
                yield range(start, sample)
            start = None if stored else sample if start is None else start
        if start is not None:
            yield range(start, request.samples.stop)

    def _sample_missing(self, requests: Sequence[SampleRequest]) -> Iterator[Completion]:
        if not requests:  # no connection is opened
            return
        prompts = {(request.task_id, sample): request.prompt for request in requests for sample in request.samples}
        for completions in self._model.sample(requests):
            keys = [(prompts[c.task_id, c.sample], c.sample) for c in completions]
            self._table.add_all(
                {self._key(*key): self._row(key[0], c) for key, c in zip(keys, completions, strict=True)}
            )
            yield from completions

    def _row(self, prompt: Prompt, completion: Completion) -> dict[str, Any]:
        return {
            **asdict(completion),
            "seed": self._seed + completion.sample,
            "prompt_sha256": hashlib.sha256("".join(texts_of(prompt)).encode()).hexdigest(),
            "sampling": self._identity,
        }

    def _key(self, prompt: Prompt, sample: int) -> str:
        parts = [prompt] if isinstance(prompt, str) else ["conversation", *chain.from_iterable(prompt)]
        return fingerprint("sample", self._identity, *parts, str(sample))


_FIELDS = tuple(Completion.__dataclass_fields__)


def _token_note(usage: TokenUsage) -> Callable[[], str]:
    return lambda: f"{usage.prompt_tokens + usage.completion_tokens:,} tokens"
