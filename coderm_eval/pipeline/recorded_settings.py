"""The settings that were applied and affect what a run finds, as `summary.json` has them."""

from __future__ import annotations

from typing import Any

from coderm_eval.benchmarks import BENCHMARKS, section_of
from coderm_eval.pipeline.settings import Settings
from coderm_eval.selection.budget.settings import BudgetSettings

__all__ = ["recorded_settings"]

_NOT_RECORDED = {
    "store": True,
    "report": True,
    "policy": True,  # its answers are the candidates, wherever they come from
    "execution": {"backend", "ray", "workers", "allow_incomplete"},
    "tests": {"concurrency", "timeout_s", "retries", "base_url", "file"},
}
"""Settings that change how fast or where a run happens, but not what it finds."""


def recorded_settings(settings: Settings, benchmark: str, *, extracted: bool) -> dict[str, Any]:
    """Return them by key; sections are mappings.

    Args:
        benchmark: of the run.
        extracted: whether the candidates were found in answers.
    """
    recorded = settings.model_dump(mode="json", exclude=_NOT_RECORDED)  # type: ignore[arg-type]
    of_curve = BudgetSettings.model_fields if settings.budget_curve else ()  # which compares all policies
    recorded["budget"] = {key: recorded["budget"][key] for key in (*settings.budget.applied, *of_curve)}
    recorded["probe_inputs"] = settings.inputs
    unused = {loader.section for loader in BENCHMARKS.values()} - {section_of(benchmark)}
    if settings.tests.backend != "hf":
        del recorded["tests"]["batch_size"]
    if not settings.tests.written:
        unused |= set() if extracted else {"extraction"}
        recorded["tests"] = {key: recorded["tests"][key] for key in ("backend", "num", "votes")}
    if settings.tests.backend == "none":
        unused |= {"budget"}
        recorded["tests"] = {"backend": "none"}
    return {key: value for key, value in recorded.items() if key not in unused}
