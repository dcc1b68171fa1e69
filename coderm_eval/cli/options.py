"""Options that several verbs share, and flags as settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from coderm_eval.pipeline.settings import Settings

FILE = click.Path(path_type=Path)


def store_beside(out: Path, settings: Settings) -> Path:
    return settings.store or out.with_name(out.name + ".store")


def flags_given(flags: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Those of the flags `keys` that were given."""
    return {key: flags[key] for key in keys if flags.get(key) is not None}


def as_settings(flags: dict[str, Any]) -> dict[str, Any]:
    """Flags under the keys that settings have; those not given are left out."""
    given = flags_given(flags, "n", "preset", "select", "resample", "curve", "store")
    if flags.get("tests"):
        given["tests"] = {"file": flags["tests"]}
    if flags.get("budget"):
        given["budget"] = {"policy": flags["budget"]}
    if flags.get("allow_not_run"):
        given["execution"] = {"allow_not_run": True}
    return given
