"""Settings of EvalPlus's benchmarks."""

from __future__ import annotations

from pydantic import Field, model_validator

from coderm_eval.core.settings import Section


class EvalPlusSettings(Section):
    """Which of EvalPlus's tests, and its limits: the flags of `evalplus.evaluate`, with their meanings there."""

    mini: bool = False
    noextreme: bool = False
    version: str = "default"
    """Of the dataset, as in v0.1.10."""
    base_only: bool = False
    """Leave the extra tests out."""
    min_time_limit: float | None = Field(default=None, gt=0)
    """Seconds that a program has for an input at the least; by default as the installed EvalPlus has it ..."""
    gt_time_limit_factor: float | None = Field(default=None, gt=0)
    """... and in times of what the reference solution took; likewise."""

    @model_validator(mode="after")
    def _one_selection_of_tests(self) -> EvalPlusSettings:
        if self.mini and self.noextreme:
            raise ValueError("mini and noextreme exclude each other; give one of them")
        return self
