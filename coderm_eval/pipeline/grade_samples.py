"""The verb `grade`: a file of samples in, EvalPlus's results file out, without any reranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import grade_programs, require_complete
from coderm_eval.core.outputs import note_output
from coderm_eval.core.records import Grade
from coderm_eval.core.store import open_store
from coderm_eval.execution.executor import make_executor
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.report.evalplus_results import results_rows, write_results
from coderm_eval.report.scores import pass_at_1
from coderm_eval.report.statistics import Interval, score_interval

__all__ = ["GradedSamples", "grade_samples"]


class GradedSamples(NamedTuple):
    """Samples that were graded."""

    pass_at_1: Interval
    """The mean over tasks of the share of right programs."""
    grades: Mapping[tuple[str, str], Grade]
    """By task id and program."""


def grade_samples(
    benchmark: Benchmark,
    programs: Mapping[str, Sequence[str]],
    execution: ExecutionSettings,
    *,
    out: Path,
    store_folder: Path,
) -> GradedSamples:
    """Grade every program and write the results file `out`.

    Raises:
        IncompleteRunError: something could not be graded and `execution.allow_incomplete` is off; the file is written.
    """
    benchmark.require_gold_tests()
    pairs = [(task, program) for task, listed in programs.items() for program in listed]
    with open_store(store_folder) as store, make_executor(execution) as executor:
        grades = grade_programs(benchmark, pairs, store, executor)
        write_results(out, benchmark.results_hash, results_rows(programs, grades))
        note_output(out, store)
    ungraded = sum(grades[pair].passed is None for pair in pairs)
    require_complete(executions=0, grades=ungraded, out=out, allowed=execution.allow_incomplete)
    shares = [pass_at_1([grades[task, program] for program in listed]) for task, listed in programs.items()]
    return GradedSamples(score_interval(np.array(shares)), grades)
