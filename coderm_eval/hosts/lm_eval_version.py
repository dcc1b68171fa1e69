"""Which versions of lm-eval this project runs in.

Those of the series 0.4 and 0.5 that have been tried, and what comes before the first final release that has not been.
"""

from __future__ import annotations

import importlib.metadata

from packaging.specifiers import SpecifierSet
from packaging.version import Version

__all__ = ["PIP_INSTALL", "RANGE", "installed_version", "is_known", "unknown_version"]

RANGE = ">=0.4.13,!=0.5.0,<0.5.1"
"""As in pyproject.toml. pip takes 0.5.0.dev1, which has been tried, with --pre only; a range that ended at 0.5.0.dev2
would have all take it, since a range that names a development release asks for those."""

PIP_INSTALL = f"pip install 'lm-eval[api]{RANGE}'"


def installed_version() -> Version:
    """Return the version of lm-eval that is installed.

    Raises:
        importlib.metadata.PackageNotFoundError: none is.
    """
    return Version(importlib.metadata.version("lm-eval"))


def is_known(version: Version) -> bool:
    """Return whether the project runs in this version."""
    return SpecifierSet(RANGE).contains(version, prereleases=True)


def unknown_version(version: Version) -> str:
    """What is said of a version that the project does not run in."""
    return f"lm-eval {version} is not a version that coderm-eval has been tried in"
