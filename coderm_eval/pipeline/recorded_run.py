"""A run of recorded candidates: what `coderm-eval rerank` and `coderm_eval.evaluate` have in common, which is all."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import InputError, SettingsError
from coderm_eval.core.records import ProblemCandidates
from coderm_eval.core.task_choice import ALL_TASKS, TaskChoice
from coderm_eval.generation.origin import origin_of_samples
from coderm_eval.generation.recorded.samples import candidates_of, read_samples
from coderm_eval.pipeline.run import run
from coderm_eval.pipeline.settings import Settings
from coderm_eval.pipeline.settling import settled_part
from coderm_eval.pipeline.sharding import in_units
from coderm_eval.report.provenance import Caller
from coderm_eval.report.reporter import RunReport

__all__ = ["require_runnable", "run_recorded"]

log = logging.getLogger(__name__)


def require_runnable(settings: Settings, *, graded: bool) -> None:
    """Refuse settings that recorded candidates cannot be run with, before anything is read.

    Raises:
        SettingsError: there is no test, and nobody to write one.
        InputError: something is asked for that needs grades.
    """
    if settings.tests.written and settings.tests.model is None:
        raise SettingsError(
            "no unit tests: give --tests tests.jsonl, or name the model that writes them in --config FILE.yaml, as by "
            "`tests: {model: KAKA22/CodeRM-8B, base_url: http://127.0.0.1:8001/v1}`, or give --no-tests to pick without"
        )
    if settings.budget_curve and not graded:
        raise InputError("--budget-curve says how often picks are right, which needs grades: give --grade as well")
    if settings.resample_tests and not graded:
        raise InputError("--resample-tests says how often picks are right, which needs grades: give --grade as well")


def run_recorded(
    benchmark: Benchmark,
    samples: Path,
    settings: Settings,
    out: Path,
    *,
    graded: bool,
    allow_partial: bool,
    overwrite: bool,
    tasks: TaskChoice = ALL_TASKS,
    command: Sequence[str] | None = None,
    from_memory: Collection[Path] = (),
    programs: Mapping[str, Sequence[str]] | None = None,
) -> RunReport:
    """Read the candidates and run them; by default the store is a folder of the run directory `out`.

    Args:
        samples: in any format that `read_candidates` reads.
        graded: whether the benchmark's own tests are run, too.
        allow_partial: whether problems without samples are left out.
        overwrite: whether `out` may hold another run, whose place this one takes.
        tasks: which of the benchmark's problems are run.
        command: what was typed, without secrets; None where a program calls.
        from_memory: files that hold what was given from memory, which provenance.json does not name.
        programs: what `read_samples` finds in them, where that was read before.

    Raises:
        CodermError: as `pipeline.run.run`, or the samples cannot be used.
    """
    known = benchmark.problem_by_id()
    tasks = in_units(tasks, benchmark, settings)
    if programs is None:
        programs = read_samples(
            samples, known, benchmark=benchmark.name, n=settings.n, allow_partial=allow_partial, tasks=tasks
        )
    work = candidates_of(programs, known)
    store_folder = settings.store or out / "store"
    settled = settings.policy.settled
    policy = origin_of_samples(settings.policy, samples, settled=settled)
    if settled:
        work = _until_settled(work, settled, settings, store_folder)
    return run(
        benchmark,
        work,
        settings,
        out=out,
        store_folder=store_folder,
        graded=graded,
        allow_partial=allow_partial,
        overwrite=overwrite,
        shard=tasks.record(list(known), benchmark.name),
        caller=Caller(command=command, samples=samples, from_memory=from_memory, policy=policy),
    )


def _until_settled(
    work: Sequence[ProblemCandidates], certainty: float, settings: Settings, store_folder: Path
) -> list[ProblemCandidates]:
    """The first candidates of each problem, as many as settle its most frequent behaviour; says how many they are."""
    part = settled_part(work, certainty=certainty, execution=settings.execution, store_folder=store_folder)
    of_all, used = (sum(c.multiplicity for item in some for c in item.candidates) for some in (work, part))
    log.warning("settled at %s: the first %s of %s candidates are used", certainty, f"{used:,}", f"{of_all:,}")
    return part
