"""One run: candidates in, a run directory and scores out. Every host calls this and adds nothing to it.

    candidates -> tests (a model or a file) -> verdicts (the executor) -> picks -> grades -> files

All that is expensive passes through the store, so the same command goes on where it was stopped.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.budgeting import all_policies, average, limits, make_budget, shown
from coderm_eval.config import ExecutionSettings, Settings
from coderm_eval.errors import ModelError
from coderm_eval.execution.engine import Pair, PairOutcome, limits_fingerprint, run_pairs, self_test
from coderm_eval.execution.isolation.levels import FULL, describe
from coderm_eval.execution.policy import Policy
from coderm_eval.grading import grade_programs, refuse_not_run
from coderm_eval.progress import progress
from coderm_eval.records import Candidate, Grade, Verdict, fingerprint
from coderm_eval.report.comparison import compare, resampled
from coderm_eval.report.curve import Point, averages, curve, write_curve
from coderm_eval.report.files import write_json, write_run, write_samples
from coderm_eval.report.scores import Scores, pass_rates, problem_scores, score
from coderm_eval.report.summary import summarise
from coderm_eval.rerank import Cell, Execute, Outcome, Reranked, Work, rerank
from coderm_eval.resampling import DRAWS, resample
from coderm_eval.store import Store, Table
from coderm_eval.writing import DEFAULT_TESTS, check_tests, tests_for

__all__ = ["RunResult", "policy_of", "preflight", "run"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunResult:
    """What a run found; `scores` and `problems` are empty where grading was not asked for."""

    results: Sequence[Reranked]
    scores: Scores | None
    problems: Mapping[str, Mapping[str, float]]
    """pass@1 of each way to choose, by task id."""
    summary: Mapping[str, Any]
    curve: Sequence[Point]
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
        NotRunError: something could not be run and `execution.allow_not_run` is off; the files are written.
    """
    isolation = preflight(settings)
    if isolation != FULL:
        log.warning("isolation %s: %s", isolation, describe(isolation))
    work = [Work(p, candidates[p.task_id]) for p in benchmark.problems if p.task_id in candidates]
    samples = write_samples(out, work)

    def oracle() -> dict[str, float]:
        return _pass_rates(benchmark, work, store, settings)

    with Store(store_folder) as store, _step_by_step(benchmark, settings, samples):
        tests = tests_for(benchmark, work, settings, store, allow_partial=allow_partial)
        each = average(settings.budget, tests)
        most = limits(settings.budget, each, tests.available, [item.problem.task_id for item in work])
        policy = make_budget(settings.budget, each, most, oracle)
        with shown(policy, each * len(work), settings.budget.risk) as budget:
            results = rerank(
                work,
                write_tests=tests.source,
                execute=_stored_execution(store.table("verdicts"), settings.execution, isolation),
                rule=settings.rule,
                rules=settings.compared,
                budget=budget,
            )
        grades = _grade(benchmark, work, store, settings) if graded else None
    write_run(out, results, rule=settings.rule, shown=tests.shown, grades=grades)
    problems = {
        r.problem.task_id: problem_scores(r, g, settings.rule) for r, g in zip(results, grades or [], strict=False)
    }
    scores = score(list(problems.values())) if problems else None
    draws = None
    if grades and settings.resample:
        drawn = resample(results, tests=settings.resample, rules=settings.compared)
        draws = resampled(progress(drawn, DRAWS, "resampling tests", "draws"), grades)
    points = _curve(results, grades, settings) if grades and settings.curve else []
    if points:
        write_curve(out, points, f"{benchmark.name}, {settings.rule}")
    summary = summarise(
        results,
        grades=grades,
        scores=scores,
        settings=settings,
        average=each,
        chances=policy.chances,
        tally=tests.source.tally,
        comparison=compare(results, grades) if grades else [],
        draws=draws,
        isolation=isolation,
        benchmark=benchmark.name,
        dataset_sha256=benchmark.dataset_sha256,
    )
    write_json(out / "summary.json", summary)
    if summary["answers_without_code"]:
        log.warning("%d answers held no code; they are wrong in every row", summary["answers_without_code"])
    refuse_not_run(**summary["not_run"], out=out, allowed=settings.execution.allow_not_run)
    return RunResult(results, scores, problems, summary, points)


def _curve(results: Sequence[Reranked], grades: Sequence[Sequence[Grade]], settings: Settings) -> list[Point]:
    recorded = {r.problem.task_id: sum(test.multiplicity for test in r.tests) for r in results}
    policies = all_policies(settings.budget, recorded, lambda: pass_rates(results, grades))
    return curve(results, grades, settings.rule, policies, averages(results))


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


def preflight(settings: Settings) -> str:
    """Find out at once what would otherwise fail late.

    Returns:
        The isolation in force, e.g. "namespaces+seccomp+rlimits".

    Raises:
        SettingsError: no test writer is named. InputError: the tests file cannot be read.
        NotRunError: the executor does not work on this host.
    """
    check_tests(settings)
    return self_test(policy_of(settings.execution), settings.execution.isolation)


def policy_of(execution: ExecutionSettings) -> Policy:
    """The limits that the settings ask for."""
    return Policy(execution.timeout_s, execution.memory_mb, execution.output_mb)


def _grade(benchmark: Benchmark, work: Sequence[Work], store: Store, settings: Settings) -> list[list[Grade]]:
    pairs = [(item.problem.task_id, c.program) for item in work for c in item.candidates]
    grades = grade_programs(benchmark, pairs, store, workers=settings.execution.workers)
    return [[grades[item.problem.task_id, c.program] for c in item.candidates] for item in work]


def _pass_rates(benchmark: Benchmark, work: Sequence[Work], store: Store, settings: Settings) -> dict[str, float]:
    """By the grades: of samples that could be graded; 0 where none could."""
    log.warning("budget.rates is 'oracle': tests go where the grades say that they help; a bound, not a result")
    return pass_rates(work, _grade(benchmark, work, store, settings))


def _stored_execution(table: Table, execution: ExecutionSettings, isolation: str) -> Execute:
    """The loop's `execute`: problems all of whose cells the store knows are read, the others are run and stored.

    All cells of a problem or none: which calls of a program are given up as timed out depends on what else is
    asked of it, and a run that was killed in the middle of a problem is to end as one that was not.
    """
    policy = policy_of(execution)
    limits = fingerprint(limits_fingerprint(policy), isolation)

    def execute(problems: Iterable[Sequence[Cell]]) -> Iterator[tuple[Cell, Outcome]]:
        read: list[tuple[Cell, Outcome]] = []
        watch = _Watch()

        def owed() -> Iterator[Pair[_Owed] | None]:
            for cells in problems:
                keys = [fingerprint("verdict", limits, cell.program, cell.test) for cell in cells]
                if all(key in table for key in keys):
                    read.extend((cell, _outcome_of(table[key])) for cell, key in zip(cells, keys, strict=True))
                    yield None
                    continue
                watch.owed += len(cells)
                for cell, key in zip(cells, keys, strict=True):
                    yield Pair((cell, key), cell.program, cell.test, cell.task_id, cell.entry_point)

        ran = run_pairs(owed(), policy, workers=execution.workers, isolation=execution.isolation)
        for done in progress(ran, lambda: watch.owed, "running tests", "pairs", note=watch.note):
            cell, key = done.key
            if done.verdict != Verdict.NOT_RUN:
                table.add(key, {"v": done.verdict.letter, "s": done.cpu_seconds, "o": done.output})
            yield cell, Outcome(done.verdict, done.cpu_seconds, done.output)
        yield from read

    return execute


_Owed = tuple[Cell, str]
"""A cell, and the key of its verdict in the store."""


class _Watch:
    """What the progress line says beside the rate: how many timed out, and where the time goes."""

    def __init__(self) -> None:
        self.owed = 0
        """Cells that are to be run, as far as is known."""
        self._timeouts = 0
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def note(self, done: PairOutcome[_Owed]) -> str:
        cell, _ = done.key
        self._timeouts += done.verdict == Verdict.TIMED_OUT
        self._seconds[cell.task_id] += done.cpu_seconds
        slowest = max(self._seconds, key=self._seconds.__getitem__)
        return f"{self._timeouts} timed out, slowest {slowest}"


_VERDICT_OF_LETTER = {verdict.letter: verdict for verdict in Verdict}


def _outcome_of(row: Mapping[str, Any]) -> Outcome:
    return Outcome(_VERDICT_OF_LETTER[row["v"]], row["s"], row["o"])
