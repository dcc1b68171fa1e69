"""Settings of stage 3: limits of one execution, and how many run at a time."""

from __future__ import annotations

import os
from typing import Literal

from pydantic import Field

from coderm_eval.core.settings import Section

__all__ = ["ExecutionSettings"]


class ExecutionSettings(Section):
    """Limits of one execution of one unit test."""

    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    timeout_s: float = Field(default=1.0, gt=0)
    """CPU seconds of a program in one test; the wall limit is twice that, as in the paper."""
    memory_mb: int = Field(default=1024, ge=64)
    output_mb: int = Field(default=8, ge=1, le=256)
    """What a program may answer with, in one process; what it prints is thrown away."""
    isolation: Literal["auto", "namespaces", "rlimits", "require"] = "auto"
    """auto: the best that the host grants; require: all of it, or the run is refused."""
    allow_not_run: bool = False
    """Whether a run may end well although something could not be run."""
