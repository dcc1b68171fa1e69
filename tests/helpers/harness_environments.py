"""Environments in which one harness stands beside this project: `tests/harnesses/install.py` makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.paths import ROOT

__all__ = ["ENVIRONMENTS", "python_of"]

ENVIRONMENTS = ROOT / ".venv-harnesses"
"""A folder for each, by its name; no part of the repository."""


def python_of(name: str) -> Path:
    """The interpreter of an environment, such as `lm-eval-0.5`.

    Run it with PYTHONPATH=ROOT, so that it is this copy of the project that is tested. Where the environment is not
    installed, the test that asks is skipped.
    """
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{name} is not installed: run `python tests/harnesses/install.py {name}`")
    return python
