"""Sections of settings, and reading and merging YAML. Knows no section."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import single_line

__all__ = ["CONFIG_VARIABLE"]

CONFIG_VARIABLE = "CODERM_CONFIG"
"""Environment variable that names a YAML file of settings, for hosts without a --config flag."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


def read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: not a readable YAML file ({single_line(error)})") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: expected settings such as `n: 20`, found {content!r:.60}")
    return content


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return merged
