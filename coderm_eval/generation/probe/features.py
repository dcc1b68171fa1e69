"""Features: the hidden state of the last token of each problem's prompt, and what model and problems they are of.

A file of safetensors: tensor `features`, float32, shape (problems, width); in its metadata, under `coderm_features`,
JSON with model, layer, backend, api, system_prompt, benchmark and task_ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coderm_eval.core.errors import InputError, ModelError
from coderm_eval.generation.probe.tensors import Record, Tensor, read_tensors, write_tensors

__all__ = ["FEATURES_COMMAND", "FeatureSource", "Features", "collect_features", "read_features", "write_features"]

FEATURES_COMMAND = "coderm-eval probe features"

_KIND = "coderm_features"
_TENSOR = "features"


class FeatureSource(Record):
    """The origin of states; states of two origins are comparable only if nothing but the benchmark differs."""

    model: str
    layer: int
    """Index into the model's hidden states, as it was typed: 0 the embeddings, -1 the last."""
    backend: str
    api: str
    system_prompt: str | None
    benchmark: str


@dataclass(frozen=True)
class Features:
    """The states of some problems."""

    source: FeatureSource
    task_ids: tuple[str, ...]
    states: Tensor
    """Shape (problems, width), all finite."""


class _FeaturesRecord(FeatureSource):
    task_ids: tuple[str, ...]


def collect_features(source: FeatureSource, task_ids: Sequence[str], states: Mapping[str, Tensor]) -> Features:
    """Put the states of all `task_ids`, each of shape (width,), into one matrix.

    Raises:
        ModelError: states of different widths, or with numbers that are not finite.
    """
    for task in task_ids:
        expected, found = states[task_ids[0]], states[task]
        if found.shape != expected.shape or not np.isfinite(found).all():
            fault = "numbers that are not finite" if found.shape == expected.shape else "another width than before"
            raise ModelError(
                f"{source.model}: the hidden state of {task} has {fault} ({_first_numbers(found)}); "
                "take another layer or dtype"
            )
    return Features(source=source, task_ids=tuple(task_ids), states=np.stack([states[task] for task in task_ids]))


def write_features(path: Path, features: Features) -> None:
    """Write a file of features; raises InputError if that is impossible."""
    record = _FeaturesRecord(**features.source.model_dump(), task_ids=features.task_ids)
    write_tensors(path, _KIND, record, {_TENSOR: features.states})


def read_features(path: Path) -> Features:
    """Read a file of features; raises InputError if `write_features` did not write it."""
    record, tensors = read_tensors(path, _KIND, _FeaturesRecord, FEATURES_COMMAND)
    states = tensors.get(_TENSOR, np.empty(0, np.float32))
    if states.ndim != 2 or len(states) != len(record.task_ids) or not np.isfinite(states).all():
        raise InputError(
            f"{path}: tensor {_TENSOR!r} has shape {states.shape}; expected finite numbers of shape "
            f"({len(record.task_ids)}, width); write it anew with `{FEATURES_COMMAND}`"
        )
    source = FeatureSource(**record.model_dump(exclude={"task_ids"}))
    return Features(source=source, task_ids=record.task_ids, states=states)


def _first_numbers(state: Tensor) -> str:
    return ", ".join(f"{value:g}" for value in state[:3]) + ", ..."
