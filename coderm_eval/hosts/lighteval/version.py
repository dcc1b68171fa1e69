"""Which versions of lighteval this project has been tried with."""

from __future__ import annotations

import importlib.metadata

from packaging.specifiers import SpecifierSet

from coderm_eval.core.errors import SettingsError

__all__ = ["require_known_version"]

_RANGE = ">=0.13,<0.14"
"""As in pyproject.toml."""

_PIP_INSTALL = "pip install 'coderm-eval[lighteval]'"


def require_known_version() -> None:
    """Refuse to go on without lighteval, or with a version that this project has not been tried with.

    Raises:
        SettingsError: says which version is installed, and what to type.
    """
    try:
        installed = importlib.metadata.version("lighteval")
    except importlib.metadata.PackageNotFoundError:
        raise SettingsError(f"lighteval is not installed in this environment: {_PIP_INSTALL}") from None
    if not SpecifierSet(_RANGE).contains(installed, prereleases=True):
        raise SettingsError(
            f"coderm-eval works with lighteval {_RANGE}, and {installed} is installed here: {_PIP_INSTALL}"
        )
