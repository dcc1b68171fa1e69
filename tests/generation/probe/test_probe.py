"""The difficulty probe, on hidden states of a tiny model that is made here: what it reads, finds, saves and refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from helpers.cli import coderm, coderm_process, rows, write_rows
from helpers.servers import Behaviour, Reply, broken_at_first, busy_at_first, html, refusing, serving
from helpers.tiny_llama import CHAT, EOS, byte_tokenizer, one_thread, tiny_llama  # noqa: F401  # one_thread is a fixture
from scipy import optimize, stats

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.benchmarks.prompts import function_request
from coderm_eval.cli import main
from coderm_eval.core.errors import ServerError
from coderm_eval.core.pass_rates import read_rates
from coderm_eval.core.records import Problem
from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.probe.embeddings import EmbeddingServer
from coderm_eval.generation.probe.features import Features, FeatureSource, read_features, write_features
from coderm_eval.generation.probe.hidden_states import HiddenStates
from coderm_eval.generation.probe.holdout import CrossValidation
from coderm_eval.generation.probe.network import Network, _loss, _Weights, cross_entropy, fit_each
from coderm_eval.generation.probe.probe import read_probe, train
from coderm_eval.generation.sample import sampling_requests
from coderm_eval.generation.settings import PolicySettings
from coderm_eval.selection.budget.greedy import allocate

torch: Any = pytest.importorskip("torch")
transformers: Any = pytest.importorskip("transformers")
safetensors: Any = pytest.importorskip("safetensors.numpy")


SYSTEM = "Write Python."
WIDTH = 32
PROBLEMS = 120

Floats = Any


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a Llama with random weights, two layers and 32 hidden units."""
    folder = tmp_path_factory.mktemp("model") / "tiny"
    tokenizer = byte_tokenizer()
    saved = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=EOS, chat_template=CHAT)
    saved.save_pretrained(folder)
    tiny_llama(tokenizer.get_vocab_size(), context=4096).save_pretrained(folder)
    return str(folder)


def probe(*arguments: object) -> Result:
    """`coderm-eval probe`, to its end."""
    return CliRunner().invoke(main, ["probe", *map(str, arguments)])


def succeeded(*arguments: object) -> str:
    """What it says."""
    result = probe(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def described(model: str, **more: Any) -> FeatureSource:
    known = {"layer": -1, "backend": "hf", "api": "chat", "system_prompt": None, "benchmark": "made"}
    return FeatureSource(**{"model": model, **known, **more})


@pytest.fixture(scope="module")
def demo(model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Features of the demo's 14 problems."""
    path = tmp_path_factory.mktemp("demo") / "features.safetensors"
    said = succeeded("features", "--benchmark", "demo", "--model", model, "--backend", "hf", "--out", path)
    assert f"{WIDTH} features of 14 problems, layer -1 of {model}" in said
    return path


@pytest.fixture(scope="module")
def made(model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Features of problems that are made here."""
    words = np.random.default_rng(0).choice(
        ["tide", "bell", "buoy", "knot", "reef", "mast", "oar", "sail"], (PROBLEMS, 6)
    )
    names = [" ".join(row) for row in words]
    prompts = [f'def f{i}(x):\n    """The {name} of x."""\n' for i, name in enumerate(names)]
    problems = [Problem(f"made/{i}", f"f{i}", text, "", function_request(text)) for i, text in enumerate(prompts)]
    settings = PolicySettings(backend="hf", model=model)
    states = dict(HiddenStates(settings, -1).states(sampling_requests(problems, settings, n=1)))
    path = tmp_path_factory.mktemp("made") / "features.safetensors"
    write_features(path, Features(described(model), tuple(states), np.stack(list(states.values()))))
    return path


def planted(features: Path, target: Path, seed: int = 0, samples: int = 20) -> Path:
    """Shares of right samples, where the chance of one is the sigmoid of a random direction of the states."""
    found = read_features(features)
    rng = np.random.default_rng(seed)
    logits = stats.zscore(found.states, axis=0) @ rng.normal(size=WIDTH)
    chances = 1 / (1 + np.exp(-2 * stats.zscore(logits)))
    return rates_file(target, found, rng.binomial(samples, chances) / samples)


def noise(features: Path, target: Path, seed: int) -> Path:
    """The same without the states."""
    found = read_features(features)
    rng = np.random.default_rng(seed)
    return rates_file(target, found, rng.binomial(20, rng.beta(0.5, 0.5, len(found.task_ids))) / 20)


def rates_file(target: Path, features: Features, rates: Floats) -> Path:
    return write_rows(target, [{"task_id": t, "rate": float(r)} for t, r in zip(features.task_ids, rates, strict=True)])


@pytest.fixture(scope="module")
def trained(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A probe of planted rates, and what its training said."""
    folder = tmp_path_factory.mktemp("trained")
    rates = planted(made, folder / "rates.jsonl")
    said = succeeded("train", "--features", made, "--pass-rates", rates, "--out", folder / "probe.safetensors")
    return folder / "probe.safetensors", said


# Features


@pytest.mark.parametrize("layer", [-1, 0, 1, -2])
def test_a_feature_is_the_last_tokens_hidden_state_of_the_prompt(model: str, layer: int, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text(f"policy: {{system_prompt: {SYSTEM}}}\n")
    known = ["--benchmark", "demo", "--backend", "hf", "--model", model, "--config", config]
    succeeded("features", *known, "--layer", layer, "--out", tmp_path / "f")
    found = read_features(tmp_path / "f")
    problems = load_benchmark("demo").problems
    assert found.source == described(model, layer=layer, system_prompt=SYSTEM, benchmark="demo")
    assert found.task_ids == tuple(problem.task_id for problem in problems)
    plain = transformers.LlamaForCausalLM.from_pretrained(model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    for state, problem in list(zip(found.states, problems, strict=True))[:3]:
        written = f"<begin><|system|>{SYSTEM}<|user|>{function_request(problem.prompt)}<|assistant|>"
        ids = tokenizer(written, add_special_tokens=False, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            states = plain(ids, output_hidden_states=True).hidden_states
        assert len(states) == 3
        np.testing.assert_allclose(state, states[layer][0, -1].numpy(), atol=1e-5)


def test_a_base_model_reads_the_benchmarks_own_prompt(model: str, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("policy: {api: completions}\n")
    known = ["--benchmark", "demo", "--backend", "hf", "--model", model, "--config", config]
    succeeded("features", *known, "--out", tmp_path / "f")
    found = read_features(tmp_path / "f")
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    ids = tokenizer(load_benchmark("demo").problems[0].prompt, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        states = transformers.LlamaForCausalLM.from_pretrained(model).model(ids).last_hidden_state
    np.testing.assert_allclose(found.states[0], states[0, -1].numpy(), atol=1e-5)
    assert found.source.api == "completions"


def test_the_file_of_features_says_what_they_are_of(demo: Path, model: str) -> None:
    with safetensors.safe_open(demo, framework="numpy") as file:
        said = json.loads(file.metadata()["coderm_features"])
        assert (list(file.keys()), file.get_tensor("features").shape) == (["features"], (14, WIDTH))
        assert file.get_tensor("features").dtype == np.float32
    assert (said["model"], said["layer"], said["benchmark"], said["task_ids"][0]) == (model, -1, "demo", "demo/0")


def embedding(model: str) -> Behaviour:
    """A server's that reads prompts with the model, as vLLM does: the last token's state of the last layer."""
    loaded = transformers.LlamaForCausalLM.from_pretrained(model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)

    def reply(body: dict[str, Any], before: int) -> Reply:
        assert body["model"] == "m" and body["encoding_format"] == "float"
        said = tokenizer.apply_chat_template(
            body["messages"], tokenize=False, add_generation_prompt=body["add_generation_prompt"]
        )
        ids = tokenizer(said, add_special_tokens=False, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            state = loaded.model(ids).last_hidden_state[0, -1].tolist()
        row = {"object": "embedding", "index": 0, "embedding": state}
        return 200, {}, json.dumps({"object": "list", "data": [row], "model": "m"}).encode()

    return reply


def after(trouble: Behaviour, well: Behaviour) -> Behaviour:
    """The first two requests for each prompt go wrong."""
    return lambda body, before: trouble(body, before) if before < 2 else well(body, before)


@pytest.mark.parametrize("trouble", [busy_at_first, broken_at_first])
def test_a_server_that_is_broken_for_a_while_gives_the_same_features(
    model: str, demo: Path, trouble: Behaviour
) -> None:
    questions = sampling_requests(load_benchmark("demo").problems[:3], PolicySettings(), n=1)
    with serving(after(trouble, embedding(model))) as (url, seen):
        states = dict(EmbeddingServer(PolicySettings(model="m", base_url=url)).states(questions))
    assert len(seen) == 9
    expected = dict(zip(read_features(demo).task_ids, read_features(demo).states, strict=True))
    assert set(states) == {question.task_id for question in questions}
    for task, state in states.items():
        np.testing.assert_allclose(state, expected[task], atol=1e-5)


def test_features_of_a_server_are_written_in_the_benchmarks_order(model: str, demo: Path, tmp_path: Path) -> None:
    with serving(embedding(model)) as (url, _):
        succeeded("features", "--benchmark", "demo", "--model", "m", "--base-url", url, "--out", tmp_path / "f")
    found = read_features(tmp_path / "f")
    assert found.source == described("m", backend="openai", benchmark="demo")
    assert found.task_ids == read_features(demo).task_ids
    np.testing.assert_allclose(found.states, read_features(demo).states, atol=1e-5)


def test_a_base_model_at_a_server_gets_a_text_and_what_extra_holds() -> None:
    def reply(body: dict[str, Any], before: int) -> Reply:
        return 200, {}, json.dumps({"data": [{"embedding": [len(body["input"]), body["use_activation"]]}]}).encode()

    extra = {"use_activation": False, "prompt": "the server of these tests looks for it"}
    with serving(reply) as (url, _):
        settings = PolicySettings(model="m", base_url=url, api="completions", backend_args=extra)
        ((task, state),) = EmbeddingServer(settings).states([SampleRequest("a", "def f():", range(1))])
    assert (task, state.tolist()) == ("a", [8, 0])


SERVERS: list[tuple[Behaviour, str]] = [
    (html, "gave no embedding: '<html>login</html>'"),
    (lambda body, before: (200, {}, b'{"data": []}'), "gave no embedding"),
    (lambda body, before: (200, {}, b'{"data": [{"embedding": "AAAA"}]}'), "gave no embedding"),
    (lambda body, before: (200, {}, b'{"data": [{"embedding": []}]}'), "gave no embedding"),
    (lambda body, before: (404, {}, b"no embeddings"), "404: no embeddings; .*--runner pooling --convert embed`"),
    (lambda body, before: (401, {}, b"who?"), "401: who.; set OPENAI_API_KEY"),
    (lambda body, before: (503, {"Retry-After": "0"}, b"down"), r"503: down \(tried 2 times\)"),
    (lambda body, before: None, r"could not be reached .*\(tried 1 times\)"),
]


@pytest.mark.parametrize(("behaviour", "said"), SERVERS)
def test_a_server_without_embeddings_is_one_sentence(behaviour: Behaviour, said: str) -> None:
    retries = 0 if "1 times" in said else 1
    with serving(behaviour) as (url, _), pytest.raises(ServerError, match=said) as caught:
        list(
            EmbeddingServer(PolicySettings(model="m", base_url=url, retries=retries)).states(
                [SampleRequest("a/1", "x", range(1))]
            )
        )
    assert str(caught.value).startswith("a/1: the server at http://127.0.0.1:") and "\n" not in str(caught.value)


def test_an_unknown_model_at_a_server_is_said_with_those_that_it_has() -> None:
    with serving(refusing) as (url, _), pytest.raises(ServerError, match=r"404: .*; it serves m, other"):
        list(EmbeddingServer(PolicySettings(model="n", base_url=url)).states([SampleRequest("a", "x", range(1))]))


# The network


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    rows, rates = rng.normal(size=(7, 4)), rng.uniform(size=7)
    shape = _Weights(rng.normal(size=(4, 3)), rng.normal(size=3), 0.3)

    def loss(flat: Floats) -> float:
        return _loss(rows, rates, 0.1, shape.like(flat))[0]

    def slope(flat: Floats) -> Floats:
        return _loss(rows, rates, 0.1, shape.like(flat))[1]

    assert optimize.check_grad(loss, slope, shape.flat()) < 1e-6


def test_the_loss_is_the_cross_entropy_on_the_pass_rate() -> None:
    rates, predicted = np.array([0.0, 0.25, 1.0, 1.0]), np.array([0.5, 0.25, 0.9, 0.0])
    expected = [np.log(2), -(0.25 * np.log(0.25) + 0.75 * np.log(0.75)), -np.log(0.9), -np.log(1e-6)]
    np.testing.assert_allclose(cross_entropy(rates, predicted), expected)


def test_a_network_found_among_the_rows_is_at_rest_among_all_weights() -> None:
    """The search leaves out what the problems do not span; torch differentiates the loss as it is written."""
    rng = np.random.default_rng(1)
    states, rates = rng.normal(size=(20, 50)), rng.uniform(size=20)
    (network,) = fit_each(states, rates, [0.003], 8, rng)
    start = np.random.default_rng(2).normal(size=network.w1.shape) / 8
    found, random = slope_of(network, states, rates, 0.003), slope_of(with_w1(network, start), states, rates, 0.003)
    assert found < random / 5


def with_w1(network: Network, w1: Floats) -> Network:
    return Network(network.mean, network.scale, w1, network.b1, network.w2, network.b2)


def slope_of(network: Network, states: Floats, rates: Floats, decay: float) -> float:
    w1, b1, w2, b2 = (torch.tensor(a, requires_grad=True) for a in (network.w1, network.b1, network.w2, network.b2))
    rows, wanted = torch.tensor((states - network.mean) / network.scale), torch.tensor(rates)
    logits = torch.tanh(rows @ w1 + b1) @ w2 + b2
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, wanted)
    (entropy + decay / 2 * sum((a**2).sum() for a in (w1, b1, w2))).backward()
    return float(sum((a.grad**2).sum() for a in (w1, b1, w2, b2)) ** 0.5)


def test_features_that_do_not_vary_have_no_say() -> None:
    """As the embeddings of a chat template's last token, which is the same for all problems."""
    same = np.full((20, 6), 0.1, dtype=np.float32).astype(np.float64)
    (network,) = fit_each(same, np.linspace(0, 1, 20), [0.001], 4, np.random.default_rng(0))
    assert np.ptp(network.rates(same)) == 0 and network.rates(same)[0] == pytest.approx(0.5, abs=0.01)


# Training


def figures(said: str) -> dict[str, list[str]]:
    """The cells of the table's lines, by the first one."""
    lines = re.findall(r"^\|(.*)\|$", said, re.MULTILINE)
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {name: values for name, *values in cells}


def test_a_planted_signal_is_found_in_problems_that_were_held_out(trained: tuple[Path, str]) -> None:
    path, said = trained
    brier, brier_of_mean = figures(said)["Brier score"]
    assert float(brier) < 0.6 * float(brier_of_mean)
    assert float(figures(said)["Mean calibration error"][0]) < 0.1
    assert float(figures(said)["Spearman rank correlation"][0]) > 0.5
    assert "\nSignal: the probe beats the mean rate on problems that it was not trained on" in said
    card = read_probe(path).card
    assert (card.signal, card.width, card.hidden, card.seed, card.held_out.problems) == (True, WIDTH, 64, 0, PROBLEMS)
    assert card.held_out.brier == pytest.approx(float(brier), abs=1e-4)


def test_a_signal_in_more_features_than_problems_is_found() -> None:
    """A direction in 256 features of 200 problems; three draws, since one may be an unlucky one."""
    found = [of_many_features(np.random.default_rng(seed)) for seed in range(3)]
    assert all(held_out.better for held_out in found)
    assert np.mean([held_out.spearman or 0 for held_out in found]) > 0.5


def of_many_features(rng: np.random.Generator) -> CrossValidation:
    states = rng.normal(size=(200, 256)).astype(np.float32)
    chances = 1 / (1 + np.exp(-2 * stats.zscore(states @ rng.normal(size=256))))
    features = Features(described("m"), tuple(f"t{i}" for i in range(200)), states)
    return train(features, rng.binomial(20, chances) / 20, hidden=16, seed=0).card.held_out


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_no_signal_and_then_a_greedy_budget_is_uniform(
    made: Path, demo: Path, seed: int, tmp_path: Path
) -> None:
    rates = noise(made, tmp_path / "rates.jsonl", seed)
    given = ["--features", made, "--pass-rates", rates, "--out", tmp_path / "probe", "--hidden", 16, "--seed", seed]
    said = succeeded("train", *given)
    mean = np.mean(list(read_rates(rates).values()))
    assert f"The saved probe predicts {mean:.3f} for every problem." in said
    assert "\nNo signal: " in said
    succeeded("predict", "--probe", tmp_path / "probe", "--features", demo, "--out", tmp_path / "predicted.jsonl")
    predicted = read_rates(tmp_path / "predicted.jsonl")
    assert len(set(predicted.values())) == 1 and predicted["demo/0"] == pytest.approx(mean, abs=1e-6)
    counts = allocate(predicted, 50, 1, dict.fromkeys(predicted, 16)).values()
    assert sum(counts) == 50 and max(counts) - min(counts) == 1


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_rates_that_are_all_the_same_are_no_signal(demo: Path, rate: float, tmp_path: Path) -> None:
    rates = rates_file(tmp_path / "rates.jsonl", read_features(demo), np.full(14, rate))
    said = succeeded("train", "--features", demo, "--pass-rates", rates, "--out", tmp_path / "probe")
    assert "No signal" in said and figures(said)["Spearman rank correlation"][0] == "N/A"
    succeeded("predict", "--probe", tmp_path / "probe", "--features", demo, "--out", tmp_path / "predicted.jsonl")
    assert list(read_rates(tmp_path / "predicted.jsonl").values()) == pytest.approx([rate] * 14, abs=2e-6)


def test_the_same_input_gives_the_same_bytes_in_any_process(
    trained: tuple[Path, str], made: Path, tmp_path: Path
) -> None:
    path, _ = trained
    given = ["--features", made, "--pass-rates", path.with_name("rates.jsonl"), "--out"]
    done = coderm_process("probe", "train", *given, "again", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    succeeded("train", *given, tmp_path / "other", "--seed", 1)
    assert (tmp_path / "other").read_bytes() != path.read_bytes()


# Predicting


def test_predictions_are_the_rates_file_of_a_greedy_budget(
    trained: tuple[Path, str], demo: Path, tmp_path: Path
) -> None:
    said = succeeded("predict", "--probe", trained[0], "--features", demo, "--out", tmp_path / "rates.jsonl")
    predicted = read_rates(tmp_path / "rates.jsonl")
    low, high = min(predicted.values()), max(predicted.values())
    assert f"rates of 14 problems, from {low:.3f} to {high:.3f}" in said
    tasks = ("demo/0", "demo/8", "demo/11")
    for source, name in ((SAMPLES, "samples.jsonl"), (TESTS, "tests.jsonl")):
        kept = [r for r in rows(source) if r["task_id"] in tasks and "loop" not in r.get("note", "")]
        write_rows(tmp_path / name, kept)
    (tmp_path / "settings.yaml").write_text("budget: {average: 4, rates: rates.jsonl}\n")
    given = ["--benchmark", "demo", "--samples", "samples.jsonl", "--tests", "tests.jsonl", "--allow-partial"]
    done = coderm(
        "rerank", *given, "--budget", "greedy", "--config", "settings.yaml", "--out", "run", "--grade", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    used = {row["task_id"]: sum(map(len, row["tests"])) for row in rows(tmp_path / "run" / "verdicts.jsonl")}
    assert used == allocate({task: predicted[task] for task in tasks}, 12, 1, dict.fromkeys(tasks, 16))


def test_predictions_on_what_it_was_trained_on_say_so(trained: tuple[Path, str], made: Path, tmp_path: Path) -> None:
    given = ["--probe", trained[0], "--features", made, "--out", tmp_path / "rates.jsonl"]
    assert "whose pass rates it knows" in succeeded("predict", *given)
    found, known = read_rates(tmp_path / "rates.jsonl"), read_rates(trained[0].with_name("rates.jsonl"))
    assert stats.spearmanr([found[t] for t in known], list(known.values())).statistic > 0.8


# Bad input


@pytest.fixture
def files(trained: tuple[Path, str], demo: Path, model: str, tmp_path: Path) -> Mapping[str, object]:
    """What the cases below name."""
    found = read_features(demo)
    known = described(model)

    def written(name: str, source: FeatureSource, states: Floats, task_ids: tuple[str, ...] = found.task_ids) -> Path:
        write_features(tmp_path / name, Features(source, task_ids, states))
        return tmp_path / name

    def raw(name: str, tensors: dict[str, Floats], metadata: dict[str, str] | None = None) -> Path:
        (tmp_path / name).write_bytes(safetensors.save(tensors, metadata))
        return tmp_path / name

    (tmp_path / "junk").write_text("junk")
    (tmp_path / "vllm.yaml").write_text("policy: {backend: vllm}\n")
    card = '{"model": "m", "layer": -1, "backend": "hf", "api": "chat", "system_prompt": null, "benchmark": "demo"'
    probe_card = read_probe(trained[0]).card.model_dump_json()
    nan = np.where(np.arange(WIDTH) == 3, np.nan, found.states)
    return {
        "FEATURES": demo,
        "PROBE": trained[0],
        "MODEL": model,
        "TMP": tmp_path,
        "JUNK": tmp_path / "junk",
        "BARE": raw("bare", {"weight": np.zeros(2, np.float32)}),
        "EMPTY": raw("empty", {}),
        "KEYLESS": raw("keyless", {}, {"coderm_features": card + "}"}),
        "UNREADABLE": raw("unreadable", {}, {"coderm_features": "{"}),
        "TENSORLESS": raw("tensorless", {}, {"coderm_features": card + ', "task_ids": ["a"]}'}),
        "HEADLESS": raw("headless", {"w1": np.zeros((WIDTH, 64), np.float32)}, {"coderm_probe": probe_card}),
        "NAN": written("nan", known, nan.astype(np.float32)),
        "FEW": written("few", known, found.states[:9], found.task_ids[:9]),
        "NARROW": written("narrow", known, found.states[:, :8].copy()),
        "OTHER": written("other", described("other/model"), found.states),
        "LAYER": written("layer", described(model, layer=1), found.states),
        "SERVED": written("served", described(model, backend="openai"), found.states),
        "BASE": written("base", described(model, api="completions"), found.states),
        "ASKED": written("asked", described(model, system_prompt=SYSTEM), found.states),
        "RATES": rates_file(tmp_path / "rates.jsonl", found, np.linspace(0, 1, 14)),
        "SOME": write_rows(tmp_path / "some.jsonl", [{"task_id": f"demo/{i}", "rate": 0.5} for i in range(1, 12)]),
        "WRONG": write_rows(tmp_path / "wrong.jsonl", [{"task_id": "demo/0", "rate": 1.5}]),
    }


TRAIN = "train --pass-rates RATES --out TMP/out --features"
PREDICT = "predict --probe PROBE --out TMP/out --features"
READ = "features --benchmark demo --out TMP/out"

REFUSED = [
    (f"{TRAIN} JUNK", r"JUNK: not a file of safetensors .*; name a file that `coderm-eval probe features --out` wrote"),
    (f"{TRAIN} TMP", r"TMP: not a file of safetensors"),
    (f"{TRAIN} TMP/none", r"TMP/none: no such file; name"),
    (f"{TRAIN} BARE", r"BARE: no coderm_features in it, but 'weight'; name"),
    (f"{TRAIN} EMPTY", r"EMPTY: no coderm_features in it, but nothing; name"),
    (f"{TRAIN} PROBE", r"PROBE: no coderm_features in it, but 'coderm_probe'; name"),
    (f"{TRAIN} KEYLESS", r"KEYLESS: task_ids in '\{.*: field required; name"),
    (f"{TRAIN} UNREADABLE", r"UNREADABLE: JSON in '\{': invalid json.*; name"),
    (f"{TRAIN} TENSORLESS", r"TENSORLESS: tensor 'features' has shape \(0,\); expected .* \(1, width\); write it anew"),
    (f"{TRAIN} NAN", r"NAN: tensor 'features' .* finite numbers"),
    (f"{TRAIN} FEW", r"FEW: 9 problems are too few to hold any out; give 10 or more"),
    (
        "train --features FEATURES --out TMP/out --pass-rates SOME",
        r"SOME: no rate for 3 .* FEATURES \(demo/0, .*\); add",
    ),
    ("train --features FEATURES --out TMP/out --pass-rates WRONG", r"WRONG:1: .*1\.5.*, with a rate from 0 to 1"),
    ("train --features FEATURES --out TMP/out --pass-rates TMP/none", r"TMP/none: no such file"),
    ("train --features FEATURES --pass-rates RATES --out JUNK/out", r"JUNK/out: cannot be written .*; name"),
    ("predict --features FEATURES --out TMP/out --probe JUNK", r"JUNK: not a .*`coderm-eval probe train --out` wrote"),
    ("predict --features FEATURES --out TMP/out --probe FEATURES", r"FEATURES: no coderm_probe in it, but 'coderm_fea"),
    (
        "predict --features FEATURES --out TMP/out --probe HEADLESS",
        r"HEADLESS: tensor 'mean' has shape None, not \(32,",
    ),
    (f"{PREDICT} NARROW", r"NARROW: 8 features a problem, and PROBE was trained on 32; write"),
    (f"{PREDICT} OTHER", r"OTHER: model is 'other/model', and PROBE was trained with 'MODEL'; write .* --model MODEL,"),
    (f"{PREDICT} LAYER", r"LAYER: layer is 1, and PROBE was trained with -1; write the features with --layer -1,"),
    (f"{PREDICT} SERVED", r"SERVED: backend is 'openai', and .* with --backend hf, or train a probe on these"),
    (f"{PREDICT} BASE", r"BASE: api is 'completions', .* with policy\.api chat,"),
    (f"{PREDICT} ASKED", r"ASKED: system_prompt is 'Write Python\.', .* with policy\.system_prompt None,"),
    (f"{READ} --backend hf --model MODEL --layer 3", r"--layer is 3, and MODEL has 3 layers .*: give 0 .* to 2, or -1"),
    (f"{READ} --backend hf --model MODEL --layer -4", r"--layer is -4, and MODEL has 3 layers .* to -3$"),
    (f"{READ} --backend hf --model TMP/none", r"TMP/none: transformers could not load it .*; check the name"),
    (f"{READ} --backend hf", r"policy\.model is not set: name a model"),
    (f"{READ} --model m", r"policy\.base_url is not set"),
    (f"{READ} --model m --base-url ftp://x", r"policy\.base_url is 'ftp://x'"),
    (f"{READ} --model m --base-url http://127.0.0.1:9/v1 --layer 2", r"--layer is 2, and a server shows the last"),
    (f"{READ} --model m --config TMP/vllm.yaml", r"policy\.backend is 'vllm', .*: give --backend hf, or serve"),
]


@pytest.mark.parametrize(("command", "said"), REFUSED)
def test_what_cannot_be_used_is_one_sentence_that_names_it(files: dict[str, object], command: str, said: str) -> None:
    for name, value in files.items():
        command = re.sub(rf"\b{name}\b", str(value), command)
        said = re.sub(rf"\b{name}\b", re.escape(str(value)), said)
    result = probe(*command.split())
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit), result.exception
    last = result.output.rstrip("\n").rpartition("\n")[-1]
    assert re.match(f"coderm-eval: {said}", last), result.output
    assert not (Path(str(files["TMP"])) / "out").exists()


def test_a_prompt_that_is_too_long_is_named(tmp_path: Path) -> None:
    tokenizer = byte_tokenizer()
    saved = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=EOS, chat_template=CHAT)
    saved.save_pretrained(tmp_path)
    tiny_llama(tokenizer.get_vocab_size(), context=64).save_pretrained(tmp_path)
    result = probe("features", "--benchmark", "demo", "--backend", "hf", "--model", tmp_path, "--out", tmp_path / "out")
    assert re.search(rf"demo/0: its prompt has \d+ tokens, and {tmp_path} reads at most 64; take", result.output)


def test_a_full_gpu_is_one_sentence_with_the_way_out(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for a GPU; the error is the one that torch raises."""

    def full(*_: Any, **__: Any) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.\nTried to allocate 2.00 GiB")

    monkeypatch.setattr(transformers.LlamaModel, "forward", full)
    result = probe("features", "--benchmark", "demo", "--backend", "hf", "--model", model, "--out", "out")
    assert result.exit_code == 2
    assert f"demo/0: there is not enough GPU memory for {model} to read its prompt: serve it" in result.output


def test_states_that_are_not_finite_are_named(model: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As of a model in float16 whose states overflow."""
    plain = transformers.LlamaModel.forward

    def overflowing(self: Any, *arguments: Any, **more: Any) -> Any:
        made = plain(self, *arguments, **more)
        made.hidden_states[-1].fill_(float("inf"))
        return made

    monkeypatch.setattr(transformers.LlamaModel, "forward", overflowing)
    given = ["--benchmark", "demo", "--backend", "hf", "--model", model, "--out", tmp_path / "out"]
    result = probe("features", *given)
    assert result.exit_code == 2
    assert re.search(
        r"the hidden state of demo/0 has numbers that are not finite \(inf, inf, inf, \.\.\.\)", result.output
    )


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_a_missing_package_is_said_with_the_command(
    model: str, monkeypatch: pytest.MonkeyPatch, package: str, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = probe("features", "--benchmark", "demo", "--backend", "hf", "--model", model, "--out", tmp_path / "out")
    assert f"{package} is not installed: run `pip install 'coderm-eval[hf]'`" in result.output


@pytest.mark.parametrize("package", ["safetensors", "threadpoolctl"])
def test_a_missing_library_of_the_probe_is_named_before_any_work(
    monkeypatch: pytest.MonkeyPatch, package: str, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    given = ["--benchmark", "demo", "--backend", "hf", "--model", "no such model", "--out", tmp_path / "out"]
    assert (
        f"needs {package}, which is not installed: run `pip install 'coderm-eval[probe]'`"
        in probe("features", *given).output
    )


def test_the_command_line_imports_none_of_them() -> None:
    names = ("torch", "transformers", "safetensors")
    code = f"import sys, coderm_eval.cli\nprint([m for m in {names} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
