"""A probe: trained on features and pass rates, saved to a file, and used to predict.

A file of safetensors: the network's tensors; in its metadata, under `coderm_probe`, JSON with the source of the
features, the network's shape and seed, the mean rate, whether there was a signal, and the figures of cross-validation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from coderm_eval.core.errors import InputError
from coderm_eval.core.pass_rates import rates_for
from coderm_eval.generation.probe.features import FEATURES_COMMAND, Features, FeatureSource
from coderm_eval.generation.probe.holdout import MIN_PROBLEMS, CrossValidation, best_decay, hold_out
from coderm_eval.generation.probe.libraries import probe_library
from coderm_eval.generation.probe.network import DECAYS, Floats, Network, fit_each
from coderm_eval.generation.probe.tensors import read_tensors, write_tensors

__all__ = ["Probe", "predict", "rates_of", "read_probe", "train", "write_probe"]

_KIND = "coderm_probe"
_TRAIN_COMMAND = "coderm-eval probe train"

_MUST_AGREE = {
    "model": "--model",
    "layer": "--layer",
    "backend": "--backend",
    "api": "policy.api",
    "system_prompt": "policy.system_prompt",
}
"""Properties that features share with those that a probe was trained on, and where each is set."""


class _ProbeRecord(FeatureSource):
    """A file's description of its network; `benchmark` is the one that it was trained on."""

    width: int
    hidden: int
    seed: int
    mean_rate: float
    signal: bool
    """True if held-out predictions beat the mean rate; if not, the network predicts the mean rate for every problem."""
    held_out: CrossValidation


@dataclass(frozen=True)
class Probe:
    """A network that predicts pass rates, and how it was trained."""

    card: _ProbeRecord
    network: Network


def rates_of(features: Features, features_path: Path, rates_path: Path) -> Floats:
    """The pass rates of the features' problems, in their order.

    Raises:
        InputError: the file of rates cannot be read or is incomplete, or there are too few problems to hold any out.
    """
    if len(features.task_ids) < MIN_PROBLEMS:
        raise InputError(
            f"{features_path}: {len(features.task_ids)} problems are too few to hold any out; "
            f"give {MIN_PROBLEMS} or more"
        )
    return np.array(list(rates_for(rates_path, features.task_ids, f"the problems of {features_path}").values()))


def train(features: Features, rates: Floats, *, hidden: int, seed: int) -> Probe:
    """Fit a network to all problems, if networks fitted to some of them beat the mean rate on the others.

    If not, the network has no weights and predicts the mean rate. The same input gives the same probe.
    """
    rng = np.random.default_rng(seed)
    states = features.states.astype(np.float64)
    with _one_thread():
        held_out = hold_out(states, rates, hidden, rng)
        decay = best_decay(states, rates, DECAYS[1:], hidden, rng) if held_out.better else math.inf
        (network,) = fit_each(states, rates, [decay], hidden, rng)
    card = _ProbeRecord(
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
    """Limit linear algebra to one thread: sums are then the same on any number of cores.

    That is not slower: two threads on two busy cores took twelve times as long, waiting for each other.
    """
    limits: AbstractContextManager[None] = probe_library("threadpoolctl").threadpool_limits(1)
    return limits


def write_probe(path: Path, probe: Probe) -> None:
    """Write a file of a probe; raises InputError if that is impossible."""
    tensors = {name: np.asarray(value, dtype=np.float32) for name, value in asdict(probe.network).items()}
    write_tensors(path, _KIND, probe.card, tensors)


def read_probe(path: Path) -> Probe:
    """Read a file of a probe; raises InputError if `write_probe` did not write it."""
    card, tensors = read_tensors(path, _KIND, _ProbeRecord, _TRAIN_COMMAND)
    found = {name: tensor.shape for name, tensor in tensors.items()}
    expected = Network.shapes(card.width, card.hidden)
    for name, shape in expected.items():
        if found.get(name) != shape:
            raise InputError(
                f"{path}: tensor {name!r} has shape {found.get(name)}, not {shape}; "
                f"write it anew with `{_TRAIN_COMMAND}`"
            )
    return Probe(card, Network(**{name: tensors[name].astype(np.float64) for name in expected}))


def predict(probe: Probe, probe_path: Path, features: Features, features_path: Path) -> Mapping[str, float]:
    """Predict the pass rate of each task, by task id.

    Raises:
        InputError: the features differ in kind from those that the probe was trained on.
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
            f"write the features anew with `{FEATURES_COMMAND} --model {probe.card.model}`"
        )
    rates = probe.network.rates(features.states.astype(np.float64))
    return dict(zip(features.task_ids, map(float, rates), strict=True))
