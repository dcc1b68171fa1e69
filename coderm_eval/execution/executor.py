"""The executor and its limits, as the settings have them."""

from __future__ import annotations

from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.settings import ExecutionSettings

__all__ = ["limits_from_settings", "make_executor"]


def make_executor(settings: ExecutionSettings) -> LocalExecutor:
    """Make the executor of a whole run: one for verdicts and grades."""
    return LocalExecutor(workers=settings.workers, isolation=settings.isolation)


def limits_from_settings(settings: ExecutionSettings) -> Limits:
    """Return the limits of one execution; the defaults are those of `Limits`."""
    return Limits(settings.timeout_s, settings.memory_mb, settings.output_mb)
