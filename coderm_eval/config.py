"""Settings: the same keys in a YAML file, in lm-eval's `--metadata`, and behind the command line's flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from coderm_eval.errors import SettingsError, nearest
from coderm_eval.generation.extraction import Extraction
from coderm_eval.selection import RULES

__all__ = ["CONFIG_VARIABLE", "ExecutionSettings", "Settings", "TestSettings", "load_settings"]

CONFIG_VARIABLE = "CODERM_CONFIG"
"""Environment variable that names a YAML file of settings, for hosts without a --config flag."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


def _with_backend(tests: Any) -> Any:
    """The `tests` section, as given, with the backend that a file in it implies."""
    if isinstance(tests, Mapping) and tests.get("file") and "backend" not in tests:
        return {**tests, "backend": "file"}
    return tests


class TestSettings(_Section):
    """Where unit tests come from; the sampling settings are the paper's (its Table 4 and config.json)."""

    backend: Literal["openai", "file"] = "openai"
    model: str | None = None
    base_url: str | None = None
    """Root of an OpenAI-compatible server, e.g. http://127.0.0.1:8001/v1."""
    num: int | None = Field(default=None, ge=1)
    """Test samples per problem; by default 20 from a server, and all that a file holds."""
    temperature: float = Field(default=0.8, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=2048, ge=1)
    seed: int = 0
    file: Path | None = None
    timeout_s: float = Field(default=600, gt=0)
    """Wall seconds for one request."""
    retries: int = Field(default=6, ge=0)
    """Tries again after 429, 5xx and connection errors, with exponential backoff."""
    concurrency: int = Field(default=16, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _a_file_means_the_file_backend(cls, given: Any) -> Any:
        return _with_backend(given)


class BudgetSettings(_Section):
    policy: Literal["uniform"] = "uniform"


class ExecutionSettings(_Section):
    """Limits of one execution of one unit test."""

    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    timeout_s: float = Field(default=1.0, gt=0)
    """CPU seconds of a program in one test; the wall limit is twice that, as in the paper."""
    memory_mb: int = Field(default=1024, ge=64)
    output_mb: int = Field(default=8, ge=1, le=256)
    """What a program may answer with, in one process; what it prints is thrown away."""
    isolation: Literal["auto", "namespaces", "rlimits", "require"] = "auto"
    """auto: the best that the host grants; require: all of it, or the run is refused."""
    allow_not_run: bool = False
    """Whether a run may end well although something could not be run."""


class Settings(_Section):
    n: int | None = Field(default=None, ge=1)
    """Candidates per problem; by default all that the samples file holds, or 20 from a harness's model."""
    tests: TestSettings = TestSettings()
    budget: BudgetSettings = BudgetSettings()
    select: str = "majority"
    extraction: Extraction = "default"
    execution: ExecutionSettings = ExecutionSettings()
    store: Path | None = None


def load_settings(given: Mapping[str, Any], *, source: str, config: Path | None = None) -> Settings:
    """Settings from defaults, then the YAML file `config` (or the one named by CODERM_CONFIG), then `given`.

    Raises:
        SettingsError: an unknown key (with the nearest known one), a bad value, or a file that is no mapping.
    """
    if config is None and os.environ.get(CONFIG_VARIABLE):
        config = Path(os.environ[CONFIG_VARIABLE])
    from_file = _read_yaml(config) if config else {}
    _parse(from_file, str(config))  # a mistake in the file is reported against the file
    if "tests" in given:  # before the merge, so that a given file also overrides the backend of the YAML
        given = {**given, "tests": _with_backend(given["tests"])}
    return _parse(_merge(from_file, given), source)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: not a readable YAML file ({_one_line(error)})") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: expected settings such as `n: 20`, found {content!r:.60}")
    return content


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merge(old, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return merged


def _parse(given: Mapping[str, Any], source: str) -> Settings:
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        where = [str(part) for part in problem["loc"]]
        if problem["type"] == "extra_forbidden":
            known = _keys_of_section(where[:-1])
            message = f"unknown setting {'.'.join(where)!r}; {nearest(where[-1], known)}"
        else:
            message = f"{'.'.join(where)} is {problem['input']!r:.60}: {problem['msg'].lower()}"
        raise SettingsError(f"{source}: {message}") from error
    if settings.select not in RULES:
        raise SettingsError(f"{source}: select is {settings.select!r}; {nearest(settings.select, RULES)}")
    return settings


def _keys_of_section(path: list[str]) -> list[str]:
    section: type[BaseModel] = Settings
    for key in path:
        annotation = section.model_fields[key].annotation
        assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
        section = annotation
    return list(section.model_fields)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
