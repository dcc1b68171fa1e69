"""Answers from a model that transformers runs in this process, on a GPU if there is one."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from coderm_eval.core.errors import CodermError, ModelError, SettingsError
from coderm_eval.core.messages import single_line
from coderm_eval.generation.models.base import Completion, SampleRequest, context_overflow, truncate_at_stop
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.models.local import model_name, out_of_memory_error, preserved_rng_state
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["TransformersModel"]

_BLOCK = 8
"""Samples that are drawn together, with one seed; blocks begin at its multiples, whatever is asked."""

_FILES = frozenset({"cache_dir", "local_files_only", "revision", "subfolder", "trust_remote_code"})
"""Arguments of from_pretrained that a model shares with its tokenizer."""


class TransformersModel:
    """Asks each prompt by itself, so that no answer depends on what else is asked.

    Torch seeds a batch, not a sample: a whole block is drawn also where only some of its samples are wanted.
    The model is loaded for the first question, and kept.

    Raises:
        SettingsError: `settings` do not say which model.
    """

    def __init__(self, settings: SamplingSettings) -> None:
        self._settings = settings
        self._name = model_name(settings)

    def sample(self, questions: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        for question in questions:
            yield from self._answers(question)

    @cached_property
    def _loaded(self) -> _Loaded:
        return _load(self._name, self._settings)

    def _answers(self, question: SampleRequest) -> Iterator[list[Completion]]:
        prompt = self._loaded.encode(question.prompt)
        if not self._loaded.has_room_after(prompt):
            yield [context_overflow(question.task_id, sample) for sample in question.samples]
            return
        for start, samples in self._draws(question.samples):
            yield self._draw(question.task_id, prompt, start, samples)

    def _draws(self, samples: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
        """(first sample of a block, the wanted ones of it)."""
        if not self._settings.temperature:  # all samples are the same
            yield 0, list(samples)
            return
        for block, wanted in groupby(samples, key=lambda sample: sample // _BLOCK):
            yield block * _BLOCK, list(wanted)

    def _draw(self, task_id: str, prompt: list[int], start: int, samples: list[int]) -> list[Completion]:
        loaded = self._loaded
        started = time.monotonic()
        rows = loaded.generate(prompt, self._settings.seed + start)
        seconds = time.monotonic() - started
        answers: list[Completion] = []
        for sample in samples:
            row = rows[(sample - start) % len(rows)]  # one row for all, where all are the same
            written, finish_reason = loaded.read(row)
            whole = loaded.decode(prompt, written)
            wanted = truncate_at_stop(whole, self._settings.stop)  # transformers writes out what it stops at
            answers.append(
                Completion(
                    task_id=task_id,
                    sample=sample,
                    text=wanted,
                    finish_reason=finish_reason if wanted == whole else "stop",
                    tokens=len(written),
                    prompt_tokens=0 if answers else len(prompt),
                    seconds=0.0 if answers else seconds,
                    model=loaded.full_name,
                )
            )
        return answers


@dataclass(frozen=True)
class _Loaded:
    """A model in memory, and how it is asked."""

    settings: SamplingSettings
    name: str
    full_name: str
    torch: Any
    tokenizer: Any
    model: Any
    sampling: Any
    """A GenerationConfig."""

    def encode(self, prompt: str) -> list[int]:
        chat = self.settings.api == "chat"
        whole = self._chat(prompt) if chat else text(self.settings, prompt)
        ids: list[int] = self.tokenizer(whole, add_special_tokens=not chat)["input_ids"]  # a template has its own
        return ids

    @property
    def context(self) -> int | None:
        """Tokens that the model can read, where it says so."""
        limit: int | None = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return limit

    def has_room_after(self, prompt: list[int]) -> bool:
        return self.context is None or len(prompt) + self.settings.max_tokens <= self.context

    def generate(self, prompt: list[int], seed: int) -> list[list[int]]:
        """What the model goes on with, once for each sequence that `sampling` asks for."""
        torch = self.torch
        with _memory_watched(self.name, torch), _repeatable_attention(torch), preserved_rng_state():
            ids = torch.tensor([prompt], device=self.model.device)
            torch.manual_seed(seed)
            made = self.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                generation_config=self.sampling,
                tokenizer=self.tokenizer,  # which reads the texts to stop at
            )
            rows: list[list[int]] = made[:, len(prompt) :].tolist()
        return rows

    def read(self, row: list[int]) -> tuple[list[int], str]:
        """The tokens of an answer without its end and what is after it, and its finish reason."""
        ends = self.sampling.eos_token_id or []
        end = next((index for index, token in enumerate(row) if token in ends), None)
        return row[:end], "length" if end is None else "stop"

    def decode(self, prompt: list[int], written: list[int]) -> str:
        """What is added to the prompt's text: some tokenizers drop the space before a text, here an indentation."""
        before, whole = (
            # The clean-up would take the space out of `x = [ ...`.
            self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            for ids in (prompt, prompt + written)
        )
        return str(whole[len(before) :])

    def _chat(self, prompt: str) -> str:
        system = self.settings.system_prompt
        if system:
            with suppress(TemplateError):  # how templates refuse a role that their model does not know
                whole = self._render(messages(self.settings, prompt))
                if system.strip() in whole:  # others leave it out without a word
                    return whole
        try:
            return self._render([{"role": "user", "content": text(self.settings, prompt)}])
        except TemplateError as error:
            raise ModelError(
                f"{self.name}: its chat template cannot be used ({single_line(error)}); set `api: completions`"
            ) from error

    def _render(self, turns: list[dict[str, str]]) -> str:
        return str(self.tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False))


def _load(name: str, settings: SamplingSettings) -> _Loaded:
    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    extra = settings.backend_args
    with _loading(name):
        files = {key: value for key, value in extra.items() if key in _FILES}
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **files)
    if settings.api == "chat" and not tokenizer.chat_template:
        raise SettingsError(f"{name} has no chat template: set `api: completions`, as for a base model")
    with _loading(name), _memory_watched(name, torch), preserved_rng_state():
        # 4.46 knows no `dtype`, and 5.x prefers it where both are given.
        model = transformers.AutoModelForCausalLM.from_pretrained(name, **{"torch_dtype": "auto", **extra})
        if torch.cuda.is_available() and "device_map" not in extra and model.device.type == "cpu":
            model = model.to("cuda")
        model.eval()
    sampling = _sampling(transformers, settings, [*_ids(model.generation_config), *_ids(tokenizer)])
    model.generation_config = sampling  # generate() fills in from the model's what a given one leaves open
    return _Loaded(settings, name, _full_name(name, extra), torch, tokenizer, model, sampling)


def _sampling(transformers: Any, settings: SamplingSettings, ends: list[int]) -> Any:
    if settings.temperature:
        drawn = {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": 0}
        how = {"do_sample": True, "num_return_sequences": _BLOCK, **drawn}
    else:
        how = {"do_sample": False}
    return transformers.GenerationConfig(
        max_new_tokens=settings.max_tokens,
        eos_token_id=ends or None,
        pad_token_id=ends[0] if ends else None,  # never read; some models' own pad token has no embedding
        stop_strings=list(settings.stop) or None,
        **how,
    )


def _ids(owner: Any) -> list[int]:
    """The ids at which `owner`, a tokenizer or a GenerationConfig, ends an answer."""
    ids = owner.eos_token_id
    return [] if ids is None else ids if isinstance(ids, list) else [ids]


def _full_name(name: str, extra: Mapping[str, Any]) -> str:
    """The name, and the commit of the hub that it was loaded from."""
    from huggingface_hub import try_to_load_from_cache

    if Path(name).exists():
        return name
    # Newer versions of transformers do not say the commit.
    config = "/".join(filter(None, (extra.get("subfolder"), "config.json")))
    path = try_to_load_from_cache(name, config, cache_dir=extra.get("cache_dir"), revision=extra.get("revision"))
    commit = re.search(r"/snapshots/(\w+)/", path) if isinstance(path, str) else None
    return f"{name}@{commit[1]}" if commit else name


@contextmanager
def _memory_watched(name: str, torch: Any) -> Iterator[None]:
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise out_of_memory_error(name) from error


@contextmanager
def _repeatable_attention(torch: Any) -> Iterator[None]:
    """Without cuDNN's, torch's first choice on an H100, whose last bits differ from call to call: with torch 2.11,
    9 of 24 answers came out the same the second time; with flash attention, or on a CPU, all do."""
    was = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(was)


@contextmanager
def _loading(name: str) -> Iterator[None]:
    try:
        yield
    except CodermError:
        raise
    except Exception as error:  # each library below transformers has kinds of its own
        raise ModelError(
            f"{name}: transformers could not load it ({single_line(error)}); "
            "check the name (model) and the arguments for from_pretrained (extra)"
        ) from error
