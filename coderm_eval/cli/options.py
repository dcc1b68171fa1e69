"""Options that several verbs share, and flags as settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from coderm_eval.pipeline.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_FLAGS_OF_SETTINGS = ("resample_tests", "resample", "budget_curve", "curve")

FILE = click.Path(path_type=Path)


def earlier_name(flag: str, **attributes: Any) -> Callable[[Command], Command]:
    """A hidden option: the name that a flag had before, kept until 1.0. Settings translate it."""
    return click.option(flag, hidden=True, default=None, **attributes)


def store_beside(out: Path, settings: Settings) -> Path:
    return settings.store or out.with_name(out.name + ".store")


def flags_given(flags: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Those of the flags `keys` that were given."""
    return {key: flags[key] for key in keys if flags.get(key) is not None}


def as_settings(flags: dict[str, Any]) -> dict[str, Any]:
    """Flags under the keys that settings have; those not given are left out."""
    given = flags_given(flags, "n", "preset", "select", "store", *_FLAGS_OF_SETTINGS)
    if flags.get("tests"):
        given["tests"] = {"file": flags["tests"]}
    if flags.get("budget"):
        given["budget"] = {"policy": flags["budget"]}
    if allowed := flags_given(flags, "allow_incomplete", "allow_not_run"):
        given["execution"] = allowed
    return given
