"""Settings as inspect_ai hands them on: arguments of a task, a solver or a scorer (`-T`, `-S`), sections by dots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inspect_ai.model import GenerateConfig, Model, get_model, model_roles
from inspect_ai.model._generate_config import active_generate_config
from inspect_ai.model._model import active_model

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.settings import flags_to_settings
from coderm_eval.generation.sample import DEFAULT_N
from coderm_eval.generation.write_tests import validate_test_settings
from coderm_eval.pipeline.settings import Settings, load_settings

__all__ = [
    "candidates_wanted",
    "require_different_answers",
    "require_ready",
    "sampling",
    "test_writer_of",
    "with_defaults",
]

_ROLE = "tests"
"""The model role that writes tests."""


def with_defaults(given: Mapping[str, Any], config: str | None) -> Settings:
    """The settings of a task or a solver.

    Args:
        given: by key; `tests.model` is the key `model` of the section `tests`.
        config: a YAML file.

    Raises:
        SettingsError: an unknown key, or a bad value.
    """
    named = flags_to_settings(given, {key: key for key in given})
    return load_settings(named, source="the arguments", config=Path(config) if config else None)


def candidates_wanted(settings: Settings) -> int:
    """Answers that the model is asked for, for each sample."""
    return settings.n or DEFAULT_N


def sampling(model: Model) -> GenerateConfig:
    """How the model is sampled, by its own configuration and by that of the evaluation."""
    return model.config.merge(active_generate_config())


def require_ready(settings: Settings) -> None:
    """Find out when a task is made what each sample would find out; `inspect eval` knows the model by then.

    Raises:
        SettingsError: nobody writes tests, or all answers would be the same. InputError: a file cannot be read.
    """
    model = active_model()
    if model is None:  # a program makes the task, and names model and roles later
        return
    require_different_answers(settings, sampling(model))
    if test_writer_of(settings) is None:
        validate_test_settings(settings.tests)


def require_different_answers(settings: Settings, config: GenerateConfig) -> None:
    """Refuse greedy decoding of several answers.

    Raises:
        SettingsError: says what to type.
    """
    if candidates_wanted(settings) > 1 and config.temperature == 0:
        raise SettingsError(
            f"n is {candidates_wanted(settings)} but temperature is 0, so that all answers would be the same: "
            "pass --temperature 0.8, or n=1"
        )


def test_writer_of(settings: Settings) -> Model | None:
    """The model of inspect's that writes the tests; None where the settings name another source.

    Raises:
        SettingsError: there is none, or there are two.
    """
    role = get_model(role=_ROLE) if _ROLE in model_roles() else None
    named = settings.tests.model or settings.tests.file or not settings.tests.written
    if role is None and not named:
        raise SettingsError(
            f"nobody writes unit tests: add --model-role {_ROLE}=MODEL, or name a server by tests.model and "
            "tests.base_url, recorded tests by tests.file, or tests.backend=none to pick by agreement"
        )
    if role is not None and named:
        source = settings.tests.file or settings.tests.model or settings.tests.backend
        raise SettingsError(f"tests are written by the role {_ROLE} ({role}) and by {str(source)!r}: leave one out")
    return role
