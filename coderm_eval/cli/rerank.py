"""`demo` and `rerank`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from coderm_eval.cli.generate import plan_tests
from coderm_eval.cli.options import (
    BENCHMARK,
    CANDIDATES,
    FILE,
    KEYS,
    TESTS,
    earlier_name,
    overwrite_option,
    report_option,
    settled_option,
    task_choice,
    tasks_options,
    workers_option,
)
from coderm_eval.cli.verbosity import note, verbosity_options
from coderm_eval.core.choices import BudgetPolicyName
from coderm_eval.core.errors import SettingsError
from coderm_eval.core.inputs import require_one_from_stdin
from coderm_eval.core.messages import abbreviated
from coderm_eval.core.secrets import typed_command

if TYPE_CHECKING:
    from coderm_eval.benchmarks import Benchmark
    from coderm_eval.core.task_choice import TaskChoice
    from coderm_eval.pipeline.settings import Settings
    from coderm_eval.report.reporter import RunReport

_TASKS = {
    "humaneval+": "humanevalplus_coderm",
    "mbpp+": "mbppplus_coderm",
    "livecodebench": "livecodebench_coderm",
    "demo": "coderm_demo",
}


@click.command("demo")
@click.option("--out", type=FILE, default=Path("coderm-demo"), show_default=True, help="Run directory to write.")
@report_option
@workers_option
@overwrite_option
@verbosity_options
def demo_command(out: Path, overwrite: bool, **flags: Any) -> None:
    """Rerank the embedded example: no model, no network, no dataset."""
    from coderm_eval.benchmarks import demo, load_benchmark
    from coderm_eval.core.outputs import check_output
    from coderm_eval.core.settings import flags_to_settings
    from coderm_eval.pipeline.recorded_run import run_recorded
    from coderm_eval.pipeline.settings import load_settings
    from coderm_eval.report.run_directory import RUN_FILES

    settings = load_settings({**flags_to_settings(flags, KEYS), "tests": {"file": demo.TESTS}}, source="demo")
    check_output(out, inputs={}, files=RUN_FILES, overwrite=overwrite)
    benchmark = load_benchmark("demo")
    result = run_recorded(
        *(benchmark, demo.SAMPLES, settings, out),
        graded=True,
        allow_partial=False,
        overwrite=overwrite,
        command=typed_command(),
    )
    _print_result(benchmark, result, settings, out)


def _rules(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    from coderm_eval.selection import ALL_RULES, known_rules

    return [name for name in (*sorted(known_rules()), ALL_RULES) if name.startswith(incomplete)]


@click.command("rerank")
@click.option("--benchmark", type=BENCHMARK, required=True, help="Benchmark of the samples.")
@click.option("--samples", type=FILE, required=True, help=CANDIDATES)
@click.option("--tests", type=FILE, help=TESTS)
@click.option("--no-tests", flag_value="none", help="Pick by agreement on probing inputs alone.")
@click.option("--out", type=FILE, required=True, help="Run directory to write.")
@click.option("--n", type=int, help="Candidates per problem: the first N.  [default: all]")
@settled_option
@click.option(
    "--select",
    shell_complete=_rules,
    metavar="RULE",
    help="Rule that picks: agreement, evidence, majority, codet, b4, srank, mbr_exec, em, aces or another one of "
    "docs/reference/rules.md, or FILE.py:NAME; all: compare them all.  [default: evidence]",
)
@click.option("--probe-inputs", type=int, help="Inputs per problem beyond the tests', for the best candidates.")
@click.option("--abstain-below", type=float, help="Mark picks less likely to be right than this; score the others.")
@click.option("--preset", help="paper: the publication's protocol in every respect.")
@click.option("--resample-tests", type=int, help="Also score the rules with M of the tests, drawn 100 times.")
@earlier_name("--resample", type=int)
@click.option(
    "--budget",
    type=click.Choice(get_args(BudgetPolicyName)),
    help="How the test budget is allocated.  [default: sequential]",
)
@click.option(
    "--budget-curve", is_flag=True, default=None, help="Run all tests, and score every budget policy on them."
)
@earlier_name("--curve", is_flag=True)
@click.option("--grade", "graded", is_flag=True, help="Grade with the benchmark's own tests and print the table.")
@report_option
@tasks_options
@click.option("--allow-partial", is_flag=True, help="Evaluate only the tasks that have samples.")
@click.option("--allow-incomplete", is_flag=True, default=None, help="Exit 0 although something could not be run.")
@earlier_name("--allow-not-run", is_flag=True)
@workers_option
@overwrite_option
@click.option("--dry-run", is_flag=True, help="Print what would be asked and run, without doing it.")
@click.option("--store", type=FILE, help="Folder of stored results.  [default: OUT/store]")
@click.option("--config", type=FILE, help="YAML file of settings; flags override it.")
@verbosity_options
def rerank_command(
    benchmark: str,
    samples: Path,
    out: Path,
    graded: bool,
    allow_partial: bool,
    overwrite: bool,
    dry_run: bool,
    **flags: Any,
) -> None:
    """Rerank recorded candidates and write a run directory.

    \b
    coderm-eval rerank --benchmark humaneval+ --samples samples.jsonl --tests tests.jsonl --out run --grade
    """
    from coderm_eval.benchmarks import load_benchmark
    from coderm_eval.core.outputs import check_output
    from coderm_eval.core.settings import flags_to_settings
    from coderm_eval.pipeline.recorded_run import require_runnable, run_recorded
    from coderm_eval.pipeline.settings import load_settings
    from coderm_eval.report.run_directory import RUN_FILES

    if flags["tests"] and flags["no_tests"]:
        raise SettingsError("--tests and --no-tests exclude each other: candidates are picked by tests, or without any")
    settings = load_settings(flags_to_settings(flags, KEYS), source="flags", config=flags["config"])
    require_runnable(settings, graded=graded)
    inputs = {"--samples": samples, "--tests": settings.tests.file, "--config": flags["config"]}
    require_one_from_stdin(inputs)
    if not dry_run:
        check_output(out, inputs=inputs, store=settings.store, files=RUN_FILES, overwrite=overwrite)
    tasks = task_choice(flags)
    loaded = load_benchmark(benchmark, settings.for_benchmark(benchmark))
    if dry_run:
        _plan_rerank(loaded, samples, settings, out, allow_partial, tasks)
    else:
        result = run_recorded(
            *(loaded, samples, settings, out),
            graded=graded,
            allow_partial=allow_partial,
            overwrite=overwrite,
            tasks=tasks,
            command=typed_command(),
        )
        _print_result(loaded, result, settings, out)


def _print_result(benchmark: Benchmark, result: RunReport, settings: Settings, out: Path) -> None:
    from coderm_eval.report.run_directory import RunDirectory
    from coderm_eval.report.statistics import mean_interval
    from coderm_eval.report.tables import (
        render_abstention,
        render_curve,
        render_resampled,
        render_rules,
        render_scores,
        scores_legend,
        without_vote,
    )
    from coderm_eval.selection import ALL_RULES

    if result.scores:
        tests = mean_interval(result.tally.column("tests_used"))
        click.echo(render_scores(_TASKS.get(benchmark.name, benchmark.name), result.scores, tests))
        if errata := result.summary["cross_checks"]["without_errata"]:
            kept = result.tally.mean_scores(without_known_bad=True)
            click.echo(render_scores(f"excluding known-bad {abbreviated(errata['tasks'])}", kept, tests))
        if (problems := len(result.tally)) < len(benchmark.problems):
            click.echo(f"{problems} of {len(benchmark.problems)} problems")
        rows = without_vote(result.scores.pass_at_1, tests.value)
        click.echo(f"{scores_legend(rows)}\n")
    if result.scores and result.summary["abstention"]:
        click.echo(render_abstention(result.summary["abstention"], result.summary["pass@1"]["coderm"]))
    if result.summary["rules"] and settings.select == ALL_RULES:
        click.echo(render_rules(result.summary["rules"]))
    if result.summary["resampled"]:
        click.echo(render_resampled(result.summary["resampled"]))
    if result.curve:
        click.echo(render_curve(result.curve))
    budget = result.summary["budget"]
    if budget["recorded"] and budget["samples"] < budget["recorded"]:
        note(
            f"{budget['samples']} of the {budget['recorded']} recorded tests were run: the budget {budget['policy']!r} "
            "stops where more would hardly change a pick; --budget uniform runs all"
        )
    note(RunDirectory(out).where())


def _plan_rerank(
    benchmark: Benchmark, samples: Path, settings: Settings, out: Path, allow_partial: bool, tasks: TaskChoice
) -> None:
    from coderm_eval.core.store import open_store
    from coderm_eval.generation.recorded.samples import read_candidates
    from coderm_eval.generation.write_tests import open_tests
    from coderm_eval.pipeline.dry_run import estimate_executions
    from coderm_eval.pipeline.sharding import in_units

    known = benchmark.problem_by_id()
    tasks = in_units(tasks, benchmark, settings)
    work = read_candidates(
        samples, known, benchmark=benchmark.name, n=settings.n, allow_partial=allow_partial, tasks=tasks
    )
    with open_store(settings.store or out / "store", read_only=True) as store:
        tests = open_tests(
            work,
            settings.tests,
            store,
            extraction=settings.extraction,
            known_tasks=known,
            benchmark=benchmark.name,
            allow_partial=allow_partial,
        ).of(work)
        if settings.tests.written:
            click.echo(f"tests: {plan_tests(tests, work, settings.tests)}")
        most, stored = estimate_executions(work, tests, settings, store)
        by_method = settings.tests.written and settings.tests.votes == "method"
        condition = ", if no answer has more than one test method" if by_method else ""
        click.echo(f"executions: at most {most:,}, of which {stored:,} are stored{condition}")
