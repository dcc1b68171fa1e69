"""The task class in a version of lm-eval that this project has not been tried in: it says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.user_errors import user_errors
from coderm_eval.hosts.lm_eval_version import PIP_INSTALL, installed_version, unknown_version

__all__ = ["RerankTask"]


class RerankTask:
    """Tasks are listed in any version, and made in none but those that are known."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        with user_errors("coderm-eval"):
            raise SettingsError(f"{unknown_version(installed_version())}: {PIP_INSTALL}")
