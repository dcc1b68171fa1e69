"""`probe features`, `probe train` and `probe predict`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coderm_eval.cli.options import BENCHMARK, FILE, model_keys, overwrite_option
from coderm_eval.cli.verbosity import verbosity_options
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.files import write_jsonl

if TYPE_CHECKING:
    from coderm_eval.generation.models.base import SampleRequest
    from coderm_eval.generation.probe.embeddings import EmbeddingServer
    from coderm_eval.generation.probe.features import Features
    from coderm_eval.generation.probe.hidden_states import HiddenStates
    from coderm_eval.generation.probe.holdout import CrossValidation
    from coderm_eval.generation.probe.probe import Probe
    from coderm_eval.generation.settings import PolicySettings

__all__ = ["probe_group"]


@click.group("probe")
def probe_group() -> None:
    """Predict pass rates from a model's hidden states, for `budget.rates`."""


@probe_group.command("features")
@click.option("--benchmark", type=BENCHMARK, required=True, help="Benchmark whose prompts are read.")
@click.option("--model", help="Model name on the server or the Hub, or a local folder.")
@click.option("--base-url", help="Root of an OpenAI-compatible server with embeddings.")
@click.option("--backend", type=click.Choice(["hf", "openai"]), help="Where the model runs.  [default: openai]")
@click.option("--layer", type=int, default=-1, show_default=True, help="Index of the hidden states; 0: the embeddings.")
@click.option("--config", type=FILE, help="YAML file of settings (policy); flags override it.")
@click.option("--out", type=FILE, required=True, help="File of features to write.")
@overwrite_option
@verbosity_options
def features_command(benchmark: str, layer: int, config: Path | None, out: Path, overwrite: bool, **flags: Any) -> None:
    """Read the policy's prompts and keep the hidden state of each prompt's last token.

    \b
    coderm-eval probe features --benchmark mbpp+ --backend hf --model P --out features.safetensors
    """
    from coderm_eval.benchmarks import load_benchmark
    from coderm_eval.core.outputs import check_output
    from coderm_eval.core.settings import flags_to_settings
    from coderm_eval.generation.probe.features import write_features
    from coderm_eval.generation.probe.libraries import require_probe_libraries
    from coderm_eval.generation.sample import sampling_requests
    from coderm_eval.pipeline.settings import load_settings

    check_output(out, inputs={"--config": config}, overwrite=overwrite)
    require_probe_libraries()  # the file would be written after hours
    given = flags_to_settings(flags, model_keys("policy"))
    settings = load_settings(given, source="flags", config=config, selects=False)
    problems = load_benchmark(benchmark, settings.for_benchmark(benchmark)).problems
    requests = sampling_requests(problems, settings.policy, n=1)
    features = _make_features(requests, settings.policy, layer, benchmark)
    write_features(out, features)
    width = features.states.shape[1]
    click.echo(f"{out}: {width} features of {len(problems)} problems, layer {layer} of {features.source.model}")


@probe_group.command("train")
@click.option("--features", "features_path", type=FILE, required=True, help="File that `probe features` wrote.")
@click.option("--pass-rates", type=FILE, required=True, help='{"task_id", "rate"} lines.')
@click.option("--out", type=FILE, required=True, help="File of the probe to write.")
@click.option("--hidden", type=click.IntRange(min=1), default=64, show_default=True, help="Width of the first layer.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of folds and weights.")
@overwrite_option
@verbosity_options
def train_command(features_path: Path, pass_rates: Path, out: Path, hidden: int, seed: int, overwrite: bool) -> None:
    """Train a probe and report how well it predicts problems that it was not trained on.

    \b
    coderm-eval probe train --features features.safetensors --pass-rates rates.jsonl --out probe.safetensors
    """
    from coderm_eval.core.outputs import check_output
    from coderm_eval.generation.probe.features import read_features
    from coderm_eval.generation.probe.probe import rates_of, train, write_probe

    check_output(out, inputs={"--features": features_path, "--pass-rates": pass_rates}, overwrite=overwrite)
    features = read_features(features_path)
    probe = train(features, rates_of(features, features_path, pass_rates), hidden=hidden, seed=seed)
    write_probe(out, probe)
    click.echo(_render_cross_validation(probe.card.held_out))
    click.echo(_conclusion(probe))


@probe_group.command("predict")
@click.option("--probe", "probe_path", type=FILE, required=True, help="File that `probe train` wrote.")
@click.option("--features", "features_path", type=FILE, required=True, help="File that `probe features` wrote.")
@click.option("--out", type=FILE, required=True, help='File to write: {"task_id", "rate"} lines.')
@overwrite_option
def predict_command(probe_path: Path, features_path: Path, out: Path, overwrite: bool) -> None:
    """Predict pass rates, for `budget.rates`.

    \b
    coderm-eval probe predict --probe probe.safetensors --features features.safetensors --out rates.jsonl
    """
    from coderm_eval.core.outputs import check_output
    from coderm_eval.generation.probe.features import read_features
    from coderm_eval.generation.probe.probe import predict, read_probe

    check_output(out, inputs={"--probe": probe_path, "--features": features_path}, overwrite=overwrite)
    probe, features = read_probe(probe_path), read_features(features_path)
    rates = predict(probe, probe_path, features, features_path)
    write_jsonl(out, ({"task_id": task, "rate": rate} for task, rate in rates.items()))
    click.echo(f"{out}: rates of {len(rates)} problems, from {min(rates.values()):.3f} to {max(rates.values()):.3f}")
    if probe.card.signal and features.source.benchmark == probe.card.benchmark:
        click.echo(f"The probe was trained on {probe.card.benchmark}, whose pass rates it knows.", err=True)


def _make_features(requests: Sequence[SampleRequest], policy: PolicySettings, layer: int, benchmark: str) -> Features:
    from coderm_eval.core.progress import progress
    from coderm_eval.generation.probe.features import FeatureSource, collect_features

    reader = _state_reader(policy, layer)
    states = dict(progress(reader.states(requests), len(requests), "reading prompts", "prompts"))
    source = FeatureSource(
        model=reader.full_name,
        layer=layer,
        backend=policy.backend,
        api=policy.api,
        system_prompt=policy.system_prompt,
        benchmark=benchmark,
    )
    return collect_features(source, [request.task_id for request in requests], states)


def _state_reader(policy: PolicySettings, layer: int) -> HiddenStates | EmbeddingServer:
    """Whatever reads states of this policy; raises SettingsError if the settings are incomplete or impossible."""
    from coderm_eval.generation.models.registry import make_model
    from coderm_eval.generation.probe.embeddings import EmbeddingServer
    from coderm_eval.generation.probe.hidden_states import HiddenStates

    if policy.backend == "vllm":
        raise SettingsError(
            "policy.backend is 'vllm', which shows no hidden states in this process: give --backend hf, or serve the "
            "model (`vllm serve MODEL --runner pooling --convert embed`) and give --backend openai and --base-url"
        )
    make_model(policy)  # raises an error for what is not set or not installed
    if policy.backend == "hf":
        return HiddenStates(policy, layer)
    if layer != -1:
        raise SettingsError(
            f"--layer is {layer}, and a server shows the last layer only: leave --layer out, or give --backend hf"
        )
    return EmbeddingServer(policy)


def _render_cross_validation(held_out: CrossValidation) -> str:
    from pytablewriter import MarkdownTableWriter

    from coderm_eval.generation.probe.holdout import FOLDS

    rows: list[list[Any]] = [
        ["Brier score", f"{held_out.brier:.4f}", f"{held_out.brier_of_constant:.4f}"],
        ["Mean calibration error", f"{held_out.calibration_error:.4f}", ""],
        ["Spearman rank correlation", "N/A" if held_out.spearman is None else f"{held_out.spearman:.3f}", ""],
    ]
    headers = [f"{held_out.problems} problems, {FOLDS} folds", "Probe", "Mean rate"]
    return str(MarkdownTableWriter(headers=headers, value_matrix=rows).dumps())


def _conclusion(probe: Probe) -> str:
    p_value = probe.card.held_out.p_value
    how = "one-sided paired t-test of squared errors" + ("" if p_value is None else f", p = {p_value:.2g}")
    if probe.card.signal:
        return f"Signal: the probe beats the mean rate on problems that it was not trained on ({how})."
    return (
        f"No signal: the probe does not beat the mean rate on problems that it was not trained on ({how}). "
        f"The saved probe predicts {probe.card.mean_rate:.3f} for every problem."
    )
