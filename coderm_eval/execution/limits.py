"""Limits of one execution, as data."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["WALL_PER_CPU_SECOND", "Limits"]

WALL_PER_CPU_SECOND = 2
"""Wall seconds that a program may wait, for each of its CPU seconds."""


class Limits(NamedTuple):
    """What one test may use against one program."""

    timeout_s: float = 1.0
    """CPU seconds."""
    memory_mb: int = 1024
    """MiB of address space."""
    output_mb: int = 8
    """MiB of answers from one process of a program. Whatever it prints is thrown away."""
    file_mb: int = 16
    """MiB of any file that a program writes."""
    open_files: int = 64
    """Files that a program may have open."""
    per_call: bool = False
    """Whether `timeout_s` is for each call that a test makes, in place of all its calls together."""
    load_timeout_s: float | None = None
    """CPU seconds for loading a program; `timeout_s` by default."""
    process_s: float | None = None
    """CPU seconds of a program's process, whatever it does; no limit by default."""
    patience_s: float | None = None
    """With `per_call`: CPU seconds of a call after which it is looked whether a verdict still depends on it, which has
    `timeout_s` all the same; by default it is not looked. No verdict depends on this."""
    test_timeout_s: float | None = None
    """CPU seconds for the test's own code; `timeout_s` by default."""

    @property
    def for_test(self) -> Limits:
        """The limits of the test itself."""
        return self._replace(timeout_s=self.test_timeout_s or self.timeout_s)

    @property
    def wall_s(self) -> float:
        """Wall seconds that a program may wait: twice the CPU limit, as in the paper's executor."""
        return WALL_PER_CPU_SECOND * self.timeout_s
