"""A model that vLLM runs in this process."""

from __future__ import annotations

import importlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from coderm_eval.core.errors import ModelError, SettingsError
from coderm_eval.core.messages import single_line
from coderm_eval.generation.models.base import Completion, Prompt, SampleRequest, context_overflow
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.models.local import model_name, out_of_memory_error, preserved_rng_state
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["VllmModel"]

_BATCH = 512
"""Samples that are drawn together: enough to keep a GPU busy, few enough to be stored every few minutes."""

_GPU_IS_FULL = re.compile(
    r"free memory on device|out of memory|not enough GPU memory|no available memory for the cache blocks",
    re.IGNORECASE,
)
"""Messages of vLLM, and of torch below it, about a full GPU."""

_SETTINGS_OF_THEIR_OWN = ("model", "seed")
"""Arguments of vLLM's LLM that stand elsewhere in the settings, and would be recorded as two values."""


class VllmModel:
    """Draws each sample by a vLLM request and a seed of its own; vLLM computes a prompt that several share once.

    The model is loaded at the first request, and kept.

    Raises:
        SettingsError: `settings` do not name a model, or have an argument that cannot be passed on.
    """

    def __init__(self, settings: SamplingSettings) -> None:
        self._settings = settings
        self._name = model_name(settings)
        _check_arguments(settings, self._name)

    def sample(self, requests: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        """Yield completions as `Model.sample` does."""
        for batch in _batches(requests, _BATCH):
            yield self._complete(batch)

    @cached_property
    def _loaded(self) -> _LoadedVllm:
        return _load_vllm(self._name, self._settings)

    def _complete(self, batch: Sequence[SampleRequest]) -> list[Completion]:
        loaded = self._loaded
        started = time.monotonic()
        fits = [loaded.has_room_after(request.prompt) for request in batch]
        outputs = iter(loaded.generate([request for request, fit in zip(batch, fits, strict=True) if fit]))
        completions = [
            self._completion(request, sample, next(outputs)) if fit else context_overflow(request.task_id, sample)
            for request, fit in zip(batch, fits, strict=True)
            for sample in request.samples
        ]
        completions[0] = replace(completions[0], seconds=time.monotonic() - started)
        return completions

    def _completion(self, request: SampleRequest, sample: int, output: Any) -> Completion:
        """The one completion in `output`, a vllm.RequestOutput."""
        (found,) = output.outputs
        is_first = sample == request.samples[0]
        return Completion(
            task_id=request.task_id,
            sample=sample,
            text=found.text,
            finish_reason=found.finish_reason or "",
            tokens=len(found.token_ids),
            prompt_tokens=len(output.prompt_token_ids) if is_first else 0,
            seconds=0.0,
            model=self._name,
        )


@dataclass(frozen=True)
class _LoadedVllm:
    """A model in memory, and how it is sampled."""

    settings: SamplingSettings
    name: str
    llm: Any
    """A vllm.LLM."""
    sampling_params: Any
    """The class vllm.SamplingParams."""

    def has_room_after(self, prompt: Prompt) -> bool:
        """Return whether a whole answer fits. vLLM refuses the batch of too long a prompt, and cuts answers off."""
        limit: int = self.llm.llm_engine.model_config.max_model_len
        return self._prompt_tokens(prompt) + self.settings.max_tokens <= limit

    def generate(self, requests: Sequence[SampleRequest]) -> list[Any]:
        """A vllm.RequestOutput for each sample of each request, in their order."""
        s = self.settings
        prompts = [request.prompt for request in requests for _ in request.samples]
        seeds = [s.seed + sample for request in requests for sample in request.samples]
        with _explained(self.name, "stopped", "what was answered so far is stored: run the same command to go on"):
            given = {"temperature": s.temperature, "top_p": s.top_p, "max_tokens": s.max_tokens, "stop": list(s.stop)}
            params = [self.sampling_params(n=1, seed=seed, **given) for seed in seeds]
            if s.api == "chat":
                outputs = self.llm.chat([messages(s, p) for p in prompts], sampling_params=params, use_tqdm=False)
            else:
                outputs = self.llm.generate([text(s, p) for p in prompts], sampling_params=params, use_tqdm=False)
        return list(outputs)

    def _prompt_tokens(self, prompt: Prompt) -> int:
        tokenizer = self.llm.get_tokenizer()
        if self.settings.api == "completions":
            return len(tokenizer.encode(text(self.settings, prompt)))
        hint = "leave system_prompt out, or set `api: completions`"
        with _explained(self.name, "could not use its chat template", hint):
            ids = tokenizer.apply_chat_template(
                messages(self.settings, prompt),
                chat_template=getattr(self.llm, "chat_template", None),  # older releases have none
                add_generation_prompt=True,
                tokenize=True,
                return_dict=False,
            )
        return len(ids)


def _check_arguments(settings: SamplingSettings, name: str) -> None:
    key = f"{settings.section}.backend_args"
    for argument in _SETTINGS_OF_THEIR_OWN:
        if argument in settings.backend_args:
            raise SettingsError(f"{key} has {argument!r}: set {settings.section}.{argument} in its place")
    replicas = settings.backend_args.get("data_parallel_size", 1)
    if replicas != 1:
        raise SettingsError(
            f"{key}.data_parallel_size is {replicas!r}, and vLLM has one replica in a process: serve the model "
            f"(`vllm serve {name} --data-parallel-size {replicas}`), and give {settings.section}.base_url; "
            "tensor_parallel_size and pipeline_parallel_size split a replica"
        )


def _load_vllm(name: str, settings: SamplingSettings) -> _LoadedVllm:
    # With its engine in a child process vLLM gives no reason for a failure, and its batches depend on timing.
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    hint = "check the name (model) and the arguments for vLLM's LLM (backend_args)"
    with _explained(name, "could not load it", hint), preserved_rng_state():
        vllm: Any = importlib.import_module("vllm")
        # "vllm": the model's own generation_config.json does not change how it is sampled.
        llm = vllm.LLM(model=name, **{"generation_config": "vllm", **settings.backend_args})
    return _LoadedVllm(settings, name, llm, vllm.SamplingParams)


def _batches(requests: Iterable[SampleRequest], size: int) -> Iterator[list[SampleRequest]]:
    """Yield the requests in lists of `size` samples; a request may continue in the next list."""
    batch: list[SampleRequest] = []
    room = size
    for request in requests:
        rest = request.samples
        while rest:
            batch.append(replace(request, samples=rest[:room]))
            rest = rest[room:]
            room -= len(batch[-1].samples)
            if not room:
                yield batch
                batch, room = [], size
    if batch:
        yield batch


@contextmanager
def _explained(name: str, what: str, hint: str) -> Iterator[None]:
    """Turn any error of vLLM's into one sentence: `what` it did, and what to do."""
    try:
        yield
    except Exception as error:  # vLLM passes on whatever the libraries below it raise
        if _GPU_IS_FULL.search(str(error)):
            raise out_of_memory_error(name) from error
        raise ModelError(f"{name}: vLLM {what} ({single_line(error)}); {hint}") from error
