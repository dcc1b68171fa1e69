"""One run, as a list of stages: candidates in, a run directory and scores out. Every host calls this and adds nothing.

    sample -> write tests -> execute -> select -> grade -> report

Candidates have been sampled when a run begins. All that is expensive passes through the store, so that the same
command goes on where it was stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import require_complete
from coderm_eval.core.locks import alone_in
from coderm_eval.core.records import ProblemCandidates
from coderm_eval.core.store import open_store
from coderm_eval.generation.origin import origin_of_tests
from coderm_eval.pipeline.budget import budget_bar
from coderm_eval.pipeline.cross_checks import messages
from coderm_eval.pipeline.loop import rerank
from coderm_eval.pipeline.report_page import write_page
from coderm_eval.pipeline.run_identity import require_same_run, run_identity, run_sha256
from coderm_eval.pipeline.settings import Settings
from coderm_eval.pipeline.stages import Stages, assemble
from coderm_eval.report import provenance
from coderm_eval.report.provenance import Caller
from coderm_eval.report.reporter import RunReport
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.test_faults import all_faults, suspects

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
    caller: Caller | None = None,
) -> RunReport:
    """Rerank the candidates of all `problems`, which are the benchmark's, and write the run directory `out`.

    Args:
        extracted: whether the candidates were found in a model's answers, as `extraction` says.
        overwrite: whether `out` may hold another run, whose place this one takes.
        caller: who asked for the run; by default a program that says no more.

    Raises:
        CodermError: a setting, file or server that cannot be used; nothing already computed is lost.
        OutputError: `out` holds another run, or another run is at work there.
        IncompleteRunError: something could not be run and `execution.allow_incomplete` is off; the files are written.
    """
    if graded:
        benchmark.require_gold_tests()
    identity = run_identity(benchmark, problems, settings, extracted=extracted)
    directory, caller = RunDirectory(out), caller or Caller()
    with alone_in(out):
        if not overwrite:
            require_same_run(directory, problems, identity)
        with (
            open_store(store_folder) as store,
            assemble(
                *(benchmark, problems, settings, out, store),
                identity={**identity, "policy": caller.policy, "test_writer": partial(origin_of_tests, settings.tests)},
                graded=graded,
                allow_partial=allow_partial,
            ) as stages,
        ):
            # a run that is refused leaves nothing behind
            provenance.begin(directory, caller, run=run_sha256(identity), tests=settings.tests.file)
            directory.write_samples(problems)
            report = _run(stages, problems)
            directory.remove_page()
            provenance.finish(directory)
            if settings.report:
                write_page(directory)
    _announce(report)
    require_complete(**report.summary["not_run"], out=out, allowed=settings.execution.allow_incomplete)
    return report


def _run(stages: Stages, problems: Sequence[ProblemCandidates]) -> RunReport:
    """The list itself."""
    select = stages.select
    with budget_bar(select.budget, select.total, select.tolerance) as on_round:
        results = rerank(
            problems,
            write_tests=stages.write_tests.source,
            execute=stages.execute,
            rule=select.rule,
            rules=select.rules,
            budget=select.budget,
            probe=stages.probe,
            on_round=on_round,
        )
    graded = stages.grade(results) if stages.grade else None
    return stages.report.write(
        results,
        graded,
        shown=stages.write_tests.shown,
        written=stages.write_tests.source.stats,
        faults=all_faults(results, stages.explain(cell for result in results for cell in suspects(result))),
        change_probabilities=select.budget.change_probabilities,
    )


def _announce(report: RunReport) -> None:
    """Print what is odd about the run."""
    checks = report.summary["cross_checks"]
    for message in (*report.summary["notices"], *(messages(checks) if checks else ())):
        log.warning("%s", message)
