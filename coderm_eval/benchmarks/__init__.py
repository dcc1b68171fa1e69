"""Stage 5, GRADE: benchmarks by name. Gold tests live here and nowhere else; nothing that selects may import this.

A benchmark is loaded with its own section of the settings, and sees no other.
"""

from __future__ import annotations

import importlib
import logging
from pathlib import Path
from typing import Any, NamedTuple

from coderm_eval.benchmarks.base import Benchmark, GradeTask
from coderm_eval.core.settings import Section

__all__ = ["BENCHMARKS", "Benchmark", "GradeTask", "benchmark_of_task", "load_benchmark", "local_files"]

log = logging.getLogger(__name__)


class _Loader(NamedTuple):
    """Where a benchmark comes from; its module is imported when it is loaded, since EvalPlus takes a second."""

    module: str
    function: str
    """Takes the section of the settings, if there is one; without it, its defaults."""
    files: str
    """Takes the same, and says where its data is; empty if loading would download it."""
    section: str | None
    """The key of that section; None: it has no settings."""


BENCHMARKS = {
    "humaneval+": _Loader("evalplus", "load_humaneval_plus", "humaneval_plus_files", "evalplus"),
    "mbpp+": _Loader("evalplus", "load_mbpp_plus", "mbpp_plus_files", "evalplus"),
    "livecodebench": _Loader("livecodebench", "load_livecodebench", "livecodebench_files", "livecodebench"),
    "demo": _Loader("demo", "load_demo", "demo_files", None),
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
    benchmark: Benchmark = _call(BENCHMARKS[name], BENCHMARKS[name].function, section)
    log.debug("%s: %d problems, SHA-256 %s", name, len(benchmark.problems), benchmark.dataset_sha256)
    return benchmark


def local_files(name: str, section: Section | None = None) -> list[Path]:
    """The data of the benchmark called `name` on this machine; empty if it would have to be downloaded.

    Raises:
        DatasetError: a variable names data that cannot be used.
    """
    files: list[Path] = _call(BENCHMARKS[name], BENCHMARKS[name].files, section)
    return files


def _call(loader: _Loader, function: str, section: Section | None) -> Any:
    called = getattr(importlib.import_module(f"coderm_eval.benchmarks.{loader.module}"), function)
    return called() if section is None else called(section)


def benchmark_of_task(task_id: str) -> str | None:
    """The name of the benchmark that a task id belongs to, by its prefix; None if it has an unknown one.

    LiveCodeBench's ids are those of its sites, and have none: 3228, abc301_a.
    """
    prefix, slash, _ = task_id.partition("/")
    return _PREFIXES.get(prefix) if slash else "livecodebench"
