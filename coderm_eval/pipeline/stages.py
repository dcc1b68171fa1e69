"""The stages of a run, put together: each is made from its own section of the settings, and sees no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import ModelError
from coderm_eval.core.protocols import Execute, Explain, Probe
from coderm_eval.core.records import ProblemCandidates
from coderm_eval.core.store import Store
from coderm_eval.execution.cached import cached_execution, cached_reasons
from coderm_eval.execution.probing import make_probe
from coderm_eval.generation.settings import TestSettings
from coderm_eval.generation.write_tests import DEFAULT_TESTS, TestSupply, make_test_source
from coderm_eval.pipeline.budget import policies_of, require_enough_tests
from coderm_eval.pipeline.budget_policy import make_budget, max_tests, tests_per_problem
from coderm_eval.pipeline.grader import Grader
from coderm_eval.pipeline.preflight import working_executor
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.reporter import Reporter
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.summary import BudgetRecord, RunContext
from coderm_eval.selection.budget import BudgetPolicy

__all__ = ["Selector", "Stages", "assemble"]


@dataclass(frozen=True)
class Selector:
    """Stage 4: the rule that picks, the rules that are compared, and how many tests they get to see."""

    rule: str
    rules: Sequence[str]
    budget: BudgetPolicy
    total: int
    """The most test samples that the budget can spend over the whole benchmark: no more than there are."""
    tolerance: float
    """A problem whose pick is no more likely to change than this is called decided."""


@dataclass(frozen=True)
class Stages:
    """The stages in order. Sampling comes before a run: its candidates are what `assemble` is given."""

    write_tests: TestSupply[Any]
    execute: Execute
    probe: Probe | None  # None where no probing inputs were asked for
    explain: Explain
    select: Selector
    grade: Grader | None  # None where grading was not asked for
    report: Reporter


@contextmanager
def assemble(
    benchmark: Benchmark,
    problems: Sequence[ProblemCandidates],
    settings: Settings,
    out: Path,
    store: Store,
    *,
    identity: Mapping[str, Any],
    graded: bool,
    allow_partial: bool,
) -> Iterator[Stages]:
    """Make every stage; what would fail late fails here, before anything is asked or run.

    Raises:
        CodermError: a setting or file that cannot be used, or an executor that does not work on this host.
    """
    with working_executor(settings.tests, settings.execution) as (executor, isolation):
        directory = RunDirectory(out)
        with _advice_in_two_steps(benchmark.name, settings.tests, lambda: directory.write_samples(problems)):
            tests = make_test_source(
                problems,
                settings.tests,
                store,
                extraction=settings.extraction,
                known_tasks=benchmark.problem_by_id(),
                benchmark=benchmark.name,
                allow_partial=allow_partial,
            )
            require_enough_tests(settings, tests)
            each = tests_per_problem(settings.budget, tests.per_problem)
            recorded = sum(tests.available.values()) if settings.tests.backend == "file" else None
            grader = Grader(benchmark, store, executor, settings.rule)
            yield Stages(
                write_tests=tests,
                select=_selector(settings, problems, tests, each, grader),  # may refuse, so before tables are made
                execute=cached_execution(executor, store.table("verdicts"), settings.execution, isolation),
                probe=make_probe(executor, store, settings.execution, isolation, settings.inputs),
                explain=cached_reasons(executor, store.table("reasons"), settings.execution, isolation),
                grade=grader if graded else None,
                report=Reporter(
                    directory,
                    _context(benchmark, identity, settings, isolation, BudgetRecord(settings.budget, each, recorded)),
                    resample_tests=settings.resample_tests,
                    policies=policies_of(settings.budget) if settings.budget_curve else None,
                ),
            )


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


def _selector(
    settings: Settings, problems: Sequence[ProblemCandidates], tests: TestSupply[Any], each: int, grader: Grader
) -> Selector:
    most = max_tests(settings.budget, each, tests.available, [item.problem.task_id for item in problems])
    policy = make_budget(settings.budget, each, most, lambda: grader.true_rates(problems))
    return Selector(
        settings.rule,
        settings.compared,
        policy,
        min(each * len(problems), sum(most.values())),
        settings.budget.tolerance,
    )


def _context(
    benchmark: Benchmark, identity: Mapping[str, Any], settings: Settings, isolation: str, budget: BudgetRecord
) -> RunContext:
    return RunContext(
        **identity,
        problems_of_benchmark=len(benchmark.problems),
        rule=settings.rule,
        rules=settings.compared,
        abstain_below=settings.abstain_below,
        budget=budget,
        isolation=isolation,
    )
