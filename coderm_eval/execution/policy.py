"""Limits of one execution, as data."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from coderm_eval.records import fingerprint

__all__ = ["Policy"]


_ENGINE = 1
"""Raised when a change of the executor can change a verdict, so that stored ones are not used again."""


@dataclass(frozen=True)
class Policy:
    """What one test may use against one program."""

    timeout_s: float = 1.0
    """CPU seconds."""
    memory_mb: int = 1024
    """Address space, MiB."""
    file_mb: int = 16
    """Size of any file it writes, MiB."""
    open_files: int = 64

    @property
    def wall_s(self) -> float:
        """Wall seconds: twice the CPU limit, as in the paper's executor."""
        return 2 * self.timeout_s

    def fingerprint(self) -> str:
        """Changes with every limit, with the executor, and with the Python version that runs the programs."""
        version = ".".join(platform.python_version_tuple()[:2])
        return fingerprint(repr(self), version, str(_ENGINE))
