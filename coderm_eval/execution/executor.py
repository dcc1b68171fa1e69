"""An executor, as the settings ask for it."""

from __future__ import annotations

from coderm_eval.execution.backends.local import Executor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.settings import ExecutionSettings

__all__ = ["make_executor"]


def make_executor(execution: ExecutionSettings) -> Executor:
    """An executor as the settings ask for it."""
    return Executor(limits_of(execution), workers=execution.workers, isolation=execution.isolation)


def limits_of(execution: ExecutionSettings) -> Limits:
    return Limits(execution.timeout_s, execution.memory_mb, execution.output_mb)
