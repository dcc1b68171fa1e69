"""A Llama with random weights and a tokenizer of bytes, made on the spot; skips without torch and transformers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
transformers: Any = pytest.importorskip("transformers")
tokenizers: Any = pytest.importorskip("tokenizers")

BEGIN, EOS, END, LOOSE_DOT = "<begin>", "<eos>", "<|end|>", " ."
ROLES = ["<|system|>", "<|user|>", "<|assistant|>"]
TURNS = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
ANSWER_NOW = "{% if add_generation_prompt %}<|assistant|>{% endif %}"
CHAT = BEGIN + TURNS + ANSWER_NOW


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Of torch's: more wait for each other where the cores have other work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def byte_tokenizer() -> Any:
    """One token for each byte, after the token with which texts begin."""
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens([BEGIN, EOS, END, *ROLES])
    tokenizer.add_tokens([LOOSE_DOT])
    begins = tokenizers.processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))]
    )
    tokenizer.post_processor = begins
    return tokenizer


def tiny_llama(vocabulary: int, context: int) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return transformers.LlamaForCausalLM(
            transformers.LlamaConfig(
                vocab_size=vocabulary,
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                max_position_embeddings=context,
                initializer_range=0.5,  # enough that each token of a prompt counts
                bos_token_id=None,
                eos_token_id=None,
            )
        )


def sway(model: Any, token: int, weight: float, by: float) -> None:
    """One coordinate of all embeddings, `by`, speaks for or against a token and nothing else.

    If it is large, nothing else counts: the token's logit is 5.7 weights, and the others' are 0.
    """
    with torch.no_grad():
        model.model.embed_tokens.weight[:, 0] = by
        model.lm_head.weight[:, 0] = 0
        model.lm_head.weight[token, 0] = weight
