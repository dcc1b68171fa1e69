"""The scorers of this project's tasks: the rows of the result, by the benchmark's own tests, and what they cost."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import anyio.to_thread
from inspect_ai.scorer import Score, Scorer, Target, ci, mean, scorer
from inspect_ai.solver import TaskState

from coderm_eval.benchmarks import Benchmark, load_benchmark, require_benchmark_name
from coderm_eval.core.errors import InputError
from coderm_eval.hosts.inspect_ai.account import KEY, read_result
from coderm_eval.hosts.inspect_ai.engine import engine_of, without_tests
from coderm_eval.hosts.inspect_ai.errors import as_prerequisites
from coderm_eval.hosts.inspect_ai.given_settings import with_defaults
from coderm_eval.hosts.inspect_ai.row_scores import ROW_METRICS, row_score
from coderm_eval.pipeline.settings import Settings

__all__ = ["benchmark_of", "pass_at_1", "tests_per_problem"]

_lock = threading.Lock()
_loaded: dict[tuple[str, str], Benchmark] = {}


@scorer(metrics=ROW_METRICS)
def pass_at_1(benchmark: str, config: str | None = None, **settings: Any) -> Scorer:
    """Grade the candidates that `best_of_n` has left in the sample, and score each way to choose among them.

    Args:
        benchmark: its name, or a file of problems with gold tests.
        config: a YAML file of settings, as for `best_of_n`.
        **settings: as for `best_of_n`.

    Raises:
        PrerequisiteError: a setting that cannot be used, or a benchmark that is not on this machine.
    """
    with as_prerequisites():
        wanted = with_defaults(settings, config)
        loaded = benchmark_of(benchmark, wanted)

    async def score(state: TaskState, target: Target) -> Score:
        return await anyio.to_thread.run_sync(_score, loaded, wanted, state.sample_id, state.store.get(KEY))

    return score


@scorer(metrics=[mean(), ci()])
def tests_per_problem() -> Scorer:
    """How many tests the pick of `best_of_n` rests on; unscored where no problem was found."""

    async def score(state: TaskState, target: Target) -> Score:
        tests = (state.store.get(KEY) or {}).get("tests")
        return Score(value=tests["used"]) if tests else Score.unscored(reason="no_response")

    return score


def benchmark_of(name: str, settings: Settings) -> Benchmark:
    """The benchmark, which is loaded once for its settings; a file of problems as well.

    Raises:
        InputError: there is none of that name, or a file that cannot be used. DatasetError: it is not on this machine.
    """
    require_benchmark_name(name)
    with _lock:
        section = settings.for_benchmark(name)
        key = (name, section.model_dump_json() if section else "")
        if key not in _loaded:
            _loaded[key] = load_benchmark(name, section)
        return _loaded[key]


def _score(benchmark: Benchmark, settings: Settings, sample_id: Any, record: Mapping[str, Any] | None) -> Score:
    """The score of a sample, from what `best_of_n` has left in its store."""
    problem = benchmark.problem_by_id().get(str(sample_id))
    if problem is None:
        raise InputError(f"sample {sample_id!r:.60} is no problem of {benchmark.name}; name the benchmark of the task")
    if not record or "candidates" not in record:
        raise InputError(f"sample {sample_id!r:.60} has no candidates: solve the task with coderm_eval/best_of_n")
    result = read_result(record, problem)
    programs = [candidate.program for candidate in result.candidates]
    grades = engine_of(without_tests(settings)).grade(benchmark, problem.task_id, programs)
    return row_score(result, grades, settings, why=record["why"])
