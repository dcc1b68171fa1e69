"""Answers from a model that vLLM runs in this process."""

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

from coderm_eval.core.errors import ModelError
from coderm_eval.core.messages import single_line
from coderm_eval.generation.models.base import Completion, SampleRequest, context_overflow
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.models.local import model_name, out_of_memory_error, preserved_rng_state
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["VllmModel"]

_CHUNK = 512
"""Samples that are asked for together: enough to keep a GPU busy, few enough to be stored every few minutes."""

_NO_MEMORY = re.compile(
    r"free memory on device|out of memory|not enough GPU memory|no available memory for the cache blocks",
    re.IGNORECASE,
)
"""How vLLM, and torch below it, say that the GPU is full."""


class VllmModel:
    """Asks for each sample in a request of its own, with a seed of its own; vLLM computes a common prompt once.

    The model is loaded for the first question, and kept.

    Raises:
        SettingsError: `settings` do not say which model.
    """

    def __init__(self, settings: SamplingSettings) -> None:
        self._settings = settings
        self._name = model_name(settings)

    def sample(self, questions: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        for chunk in _chunks(questions, _CHUNK):
            yield self._answers(chunk)

    @cached_property
    def _loaded(self) -> _Loaded:
        return _load(self._name, self._settings)

    def _answers(self, chunk: Sequence[SampleRequest]) -> list[Completion]:
        loaded = self._loaded
        started = time.monotonic()
        has_room = [loaded.has_room_after(question.prompt) for question in chunk]
        asked = [question for question, fits in zip(chunk, has_room, strict=True) if fits]
        outputs = iter(loaded.generate(asked))
        answers = [
            self._answer(question, sample, next(outputs)) if fits else context_overflow(question.task_id, sample)
            for question, fits in zip(chunk, has_room, strict=True)
            for sample in question.samples
        ]
        answers[0] = replace(answers[0], seconds=time.monotonic() - started)
        return answers

    def _answer(self, question: SampleRequest, sample: int, output: Any) -> Completion:
        """`output` is a vllm.RequestOutput."""
        (completion,) = output.outputs
        first = sample == question.samples[0]
        return Completion(
            task_id=question.task_id,
            sample=sample,
            text=completion.text,
            finish_reason=completion.finish_reason or "",
            tokens=len(completion.token_ids),
            prompt_tokens=len(output.prompt_token_ids) if first else 0,
            seconds=0.0,
            model=self._name,
        )


@dataclass(frozen=True)
class _Loaded:
    """A model in memory, and how it is asked."""

    settings: SamplingSettings
    name: str
    llm: Any
    """A vllm.LLM."""
    sampling: Any
    """The class vllm.SamplingParams."""

    def has_room_after(self, prompt: str) -> bool:
        """For a prompt that is too long vLLM would refuse its whole chunk, and an answer it would cut short."""
        limit: int = self.llm.llm_engine.model_config.max_model_len
        return self._length(prompt) + self.settings.max_tokens <= limit

    def generate(self, questions: Sequence[SampleRequest]) -> list[Any]:
        """A vllm.RequestOutput for each sample of each question, in their order."""
        s = self.settings
        prompts = [question.prompt for question in questions for _ in question.samples]
        seeds = [s.seed + sample for question in questions for sample in question.samples]
        with _explained(self.name, "stopped", "what was answered so far is stored: run the same command to go on"):
            how = {"temperature": s.temperature, "top_p": s.top_p, "max_tokens": s.max_tokens, "stop": list(s.stop)}
            params = [self.sampling(n=1, seed=seed, **how) for seed in seeds]
            if s.api == "chat":
                outputs = self.llm.chat([messages(s, p) for p in prompts], sampling_params=params, use_tqdm=False)
            else:
                outputs = self.llm.generate([text(s, p) for p in prompts], sampling_params=params, use_tqdm=False)
        return list(outputs)

    def _length(self, prompt: str) -> int:
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


def _load(name: str, settings: SamplingSettings) -> _Loaded:
    # With its engine in a child process vLLM says no reason for a failure, and what it batches depends on timing.
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    hint = "check the name (model) and the arguments for vLLM's LLM (extra)"
    with _explained(name, "could not load it", hint), preserved_rng_state():
        vllm: Any = importlib.import_module("vllm")
        # The model's own generation_config.json has no say in how it is sampled.
        llm = vllm.LLM(model=name, **{"generation_config": "vllm", **settings.backend_args})
    return _Loaded(settings, name, llm, vllm.SamplingParams)


def _chunks(questions: Iterable[SampleRequest], size: int) -> Iterator[list[SampleRequest]]:
    """The questions in lists of `size` samples; a question may go on in the next list."""
    chunk: list[SampleRequest] = []
    room = size
    for question in questions:
        rest = question.samples
        while rest:
            chunk.append(replace(question, samples=rest[:room]))
            rest = rest[room:]
            room -= len(chunk[-1].samples)
            if not room:
                yield chunk
                chunk, room = [], size
    if chunk:
        yield chunk


@contextmanager
def _explained(name: str, what: str, hint: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # vLLM lets through whatever the libraries below it raise
        if _NO_MEMORY.search(str(error)):
            raise out_of_memory_error(name) from error
        raise ModelError(f"{name}: vLLM {what} ({single_line(error)}); {hint}") from error
