"""Settings of stage 3: limits of one execution, how many run at a time, and where."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from coderm_eval.core.settings import Section

__all__ = ["ExecutionSettings", "RaySettings"]


class RaySettings(Section):
    """The Ray cluster, with the backend `ray`."""

    address: str = "auto"
    """`HOST:PORT` of its head; `auto`: the cluster that this machine is a node of, or that `RAY_ADDRESS` names."""


class ExecutionSettings(Section):
    """Limits of one unit test run against one program, and how many run at a time."""

    renamed: ClassVar[Mapping[str, str]] = {"allow_not_run": "allow_incomplete"}
    renamed_values: ClassVar[Mapping[str, Mapping[str, str]]] = {"isolation": {"require": "strict"}}

    backend: Literal["local", "ray"] = "local"
    """`ray`: all nodes of a Ray cluster, in place of this machine."""
    ray: RaySettings = Field(default_factory=RaySettings)
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Worker processes on each machine, all cores by default; no verdict depends on it."""
    timeout_s: float = Field(default=1.0, gt=0)
    """CPU seconds of a program in one test; the wall limit is twice that, as in the paper."""
    memory_mb: int = Field(default=1024, ge=64)
    """MiB of address space of a program."""
    output_mb: int = Field(default=8, ge=1, le=256)
    """MiB of answers of a program in one process; what it prints is thrown away."""
    isolation: Literal["auto", "namespaces", "rlimits", "strict"] = "auto"
    """`auto`: the strongest level that the host allows; `strict`: refuse to run with less than full isolation;
    `namespaces`, `rlimits`: just these."""
    allow_incomplete: bool = False
    """Whether a run may end with exit code 0 although something could not be run."""
