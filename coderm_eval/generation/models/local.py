"""Functions that the backends share which run a model in this process."""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from coderm_eval.core.errors import ModelError, SettingsError
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["model_name", "out_of_memory_error", "package_missing", "preserved_rng_state"]


def model_name(settings: SamplingSettings) -> str:
    """The model's name; raises SettingsError if there is none."""
    if not settings.model:
        raise SettingsError(
            f"{settings.section}.model is not set: name a model of the Hugging Face Hub, or a folder that holds one"
        )
    return settings.model


def out_of_memory_error(model: str) -> ModelError:
    """The error for a full GPU, which may still hold the model that sampled the candidates."""
    return ModelError(
        f"there is not enough GPU memory for {model} in this process, perhaps because the policy still holds it: "
        f"serve it (`vllm serve {model} --port 8001`), and set tests.backend to openai and tests.base_url to "
        "http://127.0.0.1:8001/v1"
    )


@contextmanager
def preserved_rng_state() -> Iterator[None]:
    """Leave the caller's random numbers as they were: Python's, numpy's, and torch's on every device."""
    torch: Any = importlib.import_module("torch")
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def package_missing(backend: str, package: str) -> SettingsError:
    """The error for a `package` that `backend` needs and that is not installed."""
    return SettingsError(
        f"backend is {backend}, and {package} is not installed: run `pip install 'coderm-eval[{backend}]'`"
    )
