"""Grades of many programs: identical ones once, through the store, into EvalPlus's results file."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from coderm_eval.benchmarks import Benchmark, GradeTask
from coderm_eval.config import ExecutionSettings, Settings
from coderm_eval.errors import NotRunError
from coderm_eval.progress import progress
from coderm_eval.records import Grade, fingerprint
from coderm_eval.report.files import write_json
from coderm_eval.report.scores import Interval, mean_interval, pass_at_1
from coderm_eval.store import Store

__all__ = ["grade", "grade_programs", "refuse_not_run"]

log = logging.getLogger(__name__)


def grade(
    benchmark: Benchmark,
    programs: Mapping[str, Sequence[str]],
    settings: Settings,
    *,
    out: Path,
    store_folder: Path,
) -> Interval:
    """Grade every program and write the file that `evalplus.evaluate` would: `eval` -> task -> one row per sample.

    Returns:
        pass@1, the mean over tasks of the share of right programs.

    Raises:
        NotRunError: something could not be graded and `execution.allow_not_run` is off; the file is written.
    """
    pairs = [(task, program) for task, listed in programs.items() for program in listed]
    with Store(store_folder) as store:
        grades = grade_programs(benchmark, pairs, store, settings.execution)
    rows = {task: [_evalplus_row(task, p, grades[task, p]) for p in listed] for task, listed in programs.items()}
    write_json(out, {"hash": benchmark.results_hash, "eval": rows})
    ungraded = sum(grades[pair].passed is None for pair in pairs)
    refuse_not_run(executions=0, grades=ungraded, out=out, allowed=settings.execution.allow_not_run)
    shares = [pass_at_1([grades[task, program] for program in listed]) for task, listed in programs.items()]
    return mean_interval(np.array(shares))


def _evalplus_row(task_id: str, program: str, grade: Grade) -> dict[str, str]:
    statuses = {f"{suite}_status": status for suite, status in grade.statuses.items()}
    return {"task_id": task_id, "solution": program, **statuses}


def grade_programs(
    benchmark: Benchmark,
    programs: Iterable[tuple[str, str]],
    store: Store,
    execution: ExecutionSettings,
) -> dict[tuple[str, str], Grade]:
    """{(task id, program): grade} of distinct programs; what the store holds is not run again.

    The benchmark has its own limits; `execution` says by how many workers they are run, and in what isolation.
    """
    table = store.table("grades")
    grader = benchmark.grader()
    keys = {pair: fingerprint("grade", grader, *pair) for pair in programs}
    missing = [GradeTask(key, *pair) for pair, key in keys.items() if key not in table]
    graded = benchmark.grade(missing, workers=execution.workers, isolation=execution.isolation)
    for key, grade in progress(graded if missing else (), len(missing), "grading", "programs"):
        if grade.statuses:
            table.add(key, dict(grade.statuses))
    return {pair: Grade(table.get(key)) for pair, key in keys.items()}


def refuse_not_run(*, executions: int, grades: int, out: Path, allowed: bool) -> None:
    """End a run that could not run everything, unless the user `allowed` it.

    Raises:
        NotRunError: says how much is missing, where the rest is, and what to do.
    """
    if not executions and not grades:
        return
    what = f"{executions} executions and {grades} grades could not be run; they are in no score"
    if allowed:
        log.warning("%s", what)
        return
    raise NotRunError(
        f"{what}, and the rest is in {out}: run the same command to try them again, "
        "or allow it with --allow-not-run (execution.allow_not_run)"
    )
