"""The one reader of recorded candidates: every format in which a benchmark's samples come.

The content tells which format a file has, not its name; any of them may be gzipped.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import called, is_folder, number_lines, open_input
from coderm_eval.core.messages import abbreviated, counted
from coderm_eval.core.records import Problem, ProblemCandidates, deduplicate_candidates
from coderm_eval.core.task_choice import ALL_TASKS, TaskChoice
from coderm_eval.generation.recorded.evalplus_samples import read_sample_folder, read_sample_lines
from coderm_eval.generation.recorded.livecodebench_outputs import parse_outputs
from coderm_eval.generation.recorded.readers import check_coverage

__all__ = ["read_candidates", "read_programs", "read_samples", "take_first"]

log = logging.getLogger(__name__)


def read_candidates(
    path: Path,
    problems: Mapping[str, Problem],
    *,
    benchmark: str,
    n: int | None,
    allow_partial: bool,
    tasks: TaskChoice = ALL_TASKS,
) -> list[ProblemCandidates]:
    """Read what `read_samples` reads, as the distinct candidates of each problem."""
    programs = read_samples(path, problems, benchmark=benchmark, n=n, allow_partial=allow_partial, tasks=tasks)
    return [ProblemCandidates(problems[task], deduplicate_candidates(listed)) for task, listed in programs.items()]


def read_samples(
    path: Path,
    problems: Mapping[str, Problem],
    *,
    benchmark: str,
    n: int | None,
    allow_partial: bool,
    tasks: TaskChoice = ALL_TASKS,
) -> dict[str, list[str]]:
    """Read the programs of each problem, by task id, in the order of `problems`.

    Args:
        path: a file of EvalPlus samples, a folder of them, a list of LiveCodeBench's runner, a file of lm-eval's
            --log_samples or of CodeRM's authors; a pipe, or "-" for the standard input.
        problems: all problems of the benchmark, by task id.
        benchmark: its name, for messages.
        n: samples to take of each problem, the first ones; None: all of them.
        allow_partial: whether problems without samples, and samples of unknown tasks, are left out with a warning.
        tasks: which of the problems are wanted; samples of the others are left out without a word.

    Raises:
        InputError: no such file, one in no known format, or one of other tasks than the benchmark's.
    """
    wanted = tasks.of(list(problems), benchmark)
    found = read_programs(path, problems)
    left_out = set(problems).difference(wanted)
    asked_for = {task: programs for task, programs in found.items() if task not in left_out}
    if allow_partial:
        _warn_of_other_tasks(path, asked_for, wanted, benchmark)
    else:
        check_coverage(path, asked_for, wanted, benchmark)
    log.debug("%s: %d samples of %d tasks", path, sum(map(len, found.values())), len(found))
    return take_first(path, {task: found[task] for task in wanted if task in found}, n)


def take_first(path: Path, samples: Mapping[str, list[str]], n: int | None) -> dict[str, list[str]]:
    """The first `n` samples of each task; all of them where n is None.

    Raises:
        InputError: a task has fewer than n.
    """
    for task_id, programs in samples.items():
        if n is not None and len(programs) < n:
            raise InputError(
                f"{called(path)}: {task_id} has {len(programs)} samples, fewer than n={n}; set n to {len(programs)} or "
                "less"
            )
    return {task_id: programs[:n] for task_id, programs in samples.items()}


def read_programs(path: Path, problems: Mapping[str, Problem]) -> dict[str, list[str]]:
    """Read programs by task id, of whatever tasks, in the order of the file or folder.

    Raises:
        InputError: no such file, or one in no known format.
    """
    if is_folder(path):
        return read_sample_folder(path, problems)
    with open_input(path) as file:
        if _is_json_list(file):
            return parse_outputs(path, file.read())
        return read_sample_lines(path, number_lines(file), problems)


def _is_json_list(file: io.BufferedReader) -> bool:
    """Return whether the file is one list, and not lines of objects; blanks and a byte order mark may come first."""
    return file.peek(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def _warn_of_other_tasks(path: Path, found: Mapping[str, object], problems: Sequence[str], benchmark: str) -> None:
    """Say which tasks are left out.

    Raises:
        InputError: all of them.
    """
    missing, unknown = [t for t in problems if t not in found], [t for t in found if t not in problems]
    if len(missing) == len(problems):
        raise InputError(f"{called(path)}: none of its task ids is one of {benchmark} ({abbreviated(unknown)})")
    if missing:
        tasks = counted(len(missing), "task")
        log.warning("%s: no samples of %s (%s), which are in no score", called(path), tasks, abbreviated(missing))
    if unknown:
        ids = counted(len(unknown), "task id")
        log.warning("%s: %s not in %s (%s)", called(path), ids, benchmark, abbreviated(unknown))
