"""Stage 5, GRADE: benchmarks by name. Gold tests live here and nowhere else; nothing that selects may import this.

A benchmark is loaded with its own section of the settings, and sees no other.
"""

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
