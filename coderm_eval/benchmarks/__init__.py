"""Stage 5, GRADE: benchmarks by name. Gold tests live here and nowhere else; nothing that selects may import this.

A benchmark is loaded with its own section of the settings, and sees no other.
"""

from __future__ import annotations

import importlib
from typing import NamedTuple

from coderm_eval.benchmarks.base import Benchmark, GradeTask
from coderm_eval.core.settings import Section

__all__ = ["BENCHMARKS", "Benchmark", "GradeTask", "benchmark_of_task", "load_benchmark"]


class _Loader(NamedTuple):
    """Where a benchmark comes from; its module is imported when it is loaded, since EvalPlus takes a second."""

    module: str
    function: str
    """Takes the section of the settings, if there is one; without it, its defaults."""
    section: str | None
    """The key of that section; None: it has no settings."""


BENCHMARKS = {
    "humaneval+": _Loader("evalplus", "load_humaneval_plus", "evalplus"),
    "mbpp+": _Loader("evalplus", "load_mbpp_plus", "evalplus"),
    "livecodebench": _Loader("livecodebench", "load_livecodebench", "livecodebench"),
    "demo": _Loader("demo", "load_demo", None),
}

_PREFIXES = {"HumanEval": "humaneval+", "Mbpp": "mbpp+", "demo": "demo"}


def load_benchmark(name: str, section: Section | None = None) -> Benchmark:
    """The benchmark called `name`, a key of BENCHMARKS.

    Args:
        name: a key of BENCHMARKS.
        section: its section of the settings; by default that section's defaults.

    Raises:
        DatasetError: its data is not on this machine.
    """
    loader = BENCHMARKS[name]
    module = importlib.import_module(f"coderm_eval.benchmarks.{loader.module}")
    load = getattr(module, loader.function)
    benchmark: Benchmark = load() if section is None else load(section)
    return benchmark


def benchmark_of_task(task_id: str) -> str | None:
    """The name of the benchmark that a task id belongs to, by its prefix; None if it has an unknown one.

    LiveCodeBench's ids are those of its sites, and have none: 3228, abc301_a.
    """
    prefix, slash, _ = task_id.partition("/")
    return _PREFIXES.get(prefix) if slash else "livecodebench"
