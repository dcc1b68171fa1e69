"""Benchmarks by name: this package's own, those of other packages, and files of problems.

A package makes a benchmark known by an entry point in the group `coderm_eval.benchmarks`, whose name is the benchmark's
and whose value is a function that returns it.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from coderm_eval.core.errors import InputError
from coderm_eval.core.messages import single_line, suggestion

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from coderm_eval.benchmarks.base import Benchmark
    from coderm_eval.core.settings import Section

__all__ = [
    "BENCHMARKS",
    "ENTRY_POINTS",
    "benchmark_names",
    "benchmark_of_task",
    "is_problem_file",
    "load_benchmark",
    "local_files",
    "require_benchmark_name",
    "section_of",
]

log = logging.getLogger(__name__)

ENTRY_POINTS = "coderm_eval.benchmarks"


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
    "humaneval+": _Loader("evalplus.benchmark", "load_humaneval_plus", "humaneval_plus_files", "evalplus"),
    "mbpp+": _Loader("evalplus.benchmark", "load_mbpp_plus", "mbpp_plus_files", "evalplus"),
    "livecodebench": _Loader("livecodebench.benchmark", "load_livecodebench", "livecodebench_files", "livecodebench"),
    "demo": _Loader("demo", "load_demo", "demo_files", None),
}

_PREFIXES = {"HumanEval": "humaneval+", "Mbpp": "mbpp+", "demo": "demo"}

_SUFFIXES = (".jsonl", ".jsonl.gz")


def benchmark_names() -> Sequence[str]:
    """The names of all benchmarks that are installed, this package's own first."""
    return (*BENCHMARKS, *(name for name in sorted(_points()) if name not in BENCHMARKS))


def is_problem_file(name: str) -> bool:
    """Whether a benchmark's name is that of a file of problems, there or not."""
    return name.endswith(_SUFFIXES)


def require_benchmark_name(name: object) -> str:
    """The name, if a benchmark has it or it is that of a file.

    Raises:
        InputError: says which was meant.
    """
    names = benchmark_names()
    if isinstance(name, str) and (name in names or is_problem_file(name)):
        return name
    if isinstance(name, str) and Path(name).is_file():
        raise InputError(f"{name}: a file of problems has one on each line, and its name ends in .jsonl or .jsonl.gz")
    near = suggestion(str(name).lower(), names)
    raise InputError(f"no benchmark is called {name!r}; {near}, or a file of problems, such as problems.jsonl")


def section_of(name: str) -> str | None:
    """The key of a benchmark's section of the settings; None if it has none."""
    return BENCHMARKS[name].section if name in BENCHMARKS else None


def load_benchmark(name: str, section: Section | None = None) -> Benchmark:
    """The benchmark called `name`, or the problems of a file of that name.

    Args:
        name: for which `require_benchmark_name` has no objection.
        section: its section of the settings; by default that section's defaults.

    Raises:
        DatasetError: its data is not on this machine.
        InputError: there is none of that name, or a file that cannot be used.
    """
    require_benchmark_name(name)
    if name in BENCHMARKS:
        benchmark: Benchmark = _call(BENCHMARKS[name], BENCHMARKS[name].function, section)
    elif is_problem_file(name):
        from coderm_eval.benchmarks.problem_file import load_problem_file

        benchmark = load_problem_file(Path(name))
    else:
        benchmark = _plugin(_points()[name])
    log.debug("%s: %d problems, SHA-256 %s", name, len(benchmark.problems), benchmark.dataset_sha256)
    return benchmark


def local_files(name: str, section: Section | None = None) -> list[Path]:
    """The data of this package's benchmark called `name` on this machine; empty if it would have to be downloaded.

    Raises:
        DatasetError: a variable names data that cannot be used.
    """
    files: list[Path] = _call(BENCHMARKS[name], BENCHMARKS[name].files, section)
    return files


def _call(loader: _Loader, function: str, section: Section | None) -> Any:
    called = getattr(importlib.import_module(f"coderm_eval.benchmarks.{loader.module}"), function)
    return called() if section is None else called(section)


def _points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _plugin(point: EntryPoint) -> Benchmark:
    """Load another package's benchmark, which may do anything when it is loaded."""
    from coderm_eval.benchmarks.base import Benchmark

    place = f"the benchmark {point.name!r} of the entry point {point.name} = {point.value}"
    mend = f"mend or uninstall the package {point.dist.name if point.dist else ''}".rstrip()
    try:
        benchmark = point.load()()
    except (Exception, SystemExit) as error:
        raise InputError(f"{place} cannot be loaded ({single_line(error)}): {mend}") from error
    if not isinstance(benchmark, Benchmark):
        raise InputError(f"{place} is {single_line(repr(benchmark))[:60]}, and no Benchmark: {mend}")
    return benchmark


def benchmark_of_task(task_id: str) -> str | None:
    """The name of this package's benchmark that a task id belongs to, by its prefix; None if it has an unknown one.

    LiveCodeBench's ids are those of its sites, and have none: 3228, abc301_a.
    """
    prefix, slash, _ = task_id.partition("/")
    return _PREFIXES.get(prefix) if slash else "livecodebench"
