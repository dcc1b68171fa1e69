"""The vLLM backend: its requests and failures anywhere, and real completions where vLLM is installed."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coderm_eval.core.errors import ModelError, SettingsError
from coderm_eval.generation.models.base import CONTEXT_OVERFLOW, Completion, SampleRequest
from coderm_eval.generation.models.vllm_model import VllmModel, _batches, _explained, _LoadedVllm
from coderm_eval.generation.settings import TestSettings

CONTEXT = 128
SETTINGS = TestSettings(backend="vllm", model="m", max_tokens=20, seed=100)


def sampled(model: VllmModel, *requests: SampleRequest) -> dict[tuple[str, int], Completion]:
    """All completions, by task and sample."""
    return {
        (completion.task_id, completion.sample): completion for some in model.sample(requests) for completion in some
    }


def test_the_model_has_to_be_named() -> None:
    with pytest.raises(SettingsError, match="model is not set"):
        VllmModel(TestSettings(backend="vllm"))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"seed": 3}, r"backend_args has 'seed': set tests\.seed"),
    ({"model": "n"}, r"backend_args has 'model': set tests\.model"),
    ({"data_parallel_size": 4}, r"one replica in a process: serve the model \(`vllm serve m --data-parallel-size 4`\)"),
]


@pytest.mark.parametrize(("given", "said"), REFUSED, ids=str)
def test_an_argument_that_stands_elsewhere_is_refused_before_loading(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        VllmModel(TestSettings(backend="vllm", model="m", backend_args=given))


def test_nothing_is_imported_before_the_first_request() -> None:
    program = """
import sys
from coderm_eval.generation.settings import TestSettings
from coderm_eval.generation.models.vllm_model import VllmModel
assert list(VllmModel(TestSettings(backend="vllm", model="m")).sample([])) == []
assert not {"vllm", "torch", "transformers"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1, [["a0"], ["a1"], ["a2"], ["b4"], ["b5"], ["c0"]]),
        (2, [["a0", "a1"], ["a2", "b4"], ["b5", "c0"]]),
        (4, [["a0", "a1", "a2", "b4"], ["b5", "c0"]]),
        (6, [["a0", "a1", "a2", "b4", "b5", "c0"]]),
        (7, [["a0", "a1", "a2", "b4", "b5", "c0"]]),
    ],
)
def test_a_batch_holds_a_number_of_samples(size: int, expected: list[list[str]]) -> None:
    requests = [SampleRequest(*args) for args in (("a", "", range(3)), ("b", "", range(4, 6)), ("c", "", range(1)))]
    batches = [[f"{q.task_id}{i}" for q in batch for i in q.samples] for batch in _batches(requests, size)]
    assert batches == expected


FULL = [  # as vLLM 0.32 and 0.33, and torch 2.13, word it
    ValueError(
        "Free memory on device cuda:0 (3.1/79.1 GiB) on startup is less than desired GPU memory utilization "
        "(0.92, 72.8 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes."
    ),
    ValueError("No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing"),
    RuntimeError("CUDA out of memory. Tried to allocate 1.16 GiB. GPU 0 has a total capacity of 79.10 GiB"),
]


@pytest.mark.parametrize("error", FULL)
def test_a_full_gpu_is_said_with_the_ways_out(error: Exception) -> None:
    ways_out = r"not enough GPU memory for org/m .*`vllm serve org/m --port 8001`"
    with pytest.raises(ModelError, match=ways_out), _explained("org/m", "stopped", "do this"):
        raise error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("Engine core initialization failed.\nSee root cause above."), "failed. See root cause above."),
        (AssertionError(), "AssertionError"),
    ],
)
def test_other_failures_are_one_line_that_ends_with_what_to_do(error: Exception, reason: str) -> None:
    with pytest.raises(ModelError) as raised, _explained("org/m", "stopped", "do this"):
        raise error
    assert str(raised.value).startswith("org/m: vLLM stopped (")
    assert str(raised.value).endswith(f"{reason}); do this")
    assert "\n" not in str(raised.value)


@dataclass(frozen=True)
class Params:
    """The arguments of vllm.SamplingParams that are given."""

    n: int
    seed: int
    temperature: float
    top_p: float
    max_tokens: int
    stop: list[str]


@dataclass
class Engine:
    """Stands for vllm.LLM, with the signatures of 0.32 that are called; it records the calls. One character is one
    token, and a completion is its prompt and seed."""

    requested: list[list[tuple[Any, Params]]] = field(default_factory=list)

    @property
    def llm_engine(self) -> Any:
        return SimpleNamespace(model_config=SimpleNamespace(max_model_len=CONTEXT))

    def get_tokenizer(self) -> Any:
        return SimpleNamespace(encode=list, apply_chat_template=self._apply_chat_template)

    def chat(self, messages: Any, sampling_params: Sequence[Params], use_tqdm: bool = True) -> list[Any]:
        return self._outputs([m[-1]["content"] for m in messages], messages, sampling_params)

    def generate(self, prompts: Any, sampling_params: Sequence[Params], *, use_tqdm: bool = True) -> list[Any]:
        return self._outputs(prompts, prompts, sampling_params)

    def _outputs(self, prompts: list[str], asked: list[Any], params: Sequence[Params]) -> list[Any]:
        self.requested.append(list(zip(asked, params, strict=True)))
        return [
            SimpleNamespace(
                prompt_token_ids=list(prompt),
                outputs=[SimpleNamespace(text=f"{prompt} {p.seed}", finish_reason="stop", token_ids=[0, 1])],
            )
            for prompt, p in zip(prompts, params, strict=True)
        ]

    @staticmethod
    def _apply_chat_template(
        messages: list[dict[str, str]],
        chat_template: str | None,
        add_generation_prompt: bool,
        tokenize: bool,
        return_dict: bool,
    ) -> list[str]:
        return list("".join(message["content"] for message in messages))


def with_engine(settings: TestSettings) -> tuple[VllmModel, Engine]:
    model, engine = VllmModel(settings), Engine()
    model._loaded = _LoadedVllm(settings, "m", engine, Params)
    return model, engine


def test_each_sample_is_a_request_with_its_own_seed() -> None:
    model, engine = with_engine(SETTINGS)
    answers = sampled(model, SampleRequest("T/0", "abc", range(2)), SampleRequest("T/1", "de", range(5, 7)))
    ((first, *_),) = engine.requested
    assert first == ([{"role": "user", "content": "abc"}], Params(1, 100, 0.8, 0.95, 20, []))
    assert answers["T/0", 0] == Completion("T/0", 0, "abc 100", "stop", 2, 3, answers["T/0", 0].seconds, "m")
    assert answers["T/0", 1] == Completion("T/0", 1, "abc 101", "stop", 2, 0, 0.0, "m")
    assert answers["T/1", 5] == Completion("T/1", 5, "de 105", "stop", 2, 2, 0.0, "m")
    assert answers["T/1", 6] == Completion("T/1", 6, "de 106", "stop", 2, 0, 0.0, "m")
    assert answers["T/0", 0].seconds > 0


def test_the_system_prompt_comes_first() -> None:
    chat, chat_engine = with_engine(SETTINGS.model_copy(update={"system_prompt": "Be brief."}))
    sampled(chat, SampleRequest("T/0", "abc", range(1)))
    messages = chat_engine.requested[0][0][0]
    assert messages == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "abc"}]
    base, base_engine = with_engine(SETTINGS.model_copy(update={"system_prompt": "Be brief.", "api": "completions"}))
    sampled(base, SampleRequest("T/0", "abc", range(1)))
    assert base_engine.requested[0][0][0] == "Be brief.\n\nabc"


def test_completions_come_after_each_batch() -> None:
    model, engine = with_engine(SETTINGS)
    batches = model.sample([SampleRequest("T/0", "abc", range(500)), SampleRequest("T/1", "de", range(100))])
    assert engine.requested == []
    assert [(len(next(batches)), len(engine.requested)) for _ in range(2)] == [(512, 1), (88, 2)]
    assert next(batches, None) is None


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_a_prompt_without_room_for_an_answer_is_not_requested(api: str) -> None:
    model, engine = with_engine(SETTINGS.model_copy(update={"api": api}))
    fits, too_long = "x" * (CONTEXT - 20), "x" * (CONTEXT - 19)
    answers = sampled(model, SampleRequest("T/0", too_long, range(2)), SampleRequest("T/1", fits, range(2)))
    assert [answers["T/0", i].finish_reason for i in range(2)] == [CONTEXT_OVERFLOW] * 2
    assert [answers["T/1", i].text for i in range(2)] == [f"{fits} 100", f"{fits} 101"]
    assert len(engine.requested[0]) == 2


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random model, whose own settings say to sample only the likeliest token."""
    pytest.importorskip("vllm")
    tokenizers: Any = pytest.importorskip("tokenizers")
    transformers: Any = pytest.importorskip("transformers")
    torch: Any = pytest.importorskip("torch")
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(["<s>", "</s>", *alphabet])}
    bytewise = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, []))
    bytewise.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = tokenizers.decoders.ByteLevel()
    bytewise.post_processor = tokenizers.processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    folder = tmp_path_factory.mktemp("models") / "tiny"
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=bytewise,
        bos_token="<s>",
        eos_token="</s>",
        chat_template="<s>{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]",
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=CONTEXT,
        initializer_range=0.1,  # enough that each token of a prompt counts
        bos_token_id=0,
        eos_token_id=1,
    )
    model = transformers.LlamaForCausalLM(config)
    model.generation_config = transformers.GenerationConfig(do_sample=True, top_k=1, bos_token_id=0, eos_token_id=1)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def real(tiny: Path) -> VllmModel:
    """Loaded once: it takes seconds. The caller's random numbers go on as if it had not been."""
    extra = {"enforce_eager": True, "kv_cache_memory_bytes": 2**26}
    model = VllmModel(SETTINGS.model_copy(update={"model": str(tiny), "backend_args": extra}))
    random.seed(1)
    expected = [random.random(), random.random()]
    random.seed(1)
    assert random.random() == expected[0]
    sampled(model, SampleRequest("T/0", "warm", range(1)))
    assert random.random() == expected[1]
    return model


def like(model: VllmModel, **changes: Any) -> VllmModel:
    """The same loaded model with other settings."""
    settings = model._settings.model_copy(update=changes)
    other = VllmModel(settings)
    other._loaded = replace(model._loaded, settings=settings)
    return other


def test_a_real_sample_is_the_same_whatever_else_is_requested(real: VllmModel) -> None:
    together = sampled(real, SampleRequest("T/0", "def f(x):", range(8)), SampleRequest("T/1", "class A:", range(8)))
    alone = sampled(real, SampleRequest("T/1", "class A:", range(3, 5)))
    assert [alone["T/1", i].text for i in (3, 4)] == [together["T/1", i].text for i in (3, 4)]
    assert len({together["T/1", i].text for i in range(8)}) == 8


def test_real_answers_are_counted(real: VllmModel) -> None:
    answers = sampled(like(real, max_tokens=90), SampleRequest("T/0", "def f(x):", range(32)))
    assert answers["T/0", 0].prompt_tokens == len("?[user]def f(x):[assistant]")
    assert {a.prompt_tokens for a in answers.values() if a.sample} == {0}
    ended = {reason: [a.tokens for a in answers.values() if a.finish_reason == reason] for reason in ("stop", "length")}
    assert set(ended["length"]) == {90} and min(ended["stop"]) < 90
    assert len(ended["stop"]) + len(ended["length"]) == 32


def test_a_real_prompt_without_room_spoils_no_other(real: VllmModel) -> None:
    room = CONTEXT - 20 - len("?[user][assistant]")
    prompts = {"fits": "x" * room, "not": "x" * (room + 1), "never": "x" * 1000}
    answers = sampled(real, *(SampleRequest(name, prompt, range(1)) for name, prompt in prompts.items()))
    assert answers["fits", 0].prompt_tokens == CONTEXT - 20
    assert [answers[name, 0].finish_reason for name in ("not", "never")] == [CONTEXT_OVERFLOW] * 2


def test_a_real_text_is_continued(real: VllmModel) -> None:
    base = like(real, api="completions", system_prompt="A test.", temperature=0.0)
    answers = sampled(base, SampleRequest("T/0", "def f(x):", range(3)))
    assert answers["T/0", 0].prompt_tokens == len("?A test.\n\ndef f(x):")
    assert len({answer.text for answer in answers.values()}) == 1


def test_a_real_refusal_is_one_line(real: VllmModel) -> None:
    with pytest.raises(ModelError, match=r"vLLM stopped \(temperature must .*\); what was answered so far is stored"):
        sampled(like(real, temperature=3.0), SampleRequest("T/0", "def f(x):", range(1)))


def test_a_real_model_that_is_not_there(tiny: Path) -> None:
    with pytest.raises(ModelError, match=r"vLLM could not load it \(.*\); check the name"):
        sampled(VllmModel(SETTINGS.model_copy(update={"model": f"{tiny}-not"})), SampleRequest("T/0", "p", range(1)))
