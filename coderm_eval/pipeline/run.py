"""One run: candidates in, a run directory and scores out. Every host calls this and adds nothing to it.

    candidates -> tests (a model or a file) -> verdicts (the executor) -> picks -> grades -> files

All that is expensive passes through the store, so the same command goes on where it was stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.grade import grade_programs, require_complete
from coderm_eval.core.errors import ModelError
from coderm_eval.core.files import write_json
from coderm_eval.core.progress import progress
from coderm_eval.core.protocols import Execute
from coderm_eval.core.records import Candidate, Grade, ProblemCandidates, RerankResult
from coderm_eval.core.store import Store
from coderm_eval.execution.backends.local import Executor
from coderm_eval.execution.cached import cached_execution
from coderm_eval.execution.executor import make_executor
from coderm_eval.execution.sandbox.isolation.levels import FULL, describe
from coderm_eval.generation.write_tests import DEFAULT_TESTS, TestSupply, make_test_source, validate_test_settings
from coderm_eval.pipeline.budget import all_policies, budget_bar, make_budget, max_tests, tests_per_problem
from coderm_eval.pipeline.cross_checks import cross_checks, messages
from coderm_eval.pipeline.loop import rerank
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.budget_curve import BudgetPoint, budget_curve, doubling_budgets, write_curve
from coderm_eval.report.rules import compare_rules, resampled_scores
from coderm_eval.report.run_directory import write_run, write_samples
from coderm_eval.report.scores import MeanScores, mean_scores, pass_rates, problem_scores
from coderm_eval.report.summary import summarise
from coderm_eval.selection.resampling import DRAWS, resample

__all__ = ["RunResult", "preflight", "run"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunResult:
    """What a run found; `scores` and `problems` are empty where grading was not asked for."""

    results: Sequence[RerankResult]
    scores: MeanScores | None
    problems: Mapping[str, Mapping[str, float]]
    """pass@1 of each way to choose, by task id."""
    summary: Mapping[str, Any]
    curve: Sequence[BudgetPoint]
    """Of each budget policy, where that was asked for."""


def run(
    benchmark: Benchmark,
    candidates: Mapping[str, tuple[Candidate, ...]],
    settings: Settings,
    *,
    out: Path,
    store_folder: Path,
    graded: bool,
    allow_partial: bool = False,
) -> RunResult:
    """Rerank the candidates of every problem in `candidates` and write the run directory `out`.

    Raises:
        CodermError: a setting, file or server that cannot be used; nothing already computed is lost.
        NotRunError: something could not be run and `execution.allow_incomplete` is off; the files are written.
    """
    work = [ProblemCandidates(p, candidates[p.task_id]) for p in benchmark.problems if p.task_id in candidates]

    def oracle() -> dict[str, float]:
        return _pass_rates(benchmark, work, store, settings)

    with Store(store_folder) as store:
        with _ready(settings) as (executor, isolation):
            samples = write_samples(out, work)
            with _step_by_step(benchmark, settings, samples):
                tests = make_test_source(
                    work,
                    settings.tests,
                    store,
                    extraction=settings.extraction,
                    known_tasks=benchmark.problem_by_id(),
                    benchmark=benchmark.name,
                    allow_partial=allow_partial,
                )
                execute = cached_execution(executor, store.table("verdicts"), settings.execution, isolation)
                results, each, chances = _spend(work, tests, execute, settings, oracle)
        grades = _grade(benchmark, work, store, settings) if graded else None
        problems = {
            r.problem.task_id: problem_scores(r, g, settings.rule) for r, g in zip(results, grades or [], strict=False)
        }
        beside = cross_checks(benchmark, results, grades, problems, settings, store) if grades else None
    write_run(out, results, rule=settings.rule, shown=tests.shown, grades=grades)
    scores = mean_scores(list(problems.values())) if problems else None
    draws = None
    if grades and settings.resample_tests:
        drawn = resample(results, tests=settings.resample_tests, rules=settings.compared)
        draws = resampled_scores(progress(drawn, DRAWS, "resampling tests", "draws"), grades)
    points = _curve(results, grades, settings) if grades and settings.budget_curve else []
    if points:
        write_curve(out, points, f"{benchmark.name}, {settings.rule}")
    summary = summarise(
        results,
        grades=grades,
        scores=scores,
        settings=settings,
        average=each,
        chances=chances,
        tally=tests.source.stats,
        comparison=compare_rules(results, grades) if grades else [],
        draws=draws,
        isolation=isolation,
        benchmark=benchmark.name,
        dataset_sha256=benchmark.dataset_sha256,
        beside=beside,
    )
    write_json(out / "summary.json", summary)
    for sentence in messages(beside) if beside else ():
        log.warning("%s", sentence)
    if summary["answers_without_code"]:
        log.warning("%d answers held no code; they are wrong in every row", summary["answers_without_code"])
    require_complete(**summary["not_run"], out=out, allowed=settings.execution.allow_incomplete)
    return RunResult(results, scores, problems, summary, points)


def _spend(
    work: Sequence[ProblemCandidates],
    tests: TestSupply[Any],
    execute: Execute,
    settings: Settings,
    oracle: Callable[[], Mapping[str, float]],
) -> tuple[list[RerankResult], int, Mapping[str, float]]:
    """What the loop came to, tests per problem that it might spend, and what chance its policy gave each pick."""
    each = tests_per_problem(settings.budget, tests)
    most = max_tests(settings.budget, each, tests.available, [item.problem.task_id for item in work])
    policy = make_budget(settings.budget, each, most, oracle)
    with budget_bar(policy, each * len(work), settings.budget.tolerance) as on_round:
        results = rerank(
            work,
            write_tests=tests.source,
            execute=execute,
            rule=settings.rule,
            rules=settings.compared,
            budget=policy,
            on_round=on_round,
        )
    return results, each, policy.change_probabilities


def _curve(results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]], settings: Settings) -> list[BudgetPoint]:
    recorded = {r.problem.task_id: sum(test.multiplicity for test in r.tests) for r in results}
    policies = all_policies(settings.budget, recorded, lambda: pass_rates(results, grades))
    return budget_curve(results, grades, settings.rule, policies, doubling_budgets(results))


@contextmanager
def _step_by_step(benchmark: Benchmark, settings: Settings, samples: Path) -> Iterator[None]:
    """Say how to write the tests in a process of their own, for a model that cannot be run in this one."""
    try:
        yield
    except ModelError as error:
        given, tests = settings.tests, samples.with_name("written.jsonl")
        files = f"--benchmark {benchmark.name} --samples {samples}"
        model = f"--backend {given.backend} --model {given.model} --num {given.num or DEFAULT_TESTS}"
        raise ModelError(
            f"{error}; or go on in two steps, `coderm-eval tests {files} {model} --out {tests}` and "
            f"`coderm-eval rerank {files} --tests {tests} --out {samples.parent} --grade`"
        ) from error


def preflight(settings: Settings) -> None:
    """Find out at once what would otherwise fail late.

    Raises:
        SettingsError: no test writer is named. InputError: the tests file cannot be read.
        NotRunError: the executor does not work on this host.
    """
    with _ready(settings):
        pass


@contextmanager
def _ready(settings: Settings) -> Iterator[tuple[Executor, str]]:
    """An executor that works, and the isolation in force; raises what `preflight` does."""
    validate_test_settings(settings.tests)
    with make_executor(settings.execution) as executor:
        isolation = executor.self_test()
        if isolation != FULL:
            log.warning("isolation %s: %s", isolation, describe(isolation))
        yield executor, isolation


def _grade(
    benchmark: Benchmark, work: Sequence[ProblemCandidates], store: Store, settings: Settings
) -> list[list[Grade]]:
    pairs = [(item.problem.task_id, c.program) for item in work for c in item.candidates]
    grades = grade_programs(benchmark, pairs, store, settings.execution)
    return [[grades[item.problem.task_id, c.program] for c in item.candidates] for item in work]


def _pass_rates(
    benchmark: Benchmark, work: Sequence[ProblemCandidates], store: Store, settings: Settings
) -> dict[str, float]:
    """By the grades: of samples that could be graded; 0 where none could."""
    log.warning("budget.rates is 'oracle': tests go where the grades say that they help; a bound, not a result")
    return pass_rates(work, _grade(benchmark, work, store, settings))
