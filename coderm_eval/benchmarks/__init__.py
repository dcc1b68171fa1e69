"""Benchmarks by name. Gold tests live here and nowhere else; nothing that selects may import this package."""

from __future__ import annotations

from collections.abc import Callable

from coderm_eval.benchmarks.base import Benchmark, GradeTask
from coderm_eval.benchmarks.demo import load_demo
from coderm_eval.benchmarks.evalplus import load_humaneval_plus, load_mbpp_plus
from coderm_eval.benchmarks.livecodebench import load_livecodebench
from coderm_eval.pipeline.settings import Settings

__all__ = ["BENCHMARKS", "Benchmark", "GradeTask", "benchmark_of_task", "load_benchmark"]

BENCHMARKS: dict[str, Callable[[Settings], Benchmark]] = {
    "humaneval+": lambda settings: load_humaneval_plus(settings.evalplus),
    "mbpp+": lambda settings: load_mbpp_plus(settings.evalplus),
    "livecodebench": lambda settings: load_livecodebench(settings.livecodebench),
    "demo": lambda _: load_demo(),
}

_PREFIXES = {"HumanEval": "humaneval+", "Mbpp": "mbpp+", "demo": "demo"}

_DEFAULTS = Settings()


def load_benchmark(name: str, settings: Settings = _DEFAULTS) -> Benchmark:
    """The benchmark called `name`, a key of BENCHMARKS; raises DatasetError if its data is not at hand."""
    return BENCHMARKS[name](settings)


def benchmark_of_task(task_id: str) -> str | None:
    """The name of the benchmark that a task id belongs to, by its prefix; None if it has an unknown one.

    LiveCodeBench's ids are those of its sites, and have none: 3228, abc301_a.
    """
    prefix, slash, _ = task_id.partition("/")
    return _PREFIXES.get(prefix) if slash else "livecodebench"
