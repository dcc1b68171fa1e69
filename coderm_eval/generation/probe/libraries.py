"""The libraries that only the probe needs: the extra `probe`."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import Any

from coderm_eval.core.errors import SettingsError

__all__ = ["probe_library", "require_probe_libraries"]

_EXTRA = ("safetensors", "threadpoolctl")


def probe_library(name: str) -> Any:
    """Import a module of one of these libraries; raises SettingsError where one is not installed."""
    require_probe_libraries()
    return importlib.import_module(name)


def require_probe_libraries() -> None:
    """Raise SettingsError, with the command that installs them, where one is not installed."""
    for package in _EXTRA:
        if find_spec(package) is None:
            raise SettingsError(
                f"the probe needs {package}, which is not installed: run `pip install 'coderm-eval[probe]'`"
            )
