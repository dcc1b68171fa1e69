"""Recorded candidates of a benchmark's problems, in any known format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem, ProblemCandidates, deduplicate_candidates
from coderm_eval.generation.recorded.livecodebench_outputs import read_outputs
from coderm_eval.generation.recorded.readers import check_coverage, read_by_task, take_first

__all__ = ["read_candidates", "read_samples"]


def read_candidates(
    path: Path, problems: Mapping[str, Problem], *, benchmark: str, n: int | None, allow_partial: bool
) -> list[ProblemCandidates]:
    """Read what `read_samples` reads, as the distinct candidates of each problem."""
    programs = read_samples(path, problems, benchmark=benchmark, n=n, allow_partial=allow_partial)
    return [ProblemCandidates(problems[task], deduplicate_candidates(listed)) for task, listed in programs.items()]


def read_samples(
    path: Path, problems: Mapping[str, Problem], *, benchmark: str, n: int | None, allow_partial: bool
) -> dict[str, list[str]]:
    """Read the programs of each problem, by task id, in the order of `problems`.

    Args:
        problems: all problems of the benchmark, by task id.
        benchmark: its name, for messages.
        n: samples to take of each problem, the first ones; None: all of them.
        allow_partial: whether some problems may have no samples, and some samples no problem.

    Raises:
        InputError: no such file, one in no known format, or one of other tasks than the benchmark's.
    """
    is_json = ".json" in path.suffixes
    found = read_outputs(path) if is_json else read_by_task(path, "solution")
    if not allow_partial:
        check_coverage(path, found, problems, benchmark)
    present = {task: found[task] for task in problems if task in found}
    if not present:
        raise InputError(f"{path}: none of its task ids is one of {benchmark}")
    return take_first(path, present, n)
