"""The flags of `evalplus.coderm`: what may be given together, and which settings they stand for."""

from __future__ import annotations

import inspect
import os
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import evalplus.provider
from evalplus.codegen import run_codegen
from evalplus.evaluate import evaluate as evalplus_evaluate

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import suggestion
from coderm_eval.core.settings import flags_to_settings
from coderm_eval.generation.settings import TestSettings
from coderm_eval.pipeline.settings import Settings, load_settings

__all__ = ["benchmark_name", "check_flags", "read_path", "require_long_flags", "settings_from_flags"]

_BENCHMARKS = {"humaneval": "humaneval+", "mbpp": "mbpp+"}

_KEYS = {
    "parallel": "execution.workers",
    "allow_incomplete": "execution.allow_incomplete",
    "tests": "tests.file",
    "tests_model": "tests.model",
    "tests_base_url": "tests.base_url",
    "tests_backend": "tests.backend",
    "num_tests": "tests.num",
    "budget": "budget.policy",
    "select": "select",
    "store": "store",
}
"""Keys of settings by the names of flags."""

_LONG = ("n_samples", "num_tests", "bs", "base_url", "backend", "budget", "temperature", "tests", "model", "select")
"""Flags that a single letter may be meant for, beside those of `evalplus.evaluate`."""

_PATHS = ("samples", "tests", "config", "store")
"""Flags that are paths."""

_GRADING = ("mini", "noextreme", "version", "base_only", "min_time_limit", "gt_time_limit_factor")
"""Flags of `evalplus.evaluate` that are settings of the section `evalplus` under the same names."""


def benchmark_name(dataset: str) -> str:
    """The project's name of one of EvalPlus's datasets."""
    if dataset == "evalperf":
        raise SettingsError("evalperf measures how fast programs are, which no unit test says; see `evalplus.evalperf`")
    name = _BENCHMARKS.get(str(dataset))
    if name is None:
        raise SettingsError(f"--dataset is {dataset!r}; {suggestion(str(dataset), _BENCHMARKS)}")
    return name


def check_flags(command: Callable[..., None], flags: Mapping[str, Any], model_kwargs: Mapping[str, Any]) -> None:
    """Require samples or a model that gives them, and no flag that is for neither.

    Args:
        command: the function whose parameters are the flags.
        flags: by name, with the defaults of those not given.
        model_kwargs: all other flags.
    """
    if flags["test_details"]:
        raise SettingsError("--test-details is not for this script; see `evalplus.evaluate --test-details`")
    codegen = [name for name in _parameters(run_codegen) if name not in ("dataset", "version")]
    if unknown := next((name for name in model_kwargs if name not in codegen), None):
        known = [name for name in _parameters(command) if name != "model_kwargs"] + codegen
        raise SettingsError(f"unknown flag {_flag(unknown)}; {suggestion(_flag(unknown), map(_flag, known))}")
    if empty := next((name for name in _PATHS if flags[name] == ""), None):
        raise SettingsError(f"{_flag(empty)} is empty; name a file or folder, such as ./samples.jsonl")
    if flags["tests"] and flags["tests_model"]:
        raise SettingsError("--tests and --tests-model exclude each other: tests are recorded, or a model writes them")
    _check_source_of_samples(flags["samples"], model_kwargs)


def require_long_flags(arguments: Sequence[str]) -> None:
    """Refuse flags of one letter, of which Fire takes some for whichever flag begins so."""
    for argument in arguments:
        letter = re.fullmatch(r"-([a-zA-Z])(=.*)?", argument)
        if letter and letter[1] != "h":
            names = [name for name in (*_LONG, *_parameters(evalplus_evaluate)) if name.startswith(letter[1].lower())]
            meant = f", such as {' or '.join(map(_flag, dict.fromkeys(names)))}" if names else ""
            raise SettingsError(f"-{letter[1]} may be more than one flag: write it out{meant}")


def settings_from_flags(flags: dict[str, Any], model_kwargs: Mapping[str, Any]) -> Settings:
    """Settings with these flags, over those of the file `config`.

    Half of this machine's cores work unless a flag or the file says otherwise, as with EvalPlus.
    """
    grading = {name: flags[name] for name in _GRADING if flags[name] != _parameters(evalplus_evaluate)[name].default}
    given = flags_to_settings(flags | _test_writer(flags, model_kwargs), _KEYS)
    config = None if flags["config"] is None else read_path("config", flags["config"])
    settings = load_settings({**given, "evalplus": grading}, source="flags", config=config)
    _check_tests(settings.tests)
    if "workers" in settings.execution.model_fields_set or settings.execution.backend == "ray":
        return settings
    execution = settings.execution.model_copy(update={"workers": max(1, (os.cpu_count() or 1) // 2)})
    return settings.model_copy(update={"execution": execution})


def read_path(name: str, value: Any) -> Path:
    """The path that a flag gives; Fire reads a flag without a value as True, and a path like a number as a number."""
    if not isinstance(value, str | os.PathLike):
        raise SettingsError(f"{_flag(name)} is {value!r}; give a path, with ./ before it if it looks like a number")
    return Path(value)


def _check_source_of_samples(samples: str | None, model_kwargs: Mapping[str, Any]) -> None:
    if samples is not None and "model" in model_kwargs:
        raise SettingsError("--samples and --model exclude each other: give the samples, or the model that draws them")
    if samples is None and "model" not in model_kwargs:
        raise SettingsError(
            "no samples: give --samples X.jsonl, or --model M --n-samples 100 --temperature 0.8 to have them drawn"
        )
    if samples is not None and (others := [name for name in model_kwargs if name != "base_url"]):
        raise SettingsError(f"{_flag(others[0])} says how --model is sampled, and --samples are drawn already")
    backends = {module.name for module in pkgutil.iter_modules(evalplus.provider.__path__)} - {"base", "utility"}
    backend = model_kwargs.get("backend")
    if backend is not None and backend not in backends:
        raise SettingsError(f"--backend is {backend!r}; {suggestion(str(backend), sorted(backends))}")


def _test_writer(flags: Mapping[str, Any], model_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The flags that say where the test writer is, with what they are by default.

    --base-url is the policy's server if there is one, and then the test writer's too; without a policy it is the test
    writer's alone.
    """
    if flags["tests"]:
        return {"tests_base_url": None, "tests_backend": None}
    base_url, backend = flags["tests_base_url"], flags["tests_backend"]
    if flags["tests_model"]:
        backend = backend or "openai"
    if flags["tests_model"] or "model" not in model_kwargs:
        base_url = base_url or model_kwargs.get("base_url")
    return {"tests_base_url": base_url, "tests_backend": backend}


def _check_tests(tests: TestSettings) -> None:
    """Say in flags what `validate_test_settings` says in settings."""
    if tests.file is None and tests.model is None and tests.backend != "none":
        raise SettingsError(
            "no unit tests: give --tests tests.jsonl, or --tests-model KAKA22/CodeRM-8B with "
            "--tests-base-url http://127.0.0.1:8001/v1 or --tests-backend vllm"
        )
    if tests.backend == "openai" and tests.base_url is None:
        raise SettingsError(
            f"no server for the test writer {tests.model}: give --tests-base-url http://127.0.0.1:8001/v1, "
            "or --tests-backend vllm to run it in this process"
        )


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
