"""Limits of one execution, as data."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["WALL_PER_CPU_SECOND", "Limits"]

WALL_PER_CPU_SECOND = 2
"""Wall seconds for each second of CPU time."""


class Limits(NamedTuple):
    """What one test may use against one program."""

    timeout_s: float = 1.0
    """CPU seconds."""
    memory_mb: int = 1024
    """Address space, MiB."""
    output_mb: int = 8
    """What a program may answer with in one process, MiB; whatever it prints is thrown away."""
    file_mb: int = 16
    """Size of any file it writes, MiB."""
    open_files: int = 64
    per_call: bool = False
    """Whether the seconds are those of each call that a test makes, not of all of them together."""
    load_timeout_s: float | None = None
    """CPU seconds for loading a program; by default as many as for what follows."""
    process_s: float | None = None
    """CPU seconds of a program's process, whatever it does; no limit by default."""
    first_try_s: float | None = None
    """CPU seconds that a call has at first, where limits are those of a call: it is made again, and has all of
    `timeout_s`, when a verdict is found to depend on it. By default it has all of them at once."""
    test_timeout_s: float | None = None
    """CPU seconds for the test's own code; as many as the program has by default."""

    @property
    def for_test(self) -> Limits:
        """The limits of the test itself."""
        return self._replace(timeout_s=self.test_timeout_s or self.timeout_s)

    @property
    def wall_s(self) -> float:
        """Wall seconds: twice the CPU limit, as in the paper's executor."""
        return WALL_PER_CPU_SECOND * self.timeout_s
