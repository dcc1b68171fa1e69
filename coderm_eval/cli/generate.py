"""`sample` and `write-tests`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from coderm_eval.cli.options import (
    BENCHMARK,
    CANDIDATES,
    FILE,
    KEYS,
    earlier_name,
    model_keys,
    overwrite_option,
    settled_option,
    store_beside,
    task_choice,
    tasks_options,
)
from coderm_eval.cli.verbosity import verbosity_options
from coderm_eval.core.choices import Backend, ShownCandidate
from coderm_eval.core.errors import SettingsError

if TYPE_CHECKING:
    from coderm_eval.core.records import Problem, ProblemCandidates
    from coderm_eval.generation.cached_model import TokenUsage
    from coderm_eval.generation.sample import Settle
    from coderm_eval.generation.settings import SamplingSettings, TestSettings
    from coderm_eval.generation.test_sources import ModelTests
    from coderm_eval.generation.write_tests import TestSupply
    from coderm_eval.pipeline.dry_run import SamplingEstimate
    from coderm_eval.pipeline.settings import Settings

_TEST_KEYS = {key: f"tests.{key}" for key in ("num", "shown_candidate", "condition")}


def _model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that both roles of a model share; the rest stands in a file of settings."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Print the planned requests without sending them."),
        overwrite_option,
        click.option("--config", type=FILE, help="YAML file of settings; flags override it."),
        click.option("--store", type=FILE, help="Folder of stored answers.  [default: OUT.store]"),
        click.option(
            "--backend", type=click.Choice(get_args(Backend)), help="Where the model runs.  [default: openai]"
        ),
        click.option("--base-url", help="Root of an OpenAI-compatible server, or of several, with commas."),
        click.option("--model", help="Model name on the server or the Hub, or a local folder."),
    ):
        command = option(command)
    return command


@click.command("sample")
@click.option("--benchmark", type=BENCHMARK, required=True, help="Benchmark whose problems are posed.")
@_model_options
@click.option("--n", type=int, help="Candidates per problem.  [default: 20]")
@tasks_options
@settled_option
@click.option("--out", type=FILE, required=True, help='File to write: {"task_id", "solution"} lines.')
@verbosity_options
def sample_command(benchmark: str, out: Path, dry_run: bool, overwrite: bool, **flags: Any) -> None:
    """Sample candidates from a policy model.

    \b
    coderm-eval sample --benchmark mbpp+ --model P --base-url http://127.0.0.1:8000/v1 --n 100 --out samples.jsonl
    """
    from coderm_eval.benchmarks import load_benchmark
    from coderm_eval.core.outputs import check_output
    from coderm_eval.core.settings import flags_to_settings
    from coderm_eval.core.store import open_store
    from coderm_eval.generation.origin import origin_of_answers
    from coderm_eval.generation.recorded.meta import write_meta
    from coderm_eval.generation.sample import DEFAULT_N, policy_model, sample_candidates, sampling_requests
    from coderm_eval.pipeline.dry_run import estimate_sampling
    from coderm_eval.pipeline.settings import load_settings

    given = flags_to_settings(flags, {**KEYS, **model_keys("policy")})
    settings = load_settings(given, source="flags", config=flags["config"], selects=False)
    _require_model(settings.policy)
    known = load_benchmark(benchmark, settings.for_benchmark(benchmark)).problem_by_id()
    problems = [known[task] for task in task_choice(flags).of(list(known), benchmark)]
    folder = store_beside(out, settings)
    if dry_run:
        with open_store(folder, read_only=True) as store:
            model = policy_model(problems, settings.policy, store)
            planned = estimate_sampling(
                model, settings.policy, sampling_requests(problems, settings.policy, settings.n)
            )
            click.echo(f"{planned}, less where problems settle" if settings.policy.settled else planned)
        return
    check_output(out, inputs={"--config": flags["config"]}, store=folder, overwrite=overwrite)
    written, usage = sample_candidates(
        problems,
        settings.policy,
        n=settings.n,
        extraction=settings.extraction,
        out=out,
        store_folder=folder,
        settle=_settle(problems, settings),
    )
    write_meta(out, "policy", origin_of_answers(settings.policy, usage, settings.n or DEFAULT_N))
    each = settings.n or DEFAULT_N
    count = f"{written:,} of at most {each * len(problems):,}" if settings.policy.settled else f"{each}"
    click.echo(f"{out}: {count} candidates of {len(problems)} problems, {_cost(usage)}")


def _settle(problems: Sequence[Problem], settings: Settings) -> Settle | None:
    """The decision how many candidates each problem gets; None where all get n."""
    from coderm_eval.pipeline.settling import settle

    certainty = settings.policy.settled
    if certainty is None:
        return None
    return lambda store, most, draw: settle(
        problems, most, draw, certainty=certainty, execution=settings.execution, store=store
    )


@click.command("write-tests")
@click.option("--benchmark", type=BENCHMARK, required=True, help="Benchmark whose problems are posed.")
@click.option("--samples", type=FILE, required=True, help=CANDIDATES)
@_model_options
@click.option("--num", type=int, help="Test samples per problem.  [default: 20]")
@click.option("--shown-candidate", type=click.Choice(get_args(ShownCandidate)), help="Candidate that a prompt shows.")
@earlier_name("--condition", type=click.Choice(get_args(ShownCandidate)))
@click.option("--out", type=FILE, required=True, help='File to write: {"task_id", "test"} lines.')
@tasks_options
@click.option("--allow-partial", is_flag=True, help="Evaluate only the tasks present in the file.")
@verbosity_options
def write_tests_command(
    benchmark: str, samples: Path, out: Path, allow_partial: bool, dry_run: bool, overwrite: bool, **flags: Any
) -> None:
    """Have a model write unit tests, for `rerank --tests`.

    \b
    coderm-eval write-tests --benchmark mbpp+ --samples samples.jsonl --model KAKA22/CodeRM-8B \\
        --base-url http://127.0.0.1:8001/v1 --num 100 --out tests.jsonl
    """
    from coderm_eval.benchmarks import load_benchmark
    from coderm_eval.core.outputs import check_output
    from coderm_eval.core.settings import flags_to_settings
    from coderm_eval.core.store import open_store
    from coderm_eval.generation.origin import origin_of_tests
    from coderm_eval.generation.recorded.meta import write_meta
    from coderm_eval.generation.recorded.samples import read_candidates
    from coderm_eval.generation.write_tests import make_test_model, model_test_source, write_tests
    from coderm_eval.pipeline.settings import load_settings

    flags["backend"] = flags["backend"] or "openai"  # also where the file of settings names recorded tests
    given = flags_to_settings(flags, {**KEYS, **model_keys("tests"), **_TEST_KEYS})
    settings = load_settings(given, source="flags", config=flags["config"], selects=False)
    _require_model(settings.tests)
    problems = load_benchmark(benchmark, settings.for_benchmark(benchmark)).problem_by_id()
    work = read_candidates(
        *(samples, problems),
        benchmark=benchmark,
        n=settings.n,
        allow_partial=allow_partial,
        tasks=task_choice(flags),
    )
    folder = store_beside(out, settings)
    if dry_run:
        with open_store(folder, read_only=True) as store:
            tests = model_test_source(work, settings.tests, make_test_model(settings.tests, store), settings.extraction)
            click.echo(plan_tests(tests, work, settings.tests))
        return
    check_output(out, inputs={"--samples": samples, "--config": flags["config"]}, store=folder, overwrite=overwrite)
    stats = write_tests(work, settings.tests, extraction=settings.extraction, out=out, store_folder=folder).stats
    write_meta(out, "test_writer", origin_of_tests(settings.tests, stats.usage))
    rejected = "".join(f", {count} {reason}" for reason, count in sorted(stats.rejected.items()))
    cut = f", {stats.truncated} truncated" if stats.truncated else ""
    click.echo(f"{out}: {stats.samples} test samples of {len(work)} problems{rejected}{cut}, {_cost(stats.usage)}")


def plan_tests(
    tests: TestSupply[ModelTests], work: Sequence[ProblemCandidates], settings: TestSettings
) -> SamplingEstimate:
    from coderm_eval.pipeline.dry_run import estimate_sampling

    return estimate_sampling(tests.source.model, settings, tests.source.requests(tests.wanted(work)))


def _require_model(settings: SamplingSettings) -> None:
    """Find out, before a store is made, that no model is named or that it cannot be used."""
    from coderm_eval.generation.models.registry import make_model

    missing = next((key for key in ("model", "base_url") if getattr(settings, key) is None), None)
    if settings.backend == "openai" and missing:
        raise SettingsError(
            f"{settings.section}.{missing} is not set: give --model M --base-url http://127.0.0.1:8000/v1, or "
            "--backend vllm or hf to run the model in this process"
        )
    make_model(settings)


def _cost(usage: TokenUsage) -> str:
    return f"{usage.prompt_tokens:,} prompt and {usage.completion_tokens:,} completion tokens"
