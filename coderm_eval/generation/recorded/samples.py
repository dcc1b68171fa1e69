"""Recorded candidates of a benchmark's problems, in any known format."""

from __future__ import annotations

from pathlib import Path

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Candidate, ProblemCandidates, deduplicate_candidates
from coderm_eval.generation.recorded.livecodebench_outputs import read_outputs
from coderm_eval.generation.recorded.readers import check_coverage, read_by_task, take_first
from coderm_eval.pipeline.settings import Settings


def read_samples(benchmark: Benchmark, path: Path, n: int | None, allow_partial: bool) -> dict[str, list[str]]:
    """The first n programs of each of the benchmark's tasks, in the benchmark's order."""
    is_json = ".json" in path.suffixes
    found = read_outputs(path) if is_json else read_by_task(path, "solution")
    known = benchmark.problem_by_id()
    if not allow_partial:
        check_coverage(path, found, known, benchmark.name)
    present = {task: found[task] for task in known if task in found}
    if not present:
        raise InputError(f"{path}: none of its task ids is one of {benchmark.name}")
    return take_first(path, present, n)


def load_candidates(
    benchmark: Benchmark, samples: Path, settings: Settings, allow_partial: bool
) -> list[ProblemCandidates]:
    known = benchmark.problem_by_id()
    candidates = candidates_of(benchmark, samples, settings, allow_partial)
    return [ProblemCandidates(known[task], listed) for task, listed in candidates.items()]


def candidates_of(
    benchmark: Benchmark, samples: Path, settings: Settings, allow_partial: bool
) -> dict[str, tuple[Candidate, ...]]:
    programs = read_samples(benchmark, samples, settings.n, allow_partial)
    return {task: deduplicate_candidates((p, p) for p in listed) for task, listed in programs.items()}
