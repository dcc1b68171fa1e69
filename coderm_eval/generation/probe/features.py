"""Features: the hidden state of the last token of each problem's prompt, with what they are of.

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

__all__ = ["COMMAND", "Features", "Source", "gather", "read_features", "write_features"]

COMMAND = "coderm-eval probe features"

_KIND = "coderm_features"
_TENSOR = "features"


class Source(Record):
    """Where states come from; those of two sources cannot be compared, unless only the benchmark differs."""

    model: str
    layer: int
    """Index into a model's hidden states, as it was typed: 0 for the embeddings, -1 for the last."""
    backend: str
    api: str
    system_prompt: str | None
    benchmark: str


@dataclass(frozen=True)
class Features:
    """The states of some problems."""

    source: Source
    task_ids: tuple[str, ...]
    states: Tensor
    """Shape (problems, width), all finite."""


class _Card(Source):
    task_ids: tuple[str, ...]


def gather(source: Source, task_ids: Sequence[str], states: Mapping[str, Tensor]) -> Features:
    """The states of all `task_ids`, by task id of shape (width,), in one matrix.

    Raises:
        ModelError: states that are not all as long, or not finite.
    """
    for task in task_ids:
        expected, found = states[task_ids[0]], states[task]
        if found.shape != expected.shape or not np.isfinite(found).all():
            what = "numbers that are not finite" if found.shape == expected.shape else "another width than before"
            raise ModelError(
                f"{source.model}: the hidden state of {task} has {what} ({_some(found)}); take another layer or dtype"
            )
    return Features(source=source, task_ids=tuple(task_ids), states=np.stack([states[task] for task in task_ids]))


def write_features(path: Path, features: Features) -> None:
    """Raises InputError if the file cannot be written."""
    card = _Card(**features.source.model_dump(), task_ids=features.task_ids)
    write_tensors(path, _KIND, card, {_TENSOR: features.states})


def read_features(path: Path) -> Features:
    """Raises InputError if `path` is not a file that `write_features` wrote."""
    card, tensors = read_tensors(path, _KIND, _Card, COMMAND)
    states = tensors.get(_TENSOR, np.empty(0, np.float32))
    if states.ndim != 2 or len(states) != len(card.task_ids) or not np.isfinite(states).all():
        raise InputError(
            f"{path}: tensor {_TENSOR!r} has shape {states.shape}; expected finite numbers of shape "
            f"({len(card.task_ids)}, width); write it anew with `{COMMAND}`"
        )
    source = Source(**card.model_dump(exclude={"task_ids"}))
    return Features(source=source, task_ids=card.task_ids, states=states)


def _some(state: Tensor) -> str:
    return ", ".join(f"{value:g}" for value in state[:3]) + ", ..."
