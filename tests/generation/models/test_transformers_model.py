"""The transformers backend, on tiny models that are made here, loaded from disk and run on a CPU."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm
from helpers.lm_eval_tasks import evaluate_task
from helpers.tiny_llama import (  # noqa: F401  # one_thread is a fixture
    ANSWER_NOW,
    BEGIN,
    CHAT,
    END,
    EOS,
    LOOSE_DOT,
    ROLES,
    TURNS,
    byte_tokenizer,
    one_thread,
    sway,
    tiny_llama,
)

from coderm_eval.benchmarks.demo import SAMPLES
from coderm_eval.core.errors import ModelError, SettingsError
from coderm_eval.generation.models.base import CONTEXT_OVERFLOW, Completion, SampleRequest
from coderm_eval.generation.models.draw_tokens import drawing
from coderm_eval.generation.models.transformers_model import TransformersModel
from coderm_eval.generation.settings import TestSettings

torch: Any = pytest.importorskip("torch")
transformers: Any = pytest.importorskip("transformers")
tokenizers: Any = pytest.importorskip("tokenizers")
safetensors: Any = pytest.importorskip("safetensors.torch")

REFUSES_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + CHAT
FORGETS_SYSTEM = CHAT.replace("in messages", "in messages if m.role != 'system'")
CONTEXT = 64

Make = Callable[..., str]


def metaspace_tokenizer() -> Any:
    """One token for each letter, and a mark for a space, as in SentencePiece: a text loses its first space."""
    letters = ["▁", *"abcdefghijklmnopqrstuvwxyz:"]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE({c: i for i, c in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    tokenizer.decoder = tokenizers.decoders.Metaspace()
    tokenizer.add_special_tokens([EOS])
    return tokenizer


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a model and says its folder."""

    def made(
        name: str = "tiny",
        *,
        template: str | None = CHAT,
        likely: str | None = None,
        weight: float = 100,
        generation: dict[str, Any] | None = None,
        tokenizer: Any = None,
        context: int = CONTEXT,
    ) -> str:
        folder = tmp_path / name
        tokenizer = tokenizer or byte_tokenizer()
        saved = transformers.PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, eos_token=EOS, chat_template=template, clean_up_tokenization_spaces=True
        )
        saved.save_pretrained(folder)
        model = tiny_llama(tokenizer.get_vocab_size(), context)
        if likely:
            sway(model, tokenizer.token_to_id(likely), weight, by=1000)
        else:
            sway(model, tokenizer.token_to_id(EOS), -100, by=10)  # no answer ends by chance
        model.generation_config.update(**(generation or {}))
        model.save_pretrained(folder)
        return str(folder)

    return made


def backend(model: str, **more: Any) -> TransformersModel:
    return TransformersModel(TestSettings(**{"backend": "hf", "model": model, "max_tokens": 6, **more}))


def sampled(model: TransformersModel, *requests: SampleRequest) -> dict[tuple[str, int], Completion]:
    return {
        (completion.task_id, completion.sample): completion for some in model.sample(requests) for completion in some
    }


def completions(model: str, prompt: str = "ask", samples: range = range(3), **more: Any) -> list[Completion]:
    return [*sampled(backend(model, **more), SampleRequest("a", prompt, samples)).values()]


def texts(model: str, prompt: str = "ask", **more: Any) -> list[str]:
    return [answer.text for answer in completions(model, prompt, **more)]


@pytest.mark.parametrize("samples", [range(5, 7), range(7, 9), range(11, 12)])
def test_a_sample_does_not_depend_on_which_others_are_requested(make: Make, samples: range) -> None:
    folder = make()
    assert texts(folder, samples=samples) == texts(folder, samples=range(12))[samples.start : samples.stop]


def test_a_sample_does_not_depend_on_other_prompts(make: Make) -> None:
    folder = make()
    alone = sampled(backend(folder), SampleRequest("a", "ask", range(12)))
    model = backend(folder)
    before = SampleRequest("b", "something longer", range(3))
    torch.manual_seed(5)
    for _ in range(2):
        together = sampled(model, before, SampleRequest("a", "ask", range(4, 12)))
        got = [together["a", sample].text for sample in range(4, 12)]
        assert got == [alone["a", sample].text for sample in range(4, 12)]


def test_samples_differ_from_each_other_and_with_another_seed_or_prompt(make: Make) -> None:
    folder = make()
    drawn = texts(folder, samples=range(20))
    assert len({*drawn, *texts(folder, samples=range(20), seed=1000)}) == 40
    others = zip(drawn, texts(folder, "asks", samples=range(20)), strict=True)
    assert sum(text != other for text, other in others) > 10


def test_a_batch_is_filled_across_prompts_in_their_order(make: Make) -> None:
    asked = [SampleRequest("a", "ask", range(5, 10)), SampleRequest("b", "something longer", range(2))]
    together = list(backend(make(), batch_size=3).sample(asked))
    samples = [[(answer.task_id, answer.sample) for answer in answers] for answers in together]
    assert samples == [[("a", 5), ("a", 6), ("a", 7)], [("a", 8), ("a", 9), ("b", 0)], [("b", 1)]]


@pytest.mark.parametrize("temperature", [0, 0.8])
def test_answers_are_the_same_alone_and_in_a_batch_of_many_prompts(make: Make, temperature: float) -> None:
    folder = make()
    asked = [SampleRequest(str(i), "ask " + "x" * i, range(i, i + 2)) for i in range(9)]
    together = sampled(backend(folder, temperature=temperature), *asked)
    alone = sampled(backend(folder, temperature=temperature, batch_size=1), *asked)
    assert {key: answer.text for key, answer in together.items()} == {key: a.text for key, a in alone.items()}
    assert list(together) == list(alone)


def test_a_token_is_drawn_as_often_as_it_is_likely() -> None:
    draw = drawing(TestSettings(backend="hf", max_tokens=1, temperature=0.5, top_p=0.9), range(4000))
    scores = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(4000, 1)  # squared: 0.68, 0.25, 0.06, 0.01
    counts = torch.bincount(draw(None, scores).argmax(dim=-1), minlength=4)
    assert counts[2:].tolist() == [0, 0]  # the first two are 0.93 of the mass
    assert 0.70 < counts[0] / 4000 < 0.77  # 0.25 / 0.34, give or take five standard errors


def test_only_the_hf_backend_has_its_batch_size_in_the_keys_of_answers() -> None:
    def identities(backend: str) -> set[str]:
        return {TestSettings.model_validate({"backend": backend, "batch_size": n}).identity() for n in (8, 9)}

    assert (len(identities("hf")), len(identities("vllm")), len(identities("openai"))) == (2, 1, 1)


@pytest.mark.parametrize("most", [1, 3])
def test_a_batch_that_the_memory_is_too_small_for_is_halved(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, most: int
) -> None:
    """The model itself runs, as long as few sequences are given; the error is the one that torch raises."""
    forward, sizes = transformers.LlamaForCausalLM.forward, []

    def of_few(self: Any, input_ids: Any = None, **more: Any) -> Any:
        sizes.append(len(input_ids))
        if len(input_ids) > most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return forward(self, input_ids, **more)

    folder = make()
    whole = texts(folder, samples=range(20))
    functools.update_wrapper(of_few, forward)  # generate() looks at its arguments
    monkeypatch.setattr(transformers.LlamaForCausalLM, "forward", of_few)
    assert texts(folder, samples=range(20), batch_size=8) == whole
    halved = {1: [8, 4, 2], 3: [8, 4]}[most]
    assert [size for size in sizes if size > most] == halved
    assert len(caplog.messages) == len(halved)
    assert "for 8 sequences" in caplog.text and "set tests.batch_size to 4" in caplog.text


def test_the_callers_random_state_is_left_alone(make: Make) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    for _ in backend(make()).sample([SampleRequest("a", "ask", range(12)), SampleRequest("b", "ask", range(3))]):
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_missing_weight_does_not_touch_the_callers_random_state(make: Make) -> None:
    """transformers draws it."""
    folder = Path(make())
    weights = safetensors.load_file(folder / "model.safetensors")
    del weights["lm_head.weight"]
    safetensors.save_file(weights, folder / "model.safetensors", {"format": "pt"})
    before = torch.get_rng_state()
    completions(str(folder))
    assert torch.equal(torch.get_rng_state(), before)


def test_temperature_0_is_the_most_likely_answer_for_every_sample_and_seed(make: Make) -> None:
    folder = make()
    greedy = completions(folder, samples=range(3, 12), temperature=0)
    assert [answer.sample for answer in greedy] == [*range(3, 12)]
    assert {answer.text for answer in greedy} == set(texts(folder, temperature=0, seed=7))
    assert set(texts(folder, temperature=0.0001)) == {greedy[0].text}


def test_a_lower_top_p_leaves_less_to_choose_from(make: Make) -> None:
    folder = make(likely="x", weight=0.9)  # about every third token
    assert set(texts(folder, top_p=0.01, samples=range(8))) == {"xxxxxx"}
    assert len(set(texts(folder, samples=range(8)))) > 4


def test_an_answer_ends_at_the_limit_of_tokens_and_says_so(make: Make) -> None:
    got = completions(make(), max_tokens=9)
    assert {(answer.tokens, answer.finish_reason) for answer in got} == {(9, "length")}


def test_the_tokenizers_end_token_is_no_part_of_an_answer(make: Make) -> None:
    got = completions(make(likely=EOS))
    assert {(answer.text, answer.tokens, answer.finish_reason) for answer in got} == {("", 0, "stop")}


@pytest.mark.parametrize("as_list", [True, False])
def test_an_answer_ends_at_the_end_tokens_of_the_models_own_config(make: Make, as_list: bool) -> None:
    end = byte_tokenizer().token_to_id(END)
    folder = make(likely=END, generation={"eos_token_id": [end] if as_list else end})
    assert {(answer.text, answer.finish_reason) for answer in completions(folder)} == {("", "stop")}
    assert {answer.finish_reason for answer in completions(make("never", likely=END))} == {"length"}


def test_of_answers_that_end_at_different_places_none_has_padding(make: Make) -> None:
    folder = make(likely=EOS, weight=0.6)  # about every tenth token
    got = completions(folder, samples=range(64), max_tokens=8, temperature=1, top_p=1)
    assert len({answer.tokens for answer in got}) > 4
    assert {answer.finish_reason for answer in got} == {"stop", "length"}
    assert all((answer.tokens < 8) == (answer.finish_reason == "stop") for answer in got)
    assert all((answer.text == "") == (answer.tokens == 0) for answer in got)


def test_prompt_tokens_are_counted_once_and_seconds_for_each_batch(make: Make) -> None:
    asked = [SampleRequest("a", "ask", range(3, 9)), SampleRequest("b", "asked", range(2))]
    got = list(backend(make(), batch_size=4).sample(asked))
    counted = [len("ask") + 3, *[0] * 5, len("asked") + 3, 0]
    assert [answer.prompt_tokens for batch in got for answer in batch] == counted
    assert all(batch[0].seconds > 0 and not any(answer.seconds for answer in batch[1:]) for batch in got)


def test_a_chat_prompt_is_what_the_template_makes_of_it(make: Make) -> None:
    folder = make()
    assert texts(folder, "ask") == texts(folder, "<|user|>ask<|assistant|>", api="completions")


def test_a_text_to_continue_is_taken_as_it_is(make: Make) -> None:
    got = completions(make(template=None), "def f(x):\n", api="completions")
    assert got[0].prompt_tokens == len("def f(x):\n") + 1  # and the token with which texts begin
    assert [answer.finish_reason for answer in got] == ["length"] * 3


def test_a_system_prompt_has_the_role_of_that_name(make: Make) -> None:
    folder = make()
    written_out = "<|system|>Be short.<|user|>ask<|assistant|>"
    assert texts(folder, "ask", system_prompt="Be short.") == texts(folder, written_out, api="completions")


@pytest.mark.parametrize("template", [REFUSES_SYSTEM, FORGETS_SYSTEM])
def test_a_template_without_a_system_role_gets_it_before_the_message(make: Make, template: str) -> None:
    folder = make(template=template)
    assert texts(folder, "ask", system_prompt="Be short.") == texts(folder, "Be short.\n\nask")


def test_a_text_to_continue_has_the_system_prompt_before_it(make: Make) -> None:
    folder = make()
    together = texts(folder, "# Python\n\nx = ", api="completions")
    assert texts(folder, "x = ", api="completions", system_prompt="# Python") == together


def test_a_model_without_a_chat_template_is_one_sentence(make: Make) -> None:
    with pytest.raises(SettingsError, match=r"has no chat template: set `api: completions`"):
        completions(make(template=None))


def test_a_chat_template_that_fails_is_one_sentence_with_its_own_words(make: Make) -> None:
    folder = make(template="{{ raise_exception('only\ntools') }}")
    with pytest.raises(ModelError, match=r"its chat template cannot be used \(only tools\); set `api: completions`"):
        completions(folder, system_prompt="Be short.")


def test_where_prompt_and_answer_do_not_fit_nothing_is_generated(make: Make) -> None:
    model = backend(make(), api="completions", max_tokens=10)
    fits = CONTEXT - 10 - 1
    got = sampled(
        model, SampleRequest("long", "x" * (fits + 1), range(10)), SampleRequest("fits", "x" * fits, range(2))
    )
    overflown = [got["long", sample] for sample in range(10)]
    assert {(a.text, a.finish_reason, a.tokens, a.prompt_tokens) for a in overflown} == {("", CONTEXT_OVERFLOW, 0, 0)}
    assert [got["fits", sample].tokens for sample in range(2)] == [10, 10]


@pytest.mark.parametrize("temperature", [0, 0.8])
def test_the_models_own_generation_config_adds_nothing_to_the_settings(make: Make, temperature: float) -> None:
    own = {"do_sample": True, "temperature": 3.0, "top_k": 1, "top_p": 0.1, "min_p": 0.9, "repetition_penalty": 50.0}
    plain = texts(make("plain", likely="x", weight=0.9), temperature=temperature, top_p=1)
    assert texts(make("own", likely="x", weight=0.9, generation=own), temperature=temperature, top_p=1) == plain


def test_all_tokens_can_be_drawn_not_only_the_50_most_likely(make: Make) -> None:
    """50 is what transformers has by default for top_k."""
    assert len(set(texts(make(likely="x", weight=0), samples=range(240), max_tokens=1, temperature=1, top_p=1))) > 60


def test_spaces_are_left_as_the_model_wrote_them(make: Make) -> None:
    """The tokenizer asks for a clean-up, which would make "..." of it."""
    assert texts(make(likely=LOOSE_DOT), max_tokens=3) == [" . . ."] * 3


def test_the_first_space_after_a_prompt_is_kept(make: Make) -> None:
    """It may be an indentation."""
    folder = make(tokenizer=metaspace_tokenizer(), template=None, likely="▁")
    assert texts(folder, "def f:", api="completions", max_tokens=4) == [" " * 4] * 3


def test_special_tokens_are_no_part_of_the_text(make: Make) -> None:
    assert [(a.text, a.tokens) for a in completions(make(likely=END))] == [("", 6)] * 3


def test_a_model_is_loaded_once(make: Make) -> None:
    folder = make()
    model = backend(folder)
    request = SampleRequest("a", "ask", range(2))
    first = sampled(model, request)
    shutil.rmtree(folder)
    again = sampled(model, request)
    assert [again["a", sample].text for sample in range(2)] == [first["a", sample].text for sample in range(2)]


def test_nothing_is_loaded_before_the_first_request() -> None:
    assert list(backend("/no/such/folder").sample([])) == []


def test_no_library_is_imported_before_the_first_request() -> None:
    code = (
        "import sys\n"
        "from coderm_eval.generation.settings import TestSettings\n"
        "from coderm_eval.generation.models.transformers_model import TransformersModel\n"
        "list(TransformersModel(TestSettings(backend='hf', model='m')).sample([]))\n"
        "print([m for m in ('torch', 'transformers', 'huggingface_hub') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_arguments_for_loading_reach_the_model_and_the_tokenizer(make: Make) -> None:
    """The tokenizer gets those about files alone."""
    folder = make("outer/inner")
    extra = {"subfolder": "inner", "attn_implementation": "eager"}
    assert len(set(texts(str(Path(folder).parent), backend_args=extra))) == 3


def test_an_answer_names_the_folder_of_its_model(make: Make) -> None:
    folder = make()
    assert {answer.model for answer in completions(folder)} == {folder}


def test_an_answer_names_the_commit_of_a_model_of_the_hub(make: Make, tmp_path: Path) -> None:
    """In a cache as the hub's client lays it out."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "cache" / "models--maker--tiny"
    shutil.copytree(make(), cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    extra = {"cache_dir": str(tmp_path / "cache"), "local_files_only": True}
    assert {answer.model for answer in completions("maker/tiny", backend_args=extra)} == {f"maker/tiny@{commit}"}


def test_a_model_must_be_named() -> None:
    with pytest.raises(SettingsError, match=r"^tests\.model is not set: name "):
        TransformersModel(TestSettings(backend="hf"))


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def with_half_of_the_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])


def of_an_unknown_kind(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "not-yet-invented"}')


@pytest.mark.parametrize("harm", [shutil.rmtree, without_config, with_half_of_the_weights, of_an_unknown_kind])
def test_a_model_that_cannot_be_loaded_is_one_sentence_with_its_name(make: Make, harm: Callable[[Path], None]) -> None:
    folder = make()
    harm(Path(folder))
    with pytest.raises(ModelError, match=r"could not load it \(.+\); check the name \(model\)") as caught:
        completions(folder)
    assert str(caught.value).startswith(f"{folder}: ")
    assert "\n" not in str(caught.value)


def test_a_model_that_the_hub_would_have_to_send_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^maker/missing: transformers could not load it"):
        completions("maker/missing", backend_args={"cache_dir": str(tmp_path), "local_files_only": True})


def test_an_argument_that_loading_does_not_know_is_named(make: Make) -> None:
    with pytest.raises(ModelError, match=r"atn_implementation.*\(backend_args\)"):
        completions(make(), backend_args={"atn_implementation": "eager"})


@pytest.mark.parametrize("step", ["from_pretrained", "forward"])
def test_a_full_gpu_is_one_sentence_with_the_ways_out(make: Make, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Stands in for a GPU; the error is the one that torch raises."""

    def full(*_: Any, **__: Any) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.\nTried to allocate 2.00 GiB")

    folder = make()
    monkeypatch.setattr(transformers.LlamaForCausalLM, step, full)
    with pytest.raises(ModelError, match=f"not enough GPU memory.*`vllm serve {folder} --port 8001`") as caught:
        completions(folder)
    assert "\n" not in str(caught.value)


def test_an_answer_ends_before_a_text_to_stop_at(make: Make) -> None:
    folder = make()
    (free,) = completions(folder, temperature=0, samples=range(1), max_tokens=30)
    stop = free.text[4:6]
    (stopped,) = completions(folder, temperature=0, samples=range(1), max_tokens=30, stop=[stop])
    assert (free.finish_reason, stopped.finish_reason) == ("length", "stop")
    assert stopped.text == free.text[: free.text.index(stop)]
    assert stopped.tokens < free.tokens


def test_write_tests_runs_a_model_in_process(make: Make, tmp_path: Path) -> None:
    """Random weights write no tests, which is counted; the prompts with their text are sent as they stand."""
    samples = tmp_path / "samples.jsonl"
    programs = [json.loads(line) for line in SAMPLES.read_text().splitlines() if "demo/0" in line]
    samples.write_text("".join(json.dumps(row) + "\n" for row in programs))
    config = tmp_path / "settings.yaml"
    config.write_text("tests: {max_tokens: 8}\n")
    known = ["--benchmark", "demo", "--samples", samples, "--allow-partial", "--out", "tests.jsonl"]
    model = ["--backend", "hf", "--model", make(context=4096), "--num", 3, "--config", config]
    done = coderm("tests", *known, *model, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 test samples of 1 problems, 3 no code found, 3 truncated" in done.stdout
    assert json.loads((tmp_path / "tests.jsonl").read_text()) == {"task_id": "demo/0", "test": ""}


def test_lm_eval_runs_the_policy_and_then_the_test_writer(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    writer = {"backend": "hf", "model": str(make(context=4096)), "num": 2, "max_tokens": 8}
    given = {"n": 2, "tests": writer}
    evaluate_task("coderm_demo", model="dummy", model_args={}, metadata={"coderm": given}, limit=2)
    (summary,) = (tmp_path / "coderm-runs").glob("*/summary.json")
    said = json.loads(summary.read_text())
    assert said["test_samples"]["read"] == 4 and said["settings"]["tests"]["backend"] == "hf"
    assert said["tokens"]["tests"]["completion"] == 4 * 8
