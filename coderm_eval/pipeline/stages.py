"""The stages of a run, put together: each is made from its own section of the settings, and sees no other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import ModelError
from coderm_eval.core.lazy import task_ids
from coderm_eval.core.protocols import Execute, Explain, Probe
from coderm_eval.core.records import ProblemCandidates, RerankResult, fingerprint
from coderm_eval.core.stopwatch import Stopwatch
from coderm_eval.core.store import Store
from coderm_eval.execution.cached import cached_execution, cached_reasons
from coderm_eval.execution.probing import make_probe
from coderm_eval.generation.settings import TestSettings
from coderm_eval.generation.write_tests import DEFAULT_TESTS, RunTests, TestSupply, open_tests
from coderm_eval.pipeline.budget import policies_of, require_enough_tests
from coderm_eval.pipeline.budget_policy import require_rates, tests_per_problem
from coderm_eval.pipeline.grader import GradedProblem, Grader
from coderm_eval.pipeline.preflight import checked_executor
from coderm_eval.pipeline.selector import Selector, make_selector
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.reporter import Reporter
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.summary import BudgetRecord, RunContext

__all__ = ["Stages", "assemble"]


@dataclass(frozen=True)
class Stages:
    """The stages in order. Sampling comes before a run: its candidates are what `assemble` is given."""

    tests: RunTests
    execute: Execute
    probe: Probe | None  # None where no probing inputs were asked for
    explain: Explain
    select: Callable[[Sequence[ProblemCandidates], TestSupply[Any]], Selector]
    """Makes stage 4 for some of the problems, which share a budget."""
    grade: Callable[[Sequence[RerankResult]], list[GradedProblem]] | None  # None where grading was not asked for
    report: Reporter
    watch: Stopwatch
    """Tells what each stage took."""
    errata: Collection[str]
    """Problems whose own tests are known to be wrong."""


@contextmanager
def assemble(
    benchmark: Benchmark,
    problems: Sequence[ProblemCandidates],
    settings: Settings,
    directory: RunDirectory,
    store: Store,
    *,
    identity: Mapping[str, Any],
    key: str,
    graded: bool,
    allow_partial: bool,
    watch: Stopwatch,
) -> Iterator[Stages]:
    """Make every stage; what would fail late fails here, before anything is asked or run.

    Raises:
        CodermError: a setting or file that cannot be used, or an executor that does not work on this host.
    """
    with _advice_in_two_steps(benchmark.name, settings.tests, lambda: directory.write_samples(problems)):
        tests = open_tests(
            problems,
            settings.tests,
            store,
            extraction=settings.extraction,
            known_tasks=benchmark.problem_by_id(),
            benchmark=benchmark.name,
            allow_partial=allow_partial,
        )
        require_enough_tests(settings, tests)
        require_rates(settings.budget, task_ids(problems))
        each = tests_per_problem(settings.budget, tests.per_problem)
        recorded = sum(tests.available.values()) if settings.tests.backend == "file" else None
        with checked_executor(settings.execution) as (executor, isolation):
            grader = Grader(benchmark, store, executor, settings.rule)
            probe = make_probe(executor, store, settings.execution, isolation, settings.inputs)
            explain = cached_reasons(executor, store.table("reasons"), settings.execution, isolation)
            yield Stages(
                tests=tests,
                execute=_timed(watch, cached_execution(executor, store.verdicts(), settings.execution, isolation)),
                probe=watch.calls("probing", probe) if probe else None,
                explain=watch.calls("explaining", explain),
                select=partial(make_selector, settings, each, grader),
                grade=watch.calls("grading", grader) if graded else None,
                watch=watch,
                report=Reporter(
                    directory,
                    _context(benchmark, identity, settings, isolation, BudgetRecord(settings.budget, each, recorded)),
                    key=fingerprint(key, isolation),
                    resample_tests=settings.resample_tests,
                    policies=policies_of(settings.budget) if settings.budget_curve else None,
                ),
                errata=benchmark.errata,
            )


def _timed(watch: Stopwatch, execute: Execute) -> Execute:
    """The loop's `execute`; to wait for the tests that it takes is a stage of its own."""
    return lambda blocks: watch.items("executing", execute(watch.items("writing_tests", blocks)))


@contextmanager
def _advice_in_two_steps(benchmark: str, tests: TestSettings, write_samples: Callable[[], Path]) -> Iterator[None]:
    """Say how to write the tests in a process of their own, for a model that cannot be run in this one."""
    try:
        yield
    except ModelError as error:
        samples = write_samples()
        out = samples.with_name("generated_tests.jsonl")
        files = f"--benchmark {benchmark} --samples {samples}"
        model = f"--backend {tests.backend} --model {tests.model} --num {tests.num or DEFAULT_TESTS}"
        raise ModelError(
            f"{error}; or go on in two steps, `coderm-eval write-tests {files} {model} --out {out}` and "
            f"`coderm-eval rerank {files} --tests {out} --out {samples.parent}-2 --grade`"
        ) from error


def _context(
    benchmark: Benchmark, identity: Mapping[str, Any], settings: Settings, isolation: str, budget: BudgetRecord
) -> RunContext:
    return RunContext(
        **identity,
        problems_of_benchmark=len(benchmark.problems),
        protocol_note=benchmark.protocol_note,
        rule=settings.rule,
        rules=settings.compared,
        abstain_below=settings.abstain_below,
        budget=budget,
        isolation=isolation,
    )
