"""An executor, as the settings ask for it."""

from __future__ import annotations

from coderm_eval.execution.backends.local import Executor
from coderm_eval.execution.limits import Policy
from coderm_eval.execution.settings import ExecutionSettings

__all__ = ["executor_of"]


def executor_of(execution: ExecutionSettings) -> Executor:
    """An executor as the settings ask for it."""
    return Executor(limits_of(execution), workers=execution.workers, isolation=execution.isolation)


def limits_of(execution: ExecutionSettings) -> Policy:
    return Policy(execution.timeout_s, execution.memory_mb, execution.output_mb)
