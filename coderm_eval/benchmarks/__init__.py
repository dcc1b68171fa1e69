"""Benchmarks by name. Gold tests live here and nowhere else; nothing that selects may import this package."""

from __future__ import annotations

from collections.abc import Callable

from coderm_eval.benchmarks.base import Benchmark, GradeTask
from coderm_eval.benchmarks.demo import load_demo
from coderm_eval.benchmarks.evalplus import load_humaneval_plus, load_mbpp_plus

__all__ = ["BENCHMARKS", "Benchmark", "GradeTask", "benchmark_of_task", "load_benchmark"]

BENCHMARKS: dict[str, Callable[[], Benchmark]] = {
    "humaneval+": load_humaneval_plus,
    "mbpp+": load_mbpp_plus,
    "demo": load_demo,
}

_PREFIXES = {"HumanEval": "humaneval+", "Mbpp": "mbpp+", "demo": "demo"}


def load_benchmark(name: str) -> Benchmark:
    """The benchmark called `name`, a key of BENCHMARKS; raises DatasetError if its data is not at hand."""
    return BENCHMARKS[name]()


def benchmark_of_task(task_id: str) -> str | None:
    """The name of the benchmark that a task id belongs to, by its prefix; None if it has no known one."""
    return _PREFIXES.get(task_id.partition("/")[0])
