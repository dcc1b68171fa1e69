"""Stage 5, GRADE: benchmarks by name. Gold tests live here and nowhere else; nothing that selects may import this.

A benchmark is loaded with its own section of the settings, and sees no other. A name loads its module when it is first
used: the command line needs the benchmarks' names alone.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coderm_eval.benchmarks.base import Benchmark, GradeTask
    from coderm_eval.benchmarks.registry import (
        BENCHMARKS,
        benchmark_names,
        benchmark_of_task,
        load_benchmark,
        local_files,
        require_benchmark_name,
        section_of,
    )

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "GradeTask",
    "benchmark_names",
    "benchmark_of_task",
    "load_benchmark",
    "local_files",
    "require_benchmark_name",
    "section_of",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'coderm_eval.benchmarks' has no attribute {name!r}")
    home = "base" if name in ("Benchmark", "GradeTask") else "registry"
    return getattr(importlib.import_module(f"coderm_eval.benchmarks.{home}"), name)
