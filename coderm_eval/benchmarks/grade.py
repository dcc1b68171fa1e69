"""Grades of many programs: identical ones once, through the store, into EvalPlus's results file."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from coderm_eval.benchmarks import Benchmark, GradeTask
from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.core.progress import progress
from coderm_eval.core.records import Grade, fingerprint
from coderm_eval.core.store import Store
from coderm_eval.execution.backends.base import Executor

__all__ = ["grade_programs", "require_complete"]

log = logging.getLogger(__name__)


def grade_programs(
    benchmark: Benchmark,
    programs: Iterable[tuple[str, str]],
    store: Store,
    executor: Executor,
    *,
    bar: bool = True,
) -> dict[tuple[str, str], Grade]:
    """Return {(task id, program): grade} of distinct programs; what the store holds is not run again.

    Args:
        bar: whether progress is shown.
    """
    table = store.table("grades")
    grader = benchmark.grader()
    keys = {pair: fingerprint("grade", grader, *pair) for pair in programs}
    missing = [GradeTask(key, *pair) for pair, key in keys.items() if key not in table]
    log.debug("grading: %d programs, %d of them found in the store", len(keys), len(keys) - len(missing))
    graded = benchmark.grade(missing, executor)
    stored_before = len(keys) - len(missing)
    what = "grading" if bar else None
    for key, grade in progress(graded if missing else (), len(keys), what, "programs", done=stored_before):
        if grade.statuses:
            table.add_all({key: dict(grade.statuses)})
    stored = table.get_many(keys.values())
    return {pair: Grade(stored.get(key, {})) for pair, key in keys.items()}


def require_complete(*, executions: int, grades: int, out: Path, allowed: bool) -> None:
    """End a run that could not run everything, unless the user `allowed` it.

    Raises:
        IncompleteRunError: says how much is missing, where the rest is, and what to do.
    """
    if not executions and not grades:
        return
    what = f"{executions} executions and {grades} grades could not be run; they are in no score"
    if allowed:
        log.warning("%s", what)
        return
    raise IncompleteRunError(
        f"{what}, and the rest is in {out}: run the same command to try them again, "
        "or allow it with --allow-incomplete (execution.allow_incomplete)"
    )
