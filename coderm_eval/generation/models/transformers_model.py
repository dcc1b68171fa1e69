"""A model that transformers runs in this process, on a GPU if there is one."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from coderm_eval.generation.models.base import Completion, SampleRequest, context_overflow, truncate_at_stop
from coderm_eval.generation.models.loaded_transformers import LoadedTransformers, load_transformers
from coderm_eval.generation.models.local import model_name, out_of_memory_error
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["TransformersModel"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Row:
    """A sequence to generate."""

    request: SampleRequest
    samples: range
    """The samples that it gives: one, or all where all are equal."""


class TransformersModel:
    """Generates `batch_size` sequences at a time, of any prompts, each with random numbers of its own.

    Batches follow the order of the requests, and one is yielded as a whole: a run that was stopped between two goes on
    with the same batches. The model is loaded at the first request, and kept.

    Raises:
        SettingsError: `settings` do not name a model.
    """

    def __init__(self, settings: SamplingSettings) -> None:
        self._settings = settings
        self._name = model_name(settings)
        self._batch_size = settings.batch_size

    def sample(self, requests: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        """Yield completions as `Model.sample` does."""
        return self._in_batches(self._rows(requests))

    @cached_property
    def _loaded(self) -> LoadedTransformers:
        return load_transformers(self._name, self._settings)

    def _rows(self, requests: Iterable[SampleRequest]) -> Iterator[_Row]:
        for request in requests:
            if self._settings.temperature:
                yield from (_Row(request, range(sample, sample + 1)) for sample in request.samples)
            else:
                yield _Row(request, request.samples)

    def _in_batches(self, rows: Iterator[_Row]) -> Iterator[list[Completion]]:
        while batch := list(islice(rows, self._batch_size)):
            yield from self._complete(batch)

    def _complete(self, batch: Sequence[_Row]) -> Iterator[list[Completion]]:
        """Yield the completions of a batch; in parts if it is too large for the memory."""
        loaded = self._loaded
        started = time.monotonic()
        encoded = {row.request: loaded.encode(row.request.prompt) for row in batch}
        fits = [row for row in batch if loaded.has_room_after(encoded[row.request])]
        try:
            answers = loaded.generate([(encoded[r.request], self._settings.seed + r.samples[0]) for r in fits])
        except loaded.torch.cuda.OutOfMemoryError as error:
            if len(fits) == 1:
                raise out_of_memory_error(self._name) from error
            answers = None  # and the error is dropped, which holds on to the memory
        if answers is None:
            self._halve(len(batch))
            yield from self._in_batches(iter(batch))
            return
        answered = dict(zip(fits, answers, strict=True))
        completions = [
            self._completion(row.request, sample, encoded[row.request], answered.get(row))
            for row in batch
            for sample in row.samples
        ]
        completions[0] = replace(completions[0], seconds=time.monotonic() - started)
        yield completions

    def _halve(self, batch_size: int) -> None:
        self._batch_size = half = (batch_size + 1) // 2
        key = f"{self._settings.section}.batch_size"
        log.warning(
            "there is not enough memory for %d sequences of %s at a time: going on with %d; to begin so, set %s to %d",
            *(batch_size, self._name, half, key, half),
        )
        self._loaded.torch.cuda.empty_cache()

    def _completion(
        self, request: SampleRequest, sample: int, prompt: list[int], answer: list[int] | None
    ) -> Completion:
        """A sample, of the tokens of its prompt and answer; None where both do not fit."""
        if answer is None:
            return context_overflow(request.task_id, sample)
        tokens, finish_reason = self._loaded.split_end(answer)
        whole = self._loaded.decode(prompt, tokens)
        wanted = truncate_at_stop(whole, self._settings.stop)  # transformers writes out the text it stops at
        return Completion(
            task_id=request.task_id,
            sample=sample,
            text=wanted,
            finish_reason=finish_reason if wanted == whole else "stop",
            tokens=len(tokens),
            prompt_tokens=len(prompt) if sample == request.samples[0] else 0,
            seconds=0.0,
            model=self._loaded.full_name,
        )
