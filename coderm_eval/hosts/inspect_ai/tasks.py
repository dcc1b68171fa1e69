"""The tasks: this project's benchmarks with their prompts, best-of-N and their own grading."""

from __future__ import annotations

from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.solver import Solver

from coderm_eval.benchmarks import demo
from coderm_eval.core.errors import SettingsError
from coderm_eval.generation.sample import policy_prompt
from coderm_eval.generation.settings import PolicySettings
from coderm_eval.hosts.inspect_ai.errors import as_prerequisites
from coderm_eval.hosts.inspect_ai.given_settings import require_ready, with_defaults
from coderm_eval.hosts.inspect_ai.recorded import best_of_recorded
from coderm_eval.hosts.inspect_ai.scorer import benchmark_of, pass_at_1, tests_per_problem
from coderm_eval.hosts.inspect_ai.solver import best_of_n
from coderm_eval.hosts.inspect_ai.stated import metadata_of

__all__ = ["coderm_demo", "coderm_problems", "humanevalplus_coderm", "livecodebench_coderm", "mbppplus_coderm"]


@task
def humanevalplus_coderm(config: str | None = None, **settings: Any) -> Task:
    """HumanEval+, reranked; settings are those of `best_of_n`."""
    return _reranked("humaneval+", config, settings)


@task
def mbppplus_coderm(config: str | None = None, **settings: Any) -> Task:
    """MBPP+, reranked; settings are those of `best_of_n`."""
    return _reranked("mbpp+", config, settings)


@task
def livecodebench_coderm(config: str | None = None, **settings: Any) -> Task:
    """LiveCodeBench, reranked; settings are those of `best_of_n`."""
    return _reranked("livecodebench", config, settings)


@task
def coderm_problems(benchmark: str | None = None, config: str | None = None, **settings: Any) -> Task:
    """Problems of one's own, reranked; without gold tests no score of them is right or wrong.

    Args:
        benchmark: a file of problems, or the name of a package's benchmark.
        config: a YAML file of settings.
        **settings: those of `best_of_n`.
    """
    if benchmark is None:
        with as_prerequisites():
            raise SettingsError(
                "the task coderm_problems has the problems that you name: add -T benchmark=problems.jsonl, with your "
                "file of problems or the name of a package's benchmark"
            )
    return _reranked(str(benchmark), config, settings)


@task
def coderm_demo(config: str | None = None, **settings: Any) -> Task:
    """14 invented problems with recorded candidates and tests; no model is asked: `--model none`."""
    given = {"tests": {"file": str(demo.TESTS)}, **settings}
    return _task("demo", config, given, best_of_recorded(demo.SAMPLES, config, **given))


def _reranked(benchmark: str, config: str | None, settings: dict[str, Any]) -> Task:
    with as_prerequisites():
        require_ready(with_defaults(settings, config))
    return _task(benchmark, config, settings, best_of_n(config, **settings))


def _task(name: str, config: str | None, settings: dict[str, Any], solver: Solver) -> Task:
    with as_prerequisites():
        wanted = with_defaults(settings, config)
        benchmark = benchmark_of(name, wanted)
        if benchmark.has_gold_tests:
            benchmark.require_gold_tests()
    sampling = PolicySettings()  # the paper's
    return Task(
        dataset=MemoryDataset(
            [
                Sample(id=each.task_id, input=policy_prompt(each, completes=False), metadata=metadata_of(each))
                for each in benchmark.problems
            ],
            name=name,
        ),
        solver=solver,
        scorer=[*([pass_at_1(name, config, **settings)] if benchmark.has_gold_tests else []), tests_per_problem()],
        config=GenerateConfig(temperature=sampling.temperature, top_p=sampling.top_p, max_tokens=sampling.max_tokens),
        continue_on_fail=True,  # what could not be run fails the evaluation in the end, and costs no other sample
    )
