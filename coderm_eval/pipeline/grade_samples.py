"""Grade a file of samples into EvalPlus's results file, without any reranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import grade_programs, require_complete
from coderm_eval.core.files import write_json
from coderm_eval.core.records import Grade
from coderm_eval.core.store import Store
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.scores import pass_at_1
from coderm_eval.report.statistics import Interval, mean_interval

__all__ = ["grade"]


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
        NotRunError: something could not be graded and `execution.allow_incomplete` is off; the file is written.
    """
    pairs = [(task, program) for task, listed in programs.items() for program in listed]
    with Store(store_folder) as store:
        grades = grade_programs(benchmark, pairs, store, settings.execution)
    rows = {task: [_evalplus_row(task, p, grades[task, p]) for p in listed] for task, listed in programs.items()}
    write_json(out, {"hash": benchmark.results_hash, "eval": rows})
    ungraded = sum(grades[pair].passed is None for pair in pairs)
    require_complete(executions=0, grades=ungraded, out=out, allowed=settings.execution.allow_incomplete)
    shares = [pass_at_1([grades[task, program] for program in listed]) for task, listed in programs.items()]
    return mean_interval(np.array(shares))


def _evalplus_row(task_id: str, program: str, grade: Grade) -> dict[str, str]:
    statuses = {f"{suite}_status": status for suite, status in grade.statuses.items()}
    return {"task_id": task_id, "solution": program, **statuses}
