"""A model of transformers in memory: its tokens, its chat template, and batches of sequences."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from coderm_eval.core.errors import CodermError, ModelError, SettingsError
from coderm_eval.core.messages import single_line
from coderm_eval.generation.models.base import Prompt
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.models.draw_tokens import drawing
from coderm_eval.generation.models.local import out_of_memory_error, preserved_rng_state
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["LoadedTransformers", "load_transformers"]

_TOKENIZER_ARGS = frozenset({"cache_dir", "local_files_only", "revision", "subfolder", "trust_remote_code"})
"""Arguments of from_pretrained that a model shares with its tokenizer."""


@dataclass(frozen=True)
class LoadedTransformers:
    """A model in memory, and how it is sampled."""

    settings: SamplingSettings
    name: str
    full_name: str
    torch: Any
    tokenizer: Any
    model: Any
    sampling: Any
    """A GenerationConfig."""

    def encode(self, prompt: Prompt) -> list[int]:
        """The tokens of a prompt, with the chat template's around it."""
        chat = self.settings.api == "chat"
        whole = self._apply_template(prompt) if chat else text(self.settings, prompt)
        ids: list[int] = self.tokenizer(whole, add_special_tokens=not chat)["input_ids"]  # a template writes its own
        return ids

    @property
    def context(self) -> int | None:
        """Most tokens of prompt and answer together; None where the model does not say."""
        limit: int | None = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return limit

    def has_room_after(self, prompt: list[int]) -> bool:
        """Return whether a whole answer fits into the context."""
        return self.context is None or len(prompt) + self.settings.max_tokens <= self.context

    def generate(self, sequences: Sequence[tuple[list[int], int]]) -> list[list[int]]:
        """The tokens that follow each of some prompts, each with the seed of its answer."""
        if not sequences:
            return []
        torch = self.torch
        width = max(len(prompt) for prompt, _ in sequences)
        # Padding is on the left, so that all answers begin at one place; its value is masked, and never read.
        ids, mask = (
            torch.tensor([[0] * (width - len(row)) + row for row in rows], device=self.model.device)
            for rows in ([prompt for prompt, _ in sequences], [[1] * len(prompt) for prompt, _ in sequences])
        )
        with _repeatable_attention(torch):
            whole = self.model.generate(
                ids,
                attention_mask=mask,
                generation_config=self.sampling,
                logits_processor=drawing(self.settings, [seed for _, seed in sequences]),
                tokenizer=self.tokenizer,  # for the texts to stop at
            )
        answers: list[list[int]] = whole[:, width:].tolist()
        return answers

    def split_end(self, row: list[int]) -> tuple[list[int], str]:
        """The tokens of an answer before its end, and its finish reason."""
        ends = self.sampling.eos_token_id or []
        end = next((index for index, token in enumerate(row) if token in ends), None)
        return row[:end], "length" if end is None else "stop"

    def decode(self, prompt: list[int], tokens: list[int]) -> str:
        """The text that `tokens` add to the prompt's: alone, some tokenizers would drop the space that they begin with,
        which is an indentation here."""
        before, whole = (
            # The clean-up would take the space out of `x = [ ...`.
            self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            for ids in (prompt, prompt + tokens)
        )
        return str(whole[len(before) :])

    def _apply_template(self, prompt: Prompt) -> str:
        """The prompt as the chat template writes it, with the system prompt in the user's message where there is no
        place of its own for it."""
        system = self.settings.system_prompt
        if system:
            with suppress(TemplateError):  # raised by templates for a role that their model does not know
                whole = self._render(messages(self.settings, prompt))
                if system.strip() in whole:  # other templates leave it out silently
                    return whole
        try:
            return self._render([{"role": "user", "content": text(self.settings, prompt)}])
        except TemplateError as error:
            raise ModelError(
                f"{self.name}: its chat template cannot be used ({single_line(error)}); set `api: completions`"
            ) from error

    def _render(self, turns: list[dict[str, str]]) -> str:
        return str(self.tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False))


def load_transformers(name: str, settings: SamplingSettings) -> LoadedTransformers:
    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    arguments = settings.backend_args
    with _load_errors_explained(name):
        shared = {key: value for key, value in arguments.items() if key in _TOKENIZER_ARGS}
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **shared)
    if settings.api == "chat" and not tokenizer.chat_template:
        raise SettingsError(f"{name} has no chat template: set `api: completions`, as for a base model")
    with _load_errors_explained(name), _out_of_memory_named(name, torch), preserved_rng_state():
        # transformers 4.46 knows no `dtype`, and 5.x prefers it where both are given.
        model = transformers.AutoModelForCausalLM.from_pretrained(name, **{"torch_dtype": "auto", **arguments})
        if torch.cuda.is_available() and "device_map" not in arguments and model.device.type == "cpu":
            model = model.to("cuda")
        model.eval()
    sampling = _generation_config(transformers, settings, [*_end_ids(model.generation_config), *_end_ids(tokenizer)])
    model.generation_config = sampling  # generate() takes from the model's own whatever the given one leaves open
    return LoadedTransformers(settings, name, _full_name(name, arguments), torch, tokenizer, model, sampling)


def _generation_config(transformers: Any, settings: SamplingSettings, ends: list[int]) -> Any:
    return transformers.GenerationConfig(
        do_sample=False,  # what is drawn is drawn by `drawing`
        max_new_tokens=settings.max_tokens,
        eos_token_id=ends or None,
        pad_token_id=ends[0] if ends else None,  # never read: some models' own pad token has no embedding
        stop_strings=list(settings.stop) or None,
    )


def _end_ids(owner: Any) -> list[int]:
    """The token ids at which `owner`, a tokenizer or a GenerationConfig, ends an answer."""
    ids = owner.eos_token_id
    return [] if ids is None else ids if isinstance(ids, list) else [ids]


def _full_name(name: str, arguments: Mapping[str, Any]) -> str:
    """The name, and the commit of the hub that it was loaded from."""
    from huggingface_hub import try_to_load_from_cache

    if Path(name).exists():
        return name
    # Newer versions of transformers do not tell the commit.
    config = "/".join(filter(None, (arguments.get("subfolder"), "config.json")))
    path = try_to_load_from_cache(
        name, config, cache_dir=arguments.get("cache_dir"), revision=arguments.get("revision")
    )
    commit = re.search(r"/snapshots/(\w+)/", path) if isinstance(path, str) else None
    return f"{name}@{commit[1]}" if commit else name


@contextmanager
def _out_of_memory_named(name: str, torch: Any) -> Iterator[None]:
    """Turn torch's error for a full GPU into one sentence that says what to do."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise out_of_memory_error(name) from error


@contextmanager
def _repeatable_attention(torch: Any) -> Iterator[None]:
    """Run without cuDNN's attention, torch's first choice on an H100, whose last bits differ from call to call.

    With torch 2.11, 9 of 24 answers came out the same the second time; with flash attention, or on a CPU, all did.
    """
    was = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(False)
    try:
        yield
    finally:
        torch.backends.cuda.enable_cudnn_sdp(was)


@contextmanager
def _load_errors_explained(name: str) -> Iterator[None]:
    """Turn any error of loading into one sentence that says what to check."""
    try:
        yield
    except CodermError:
        raise
    except Exception as error:  # each library below transformers has errors of its own
        raise ModelError(
            f"{name}: transformers could not load it ({single_line(error)}); "
            "check the name (model) and the arguments for from_pretrained (backend_args)"
        ) from error
