"""The functions of a notebook, which `coderm_eval` has under the same names: evaluate, load_run and compare.

They work where an event loop is running already, and need no `if __name__ == "__main__"`: workers are started as
programs of their own. An interrupted `evaluate` goes on where it was stopped when it is called again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import load_benchmark, require_benchmark_name
from coderm_eval.core.errors import InputError
from coderm_eval.core.outputs import check_output
from coderm_eval.core.shard import read_shard
from coderm_eval.core.task_choice import TaskChoice
from coderm_eval.pipeline.given_texts import Texts, as_files, as_path
from coderm_eval.pipeline.recorded_run import require_runnable, run_recorded
from coderm_eval.pipeline.settings import load_settings
from coderm_eval.report.comparison.compared_runs import ComparedRuns
from coderm_eval.report.comparison.graded_run import read_graded_run
from coderm_eval.report.comparison.paired_runs import compare_runs
from coderm_eval.report.finished_run import Run
from coderm_eval.report.run_directory import RUN_FILES, RunDirectory

__all__ = ["compare", "evaluate", "load_run"]

_A_RUN = "a run directory, such as 'run'"


def evaluate(
    benchmark: str,
    *,
    samples: str | Path | Texts,
    tests: str | Path | Texts | Mapping[str, Any] | None = None,
    out: str | Path,
    grade: bool = True,
    limit: int | None = None,
    task_ids: Sequence[str] | None = None,
    shard: str | None = None,
    allow_partial: bool = False,
    overwrite: bool = False,
    config: str | Path | None = None,
    **settings: Any,
) -> Run:
    """Rerank candidates by unit tests, grade them, and write a run directory: `coderm-eval rerank` from Python.

    Args:
        benchmark: "humaneval+", "mbpp+", "livecodebench", "demo", or a file of problems, such as "problems.jsonl".
        samples: a file in any format that `--samples` takes, or the programs of each task by its id.
        tests: a file, or the tests of each task by its id; or the settings of a model that writes them, such as
            {"model": ..., "base_url": ...}; or {"backend": "none"}.
        out: the run directory. One that holds the same run is continued; another run there is refused.
        grade: whether the benchmark's own tests are run, too; without them a run has no scores.
        limit: run the benchmark's first so many tasks only.
        task_ids: run these tasks only.
        shard: run only a part of the tasks, such as "3/8" for the third of eight; `coderm-eval merge` puts them
            together.
        allow_partial: whether tasks without samples are left out; else they are an error.
        overwrite: whether another run in `out` may be replaced.
        config: a YAML file of settings.
        settings: any other setting by its key, such as select="all", n=20 or execution={"workers": 4}.

    Raises:
        CodermError: with one sentence that says what to do; nothing already computed is lost.
        IncompleteRunError: something could not be run; `load_run(out)` has the rest.
    """
    require_benchmark_name(benchmark)
    tasks = _choice(limit, task_ids)._replace(shard=None if shard is None else read_shard(shard))
    folder = as_path(out, "out", "a folder, such as 'run'")
    with as_files(samples, tests) as given:
        if given.tests is not None:
            settings["tests"] = given.tests
        wanted = load_settings(settings, source="evaluate", config=Path(config) if config else None)
        require_runnable(wanted, graded=grade)
        inputs = {"samples": given.samples, "tests": wanted.tests.file}
        check_output(folder, inputs=inputs, store=wanted.store, files=RUN_FILES, overwrite=overwrite)
        run_recorded(
            load_benchmark(benchmark, wanted.for_benchmark(benchmark)),
            given.samples,
            wanted,
            folder,
            graded=grade,
            allow_partial=allow_partial,
            overwrite=overwrite,
            tasks=tasks,
            from_memory=given.from_memory,
        )
    return load_run(folder)


def _choice(limit: int | None, task_ids: Sequence[str] | None) -> TaskChoice:
    """The tasks that are wanted; a slice to 0 or to -1 would leave some out without a word."""
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise InputError(f"limit is {limit!r:.60}; expected a whole number, 1 or more")
    if task_ids is None:
        return TaskChoice(limit)
    if isinstance(task_ids, str) or not task_ids or not all(isinstance(task, str) for task in task_ids):
        raise InputError(f"task_ids is {task_ids!r:.60}; expected a list of texts, such as ['demo/0']")
    return TaskChoice(limit, tuple(task_ids))


def load_run(folder: str | Path) -> Run:
    """The finished run in a run directory, whoever wrote it; nothing else is read.

    Raises:
        InputError: this is no run directory.
    """
    run = Run(as_path(folder, "folder", _A_RUN))
    run.summary  # noqa: B018  # so that a wrong name is told at once
    return run


def compare(run: Run | str | Path, *others: Run | str | Path) -> ComparedRuns:
    """Compare graded runs of one benchmark, problem by problem: `coderm-eval compare` from Python.

    Args:
        run: a run, or its directory.
        others: one or more; each is compared with all before it.

    Raises:
        InputError: a run was not graded, or they cannot be compared: another benchmark, another version of its data.
    """
    if not others:
        raise InputError("compare was given one run; give two or more")
    folders = [each.folder if isinstance(each, Run) else as_path(each, "run", _A_RUN) for each in (run, *others)]
    found = compare_runs([read_graded_run(RunDirectory(folder)) for folder in folders])
    return ComparedRuns(**vars(found))
