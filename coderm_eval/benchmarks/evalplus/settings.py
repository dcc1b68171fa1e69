"""Settings of EvalPlus's benchmarks."""

from __future__ import annotations

from pydantic import Field, model_validator

from coderm_eval.core.settings import Section


class EvalPlusSettings(Section):
    """Which of EvalPlus's tests, and its limits: the flags of `evalplus.evaluate`, with their meanings there."""

    mini: bool = False
    """Use the dataset's reduced set of tests."""
    noextreme: bool = False
    """Use the dataset without extreme inputs."""
    version: str = "default"
    """Version of the dataset, such as v0.1.10."""
    base_only: bool = False
    """Leave the extra tests out."""
    min_time_limit: float | None = Field(default=None, gt=0)
    """Fewest CPU seconds that a program has for an input; by default those of the installed EvalPlus."""
    gt_time_limit_factor: float | None = Field(default=None, gt=0)
    """CPU seconds for an input, as a multiple of what the reference solution took; by default that of the installed
    EvalPlus. The longer of the two limits counts."""

    @model_validator(mode="after")
    def _one_selection_of_tests(self) -> EvalPlusSettings:
        if self.mini and self.noextreme:
            raise ValueError("mini and noextreme exclude each other; give one of them")
        return self
