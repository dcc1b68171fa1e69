"""The one reader of recorded candidates: every format in which a benchmark's samples come.

The content tells which format a file has, not its name; any of them may be gzipped.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import BYTE_ORDER_MARK, PARQUET, ZIP, called, is_folder, open_input
from coderm_eval.core.lazy import LazyMapping, LazySequence
from coderm_eval.core.messages import abbreviated, counted
from coderm_eval.core.records import Problem, ProblemCandidates, deduplicate_candidates
from coderm_eval.core.task_choice import ALL_TASKS, TaskChoice
from coderm_eval.generation.recorded.bigcode_generations import generated_programs
from coderm_eval.generation.recorded.evalplus_samples import read_sample_folder
from coderm_eval.generation.recorded.inspect_logs import read_log
from coderm_eval.generation.recorded.lighteval_details import read_details
from coderm_eval.generation.recorded.lines import read_lines
from coderm_eval.generation.recorded.livecodebench_outputs import outputs_programs, parse_list
from coderm_eval.generation.recorded.readers import check_coverage
from coderm_eval.generation.recorded.recorded_programs import RecordedPrograms

__all__ = ["candidates_of", "read_candidates", "read_programs", "read_samples", "take_first"]

log = logging.getLogger(__name__)


def read_candidates(
    path: Path,
    problems: Mapping[str, Problem],
    *,
    benchmark: str,
    n: int | None,
    allow_partial: bool,
    tasks: TaskChoice = ALL_TASKS,
) -> Sequence[ProblemCandidates]:
    """What `read_samples` finds, as `candidates_of` gives it."""
    programs = read_samples(path, problems, benchmark=benchmark, n=n, allow_partial=allow_partial, tasks=tasks)
    return candidates_of(programs, problems)


def candidates_of(
    programs: Mapping[str, Sequence[str]], problems: Mapping[str, Problem]
) -> Sequence[ProblemCandidates]:
    """The distinct candidates of each problem among what `read_samples` found.

    A problem is read each time that it is asked for, and a slice at once: whoever needs some of them for longer takes a
    slice, and whoever goes through all of them holds one at a time.
    """

    def candidates(task: str) -> ProblemCandidates:
        return ProblemCandidates(problems[task], deduplicate_candidates(programs[task]))

    return LazySequence(list(programs), candidates)


def read_samples(
    path: Path,
    problems: Mapping[str, Problem],
    *,
    benchmark: str,
    n: int | None,
    allow_partial: bool,
    tasks: TaskChoice = ALL_TASKS,
) -> Mapping[str, Sequence[str]]:
    """Find the programs of each problem, by task id, in the order of `problems`.

    Every line is checked now. Programs of {"task_id", "solution"} lines are read when they are asked for.

    Args:
        path: a file in a format of docs/guide/recorded-files.md, or a folder of EvalPlus samples; a pipe, or "-" for
            the standard input.
        problems: all problems of the benchmark, by task id.
        benchmark: its name, for messages.
        n: samples to take of each problem, the first ones; None: all of them.
        allow_partial: whether problems without samples, and samples of unknown tasks, are left out with a warning.
        tasks: which of the problems are wanted; samples of the others are left out without a word.

    Raises:
        InputError: no such file, one in no known format, one of other tasks than the benchmark's, or one that lacks
            answers which were asked for; also, when programs are asked for, a file that was changed meanwhile.
    """
    if tasks.shard and allow_partial:
        raise InputError(
            "--shard and --allow-partial exclude each other: which problems a shard has does not depend on a file; "
            "name the tasks that have samples by --task-ids"
        )
    wanted = dict.fromkeys(tasks.of(list(problems), benchmark))
    recorded = _read(path, problems)
    found = recorded.programs
    left_out = set(problems).difference(wanted)
    asked_for = [task for task in found if task not in left_out]
    _refuse_bigcodebench(path, [task for task in found if task not in problems], benchmark)
    _check_missing(path, {task: n for task, n in recorded.missing.items() if task in wanted}, allow_partial)
    if allow_partial:
        _warn_of_other_tasks(path, asked_for, wanted, benchmark)
    else:
        check_coverage(path, asked_for, wanted, benchmark)
    log.debug("%s: %d samples of %d tasks", path, sum(map(len, found.values())), len(found))
    return take_first(path, LazyMapping({task: None for task in wanted if task in found}, found.__getitem__), n)


def take_first(path: Path, samples: Mapping[str, Sequence[str]], n: int | None) -> Mapping[str, Sequence[str]]:
    """The first `n` samples of each task; all of them where n is None.

    Raises:
        InputError: a task has fewer than n.
    """
    if n is None:
        return samples
    for task_id, programs in samples.items():
        if len(programs) < n:
            raise InputError(
                f"{called(path)}: {task_id} has {len(programs)} samples, fewer than n={n}; set n to {len(programs)} or "
                "less"
            )
    return LazyMapping(samples.keys(), lambda task_id: samples[task_id][:n])


def read_programs(path: Path, problems: Mapping[str, Problem]) -> Mapping[str, Sequence[str]]:
    """Find programs by task id, of whatever tasks, in the order of the file or folder; says which answers it lacks.

    Raises:
        InputError: no such file, or one in no known format.
    """
    found = _read(path, problems)
    if found.missing:
        log.warning("%s: %s", called(path), _missing(found.missing))
    return found.programs


def _read(path: Path, problems: Mapping[str, Problem]) -> RecordedPrograms:
    """Read a file or a folder in whatever format its first bytes tell."""
    if is_folder(path):
        return RecordedPrograms(read_sample_folder(path, problems))
    with open_input(path, also=(ZIP, PARQUET)) as file:
        beginning = file.peek(64)
        if beginning.startswith(ZIP):
            return read_log(path, file, problems)
        if beginning.startswith(PARQUET):
            return read_details(path, file, problems)
        if _is_json_list(beginning):
            entries = parse_list(path, file.read())
            return RecordedPrograms(generated_programs(entries) or outputs_programs(path, entries))
        return read_lines(path, file, problems)


def _is_json_list(beginning: bytes) -> bool:
    """Return whether a file is one list, and not lines of objects; blanks and a byte order mark may come first."""
    return beginning.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"[")


def _refuse_bigcodebench(path: Path, unknown: Iterable[str], benchmark: str) -> None:
    """Say what can be done about samples of a benchmark that is none of ours, and has samples of EvalPlus's form.

    Raises:
        InputError: there are some.
    """
    if any(task.startswith("BigCodeBench/") for task in unknown):
        raise InputError(
            f"{called(path)}: samples of BigCodeBench, whose problems are not in {benchmark}; give --benchmark a file "
            "of them, or have them reranked while they are sampled: `coderm-eval serve`, as --base_url of "
            "bigcodebench.generate"
        )


def _check_missing(path: Path, missing: Mapping[str, int], allow_partial: bool) -> None:
    """Say which answers are not there: such a task is one of fewer candidates, and no task of wrong ones.

    Raises:
        InputError: there are some, and a part is not enough.
    """
    if missing and not allow_partial:
        raise InputError(
            f"{called(path)}: {_missing(missing)}, which ended in an error or were not asked for; let the evaluation "
            "finish, or use --allow-partial to go without them"
        )
    if missing:
        log.warning("%s: %s", called(path), _missing(missing))


def _missing(missing: Mapping[str, int]) -> str:
    """The answers that a file lacks, for a message."""
    tasks = abbreviated([f"{task_id}: {count}" for task_id, count in missing.items()])
    return f"{counted(sum(missing.values()), 'answer')} missing ({tasks})"


def _warn_of_other_tasks(path: Path, found: Sequence[str], problems: Collection[str], benchmark: str) -> None:
    """Say which tasks are left out.

    Raises:
        InputError: all of them.
    """
    there = set(found)
    missing, unknown = [t for t in problems if t not in there], [t for t in found if t not in problems]
    if len(missing) == len(problems):
        raise InputError(f"{called(path)}: none of its task ids is one of {benchmark} ({abbreviated(unknown)})")
    if missing:
        tasks = counted(len(missing), "task")
        log.warning("%s: no samples of %s (%s), which are in no score", called(path), tasks, abbreviated(missing))
    if unknown:
        ids = counted(len(unknown), "task id")
        log.warning("%s: %s not in %s (%s)", called(path), ids, benchmark, abbreviated(unknown))
