"""A probe: trained on features and pass rates, saved, and used to predict.

A file of safetensors: the network's tensors; in its metadata, under `coderm_probe`, JSON with what the features were
of, the shape and seed of the network, the mean rate, whether there was a signal, and the held-out figures.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from coderm_eval.core.errors import InputError
from coderm_eval.core.pass_rates import rates_for
from coderm_eval.generation.probe.features import COMMAND, Features, Source
from coderm_eval.generation.probe.holdout import MIN_PROBLEMS, CrossValidation, best_decay, hold_out
from coderm_eval.generation.probe.network import DECAYS, Floats, Network, fit_each
from coderm_eval.generation.probe.tensors import read_tensors, write_tensors

__all__ = ["Probe", "predict", "rates_of", "read_probe", "train", "write_probe"]

_KIND = "coderm_probe"
_COMMAND = "coderm-eval probe train"

_MUST_AGREE = {
    "model": "--model",
    "layer": "--layer",
    "backend": "--backend",
    "api": "policy.api",
    "system_prompt": "policy.system_prompt",
}
"""What features and a probe's have in common, and where it is set."""


class _Card(Source):
    """What is said of the network; of the source, `benchmark` is the one that it was trained on."""

    width: int
    hidden: int
    seed: int
    mean_rate: float
    signal: bool
    """Whether its held-out predictions beat the mean rate; if not, the network gives the mean rate to all."""
    held_out: CrossValidation


@dataclass(frozen=True)
class Probe:
    card: _Card
    network: Network


def rates_of(features: Features, features_path: Path, rates_path: Path) -> Floats:
    """The pass rates of the features' problems, in their order.

    Raises:
        InputError: a file of rates that cannot be read or lacks some, or too few problems to hold any out.
    """
    if len(features.task_ids) < MIN_PROBLEMS:
        raise InputError(
            f"{features_path}: {len(features.task_ids)} problems are too few to hold any out; "
            f"give {MIN_PROBLEMS} or more"
        )
    return np.array(list(rates_for(rates_path, features.task_ids, f"the problems of {features_path}").values()))


def train(features: Features, rates: Floats, *, hidden: int, seed: int) -> Probe:
    """A network fitted to all problems, if one fitted to some of them beats the mean rate on the others.

    If not, one without weights. The same input gives the same probe.
    """
    rng = np.random.default_rng(seed)
    states = features.states.astype(np.float64)
    with _one_thread():
        held_out = hold_out(states, rates, hidden, rng)
        decay = best_decay(states, rates, DECAYS[1:], hidden, rng) if held_out.better else math.inf
        (network,) = fit_each(states, rates, [decay], hidden, rng)
    card = _Card(
        **features.source.model_dump(),
        width=states.shape[1],
        hidden=hidden,
        seed=seed,
        mean_rate=float(rates.mean()),
        signal=held_out.better,
        held_out=held_out,
    )
    return Probe(card, network)


def _one_thread() -> AbstractContextManager[None]:
    """For linear algebra: sums are then the same on any number of cores.

    It is no slower: two threads on two busy cores took twelve times as long, waiting for each other.
    """
    limits: AbstractContextManager[None] = importlib.import_module("threadpoolctl").threadpool_limits(1)
    return limits


def write_probe(path: Path, probe: Probe) -> None:
    """Raises InputError if the file cannot be written."""
    tensors = {name: np.asarray(value, dtype=np.float32) for name, value in asdict(probe.network).items()}
    write_tensors(path, _KIND, probe.card, tensors)


def read_probe(path: Path) -> Probe:
    """Raises InputError if `path` is not a file that `write_probe` wrote."""
    card, tensors = read_tensors(path, _KIND, _Card, _COMMAND)
    found = {name: tensor.shape for name, tensor in tensors.items()}
    expected = Network.shapes(card.width, card.hidden)
    for name, shape in expected.items():
        if found.get(name) != shape:
            raise InputError(
                f"{path}: tensor {name!r} has shape {found.get(name)}, not {shape}; write it anew with `{_COMMAND}`"
            )
    return Probe(card, Network(**{name: tensors[name].astype(np.float64) for name in expected}))


def predict(probe: Probe, probe_path: Path, features: Features, features_path: Path) -> Mapping[str, float]:
    """{task id: predicted pass rate}.

    Raises:
        InputError: the features are not of the kind that the probe was trained on.
    """
    for key, typed in _MUST_AGREE.items():
        wanted, found = getattr(probe.card, key), getattr(features.source, key)
        if found != wanted:
            raise InputError(
                f"{features_path}: {key} is {found!r}, and {probe_path} was trained with {wanted!r}; "
                f"write the features with {typed} {wanted}, or train a probe on these"
            )
    width = features.states.shape[1]
    if width != probe.card.width:
        raise InputError(
            f"{features_path}: {width} features a problem, and {probe_path} was trained on {probe.card.width}; "
            f"write the features anew with `{COMMAND} --model {probe.card.model}`"
        )
    rates = probe.network.rates(features.states.astype(np.float64))
    return dict(zip(features.task_ids, map(float, rates), strict=True))
