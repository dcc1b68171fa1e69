"""One run, as a list of stages: candidates in, a run directory and scores out. Every host calls this and adds nothing.

    sample -> write tests -> execute -> select -> grade -> report

Candidates have been sampled when a run begins. It goes through its problems in windows, so that its memory does not
grow with them, and writes what a window gives before the next one begins. All that is expensive passes through the
store as well. The same command goes on where it was stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import require_complete
from coderm_eval.core.locks import alone_in
from coderm_eval.core.records import ProblemCandidates
from coderm_eval.core.stopwatch import Stopwatch, seconds_since_start
from coderm_eval.core.store import open_store
from coderm_eval.generation.origin import origin_of_tests
from coderm_eval.pipeline.report_page import write_page
from coderm_eval.pipeline.run_identity import require_same_run, run_identity, run_key, run_sha256
from coderm_eval.pipeline.settings import Settings
from coderm_eval.pipeline.stages import assemble
from coderm_eval.pipeline.windows import run_window, windows
from coderm_eval.report import provenance
from coderm_eval.report.cross_checks import messages
from coderm_eval.report.finished_report import finished_report
from coderm_eval.report.provenance import Caller
from coderm_eval.report.reporter import RunReport
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["run"]

log = logging.getLogger(__name__)


def run(
    benchmark: Benchmark,
    problems: Sequence[ProblemCandidates],
    settings: Settings,
    *,
    out: Path,
    store_folder: Path,
    graded: bool,
    allow_partial: bool = False,
    extracted: bool = False,
    overwrite: bool = False,
    shard: Mapping[str, Any] | None = None,
    caller: Caller | None = None,
) -> RunReport:
    """Rerank the candidates of all `problems`, which are the benchmark's, and write the run directory `out`.

    Args:
        extracted: whether the candidates were found in a model's answers, as `extraction` says.
        overwrite: whether `out` may hold another run, whose place this one takes.
        shard: which part of a larger run this is, as `Shard.record` has it.
        caller: who asked for the run; by default a program that says no more.

    Raises:
        CodermError: a setting, file or server that cannot be used; nothing already computed is lost.
        OutputError: `out` holds another run, or another run is at work there.
        IncompleteRunError: something could not be run and `execution.allow_incomplete` is off; the files are written.
    """
    if graded:
        benchmark.require_gold_tests()
    directory, caller = RunDirectory(out), caller or Caller()
    watch = Stopwatch("starting", began_s=seconds_since_start() if caller.is_process else 0.0)
    identity = run_identity(benchmark, problems, settings, extracted=extracted, shard=shard)
    key = run_key(identity, settings.execution, graded=graded)
    with alone_in(out):
        finished = None
        if not overwrite:
            require_same_run(directory, problems, identity, graded=graded)
            finished = None if settings.budget_curve else finished_report(directory, key)
        report = finished or _run_all(
            *(benchmark, problems, settings, directory, store_folder),
            identity={**identity, "policy": caller.policy, "test_writer": partial(origin_of_tests, settings.tests)},
            key=key,
            graded=graded,
            allow_partial=allow_partial,
            caller=caller,
            watch=watch,
        )
        if not settings.report:
            directory.remove_page()
        elif not directory.page.is_file():
            with watch.during("page"):
                write_page(directory, len(problems))
            if not finished:
                provenance.note_seconds(directory, watch)
    _announce(report)
    require_complete(**report.summary["not_run"], out=out, allowed=settings.execution.allow_incomplete)
    return report


def _run_all(
    benchmark: Benchmark,
    problems: Sequence[ProblemCandidates],
    settings: Settings,
    directory: RunDirectory,
    store_folder: Path,
    *,
    identity: Mapping[str, Any],
    key: str,
    graded: bool,
    allow_partial: bool,
    caller: Caller,
    watch: Stopwatch,
) -> RunReport:
    """Run what no earlier process finished, window by window."""
    with (
        open_store(store_folder) as store,
        assemble(
            *(benchmark, problems, settings, directory, store),
            identity=identity,
            key=key,
            graded=graded,
            allow_partial=allow_partial,
            watch=watch,
        ) as stages,
    ):
        # a run that is refused leaves nothing behind
        provenance.begin(directory, caller, run=run_sha256(identity), tests=settings.tests.file)
        directory.write_samples(problems)
        for pools in windows(len(problems), settings.budget, done=stages.report.done):
            with watch.during("choosing"):
                run_window(stages, problems, pools)
        watch.enter("reporting")
        report = stages.report.finish()
        watch.enter("ending")
    directory.remove_page()
    provenance.finish(directory, key)
    provenance.note_seconds(directory, watch)
    return report


def _announce(report: RunReport) -> None:
    """Print what is odd about the run."""
    checks = report.summary["cross_checks"]
    for message in (*report.summary["notices"], *(messages(checks) if checks else ())):
        log.warning("%s", message)
