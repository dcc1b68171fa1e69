"""The executor and its limits, as the settings have them."""

from __future__ import annotations

from coderm_eval.core.errors import SettingsError
from coderm_eval.execution.backends.base import Backend
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.limits import Limits
from coderm_eval.execution.settings import ExecutionSettings

__all__ = ["limits_from_settings", "make_executor"]


def make_executor(settings: ExecutionSettings) -> Backend:
    """Make the executor of a whole run: one for verdicts and grades.

    Raises:
        SettingsError: the backend is Ray, which is not installed.
    """
    if settings.backend == "local":
        return LocalExecutor(workers=settings.workers, isolation=settings.isolation)
    try:
        from coderm_eval.execution.backends.ray.executor import RayExecutor
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise SettingsError(
            "execution.backend is 'ray', which is not installed: pip install 'coderm-eval[ray]'"
        ) from error
    workers = settings.workers if "workers" in settings.model_fields_set else None
    return RayExecutor(settings.ray.address, workers=workers, isolation=settings.isolation)


def limits_from_settings(settings: ExecutionSettings) -> Limits:
    """Return the limits of one execution; the defaults are those of `Limits`."""
    return Limits(settings.timeout_s, settings.memory_mb, settings.output_mb)
