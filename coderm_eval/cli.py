"""The `coderm-eval` command: reads files, calls `run`, prints the table."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click
import numpy as np

from coderm_eval.asides import without_errata
from coderm_eval.benchmarks import BENCHMARKS, Benchmark, benchmark_of_task, demo, load_benchmark
from coderm_eval.benchmarks.livecodebench.fetch import fetch as fetch_livecodebench
from coderm_eval.benchmarks.livecodebench.releases import LATEST
from coderm_eval.budgeting import average
from coderm_eval.config import Backend, Policy, Settings, load_settings
from coderm_eval.errors import CodermError, InputError
from coderm_eval.executing import executor_of
from coderm_eval.execution.isolation.levels import describe
from coderm_eval.generation.conditioning import Condition
from coderm_eval.generation.sources import ModelTests
from coderm_eval.generation.stored import Usage
from coderm_eval.grading import grade
from coderm_eval.hosts.livecodebench import read_outputs
from coderm_eval.inputs import check_coverage, first_n, read_column
from coderm_eval.leaderboard import export
from coderm_eval.plan import Plan, plan_sampling
from coderm_eval.probe.commands import probe_group
from coderm_eval.records import Candidate, pool_candidates
from coderm_eval.replay import Recording, make_server
from coderm_eval.report.files import read_json, read_jsonl, refuse_ungraded
from coderm_eval.report.scores import mean_interval, score
from coderm_eval.report.table import (
    render,
    render_curve,
    render_misleading,
    render_quality,
    render_resampled,
    render_rules,
)
from coderm_eval.rerank import Work
from coderm_eval.run import RunResult, run
from coderm_eval.selection import ALL_RULES
from coderm_eval.solving import DEFAULT_N, policy_questions, policy_sampler, write_solutions
from coderm_eval.store import Store
from coderm_eval.writing import Tests, model_tests, tests_for, write_tests

__all__ = ["main"]

_TASKS = {
    "humaneval+": "humanevalplus_coderm",
    "mbpp+": "mbppplus_coderm",
    "livecodebench": "livecodebench_coderm",
    "demo": "coderm_demo",
}

_FILE = click.Path(path_type=Path)


class _Group(click.Group):
    """Turns the project's errors into one sentence and their exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except CodermError as error:
            click.echo(f"coderm-eval: {error}", err=True)
            context.exit(error.exit_code)


def _model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What both roles of a model can be told by flags; the rest stands in a file of settings."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Say what would be asked, and ask nothing."),
        click.option("--config", type=_FILE, help="YAML file of settings; flags override it."),
        click.option("--store", type=_FILE, help="Folder of stored answers.  [default: OUT.store]"),
        click.option("--backend", type=click.Choice(get_args(Backend)), help="[default: openai]"),
        click.option("--base-url", help="Root of an OpenAI-compatible server."),
        click.option("--model", help="Its name, at the server or on the model hub, or a folder."),
    ):
        command = option(command)
    return command


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="coderm-eval")
def main() -> None:
    """Rerank candidate programs by generated unit tests, and say what it gains."""
    logging.basicConfig(format="coderm-eval: %(message)s", level=logging.WARNING)


main.add_command(probe_group)


@main.command("demo")
@click.option("--out", type=_FILE, default=Path("coderm-demo"), show_default=True)
def demo_command(out: Path) -> None:
    """Rerank the embedded example: no model, no network, no dataset."""
    settings = load_settings({"tests": {"file": demo.TESTS}}, source="demo")
    _rerank(load_benchmark("demo", settings), demo.SAMPLES, settings, out, graded=True, allow_partial=False)


@main.command("rerank")
@click.option("--benchmark", type=click.Choice(list(BENCHMARKS)), required=True)
@click.option("--samples", type=_FILE, required=True, help='Candidates: {"task_id", "solution"} lines.')
@click.option("--tests", type=_FILE, help='Recorded tests: {"task_id", "test"} lines.')
@click.option("--out", type=_FILE, required=True, help="Run directory to write.")
@click.option("--n", type=int, help="Candidates per problem: the first N.  [default: all]")
@click.option("--select", help="Rule that picks; all: compare them all.  [default: evidence]")
@click.option("--preset", help="paper: the publication's protocol in every respect.")
@click.option("--resample", type=int, help="Also score the rules with so many of the tests, drawn 100 times.")
@click.option("--budget", type=click.Choice(get_args(Policy)), help="How tests are shared out.  [default: sequential]")
@click.option("--curve", is_flag=True, default=None, help="Run all tests, and say what each budget makes of them.")
@click.option("--grade", "graded", is_flag=True, help="Grade with the benchmark's own tests and print the table.")
@click.option("--allow-partial", is_flag=True, help="Go on with the tasks that are in the files.")
@click.option("--allow-not-run", is_flag=True, help="Exit 0 although something could not be run.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked and run, and do nothing.")
@click.option("--store", type=_FILE, help="Folder of stored results.  [default: OUT/store]")
@click.option("--config", type=_FILE, help="YAML file of settings; flags override it.")
def rerank_command(
    benchmark: str, samples: Path, out: Path, graded: bool, allow_partial: bool, dry_run: bool, **flags: Any
) -> None:
    """Rerank recorded candidates and write a run directory.

    \b
    coderm-eval rerank --benchmark humaneval+ --samples samples.jsonl --tests tests.jsonl --out run --grade
    """
    settings = load_settings(_as_settings(flags), source="flags", config=flags["config"])
    if settings.curve and not graded:
        raise InputError("--curve says how often picks are right, which needs grades: give --grade as well")
    loaded = load_benchmark(benchmark, settings)
    if dry_run:
        _plan_rerank(loaded, samples, settings, out, allow_partial)
    else:
        _rerank(loaded, samples, settings, out, graded=graded, allow_partial=allow_partial)


@main.command("solutions")
@click.option("--benchmark", type=click.Choice(list(BENCHMARKS)), required=True)
@_model_options
@click.option("--n", type=int, help="Candidates per problem.  [default: 20]")
@click.option("--out", type=_FILE, required=True, help='File to write: {"task_id", "solution"} lines.')
def solutions_command(benchmark: str, out: Path, dry_run: bool, **flags: Any) -> None:
    """Sample candidates from a policy model.

    \b
    coderm-eval solutions --benchmark mbpp+ --model P --base-url http://127.0.0.1:8000/v1 --n 100 --out samples.jsonl
    """
    given = _as_settings(flags) | {"policy": _given(flags, *_MODEL_KEYS)}
    settings = load_settings(given, source="flags", config=flags["config"])
    problems = load_benchmark(benchmark, settings).problems
    folder = _store_beside(out, settings)
    if dry_run:
        with Store(folder) as store:
            sampler = policy_sampler(settings, store)
            click.echo(plan_sampling(sampler, settings.policy, policy_questions(problems, settings)))
        return
    usage = write_solutions(problems, settings, out=out, store_folder=folder)
    click.echo(f"{out}: {settings.n or DEFAULT_N} candidates of {len(problems)} problems, {_cost(usage)}")


@main.command("tests")
@click.option("--benchmark", type=click.Choice(list(BENCHMARKS)), required=True)
@click.option("--samples", type=_FILE, required=True, help='Candidates, to show one: {"task_id", "solution"} lines.')
@_model_options
@click.option("--num", type=int, help="Test samples per problem.  [default: 20]")
@click.option("--condition", type=click.Choice(get_args(Condition)), help="Which candidate a prompt shows.")
@click.option("--out", type=_FILE, required=True, help='File to write: {"task_id", "test"} lines.')
@click.option("--allow-partial", is_flag=True, help="Go on with the tasks that are in the file.")
def tests_command(benchmark: str, samples: Path, out: Path, allow_partial: bool, dry_run: bool, **flags: Any) -> None:
    """Have a model write unit tests, for `rerank --tests`: the only step that wants a GPU.

    \b
    coderm-eval tests --benchmark mbpp+ --samples samples.jsonl --model KAKA22/CodeRM-8B \\
        --base-url http://127.0.0.1:8001/v1 --num 100 --out tests.jsonl
    """
    own = _given(flags, *_MODEL_KEYS, "num", "condition")
    given = _as_settings(flags) | {"tests": {"backend": "openai"} | own}
    settings = load_settings(given, source="flags", config=flags["config"])
    work = _work(load_benchmark(benchmark, settings), samples, settings, allow_partial)
    folder = _store_beside(out, settings)
    if dry_run:
        with Store(folder) as store:
            click.echo(_plan_tests(model_tests(work, settings, store), work, settings))
        return
    tally = write_tests(work, settings, out=out, store_folder=folder).tally
    rejected = "".join(f", {count} {reason}" for reason, count in sorted(tally.rejected.items()))
    cut = f", {tally.truncated} truncated" if tally.truncated else ""
    click.echo(f"{out}: {tally.samples} test samples of {len(work)} problems{rejected}{cut}, {_cost(tally.usage)}")


@main.command("grade")
@click.option("--benchmark", type=click.Choice(list(BENCHMARKS)), required=True)
@click.option("--samples", type=_FILE, required=True, help='{"task_id", "solution"} lines.')
@click.option("--out", type=_FILE, required=True, help="EvalPlus eval_results JSON to write.")
@click.option("--allow-partial", is_flag=True, help="Go on with the tasks that are in the file.")
@click.option("--allow-not-run", is_flag=True, help="Exit 0 although something could not be graded.")
@click.option("--store", type=_FILE, help="Folder of stored results.  [default: OUT.store]")
@click.option("--config", type=_FILE, help="YAML file of settings.")
def grade_command(benchmark: str, samples: Path, out: Path, allow_partial: bool, **flags: Any) -> None:
    """Grade samples with the benchmark's own tests, without any reranking.

    \b
    coderm-eval grade --benchmark mbpp+ --samples samples.jsonl --out samples_eval_results.json
    """
    settings = load_settings(_as_settings(flags), source="flags", config=flags["config"])
    loaded = load_benchmark(benchmark, settings)
    programs = _read_samples(loaded, samples, settings.n, allow_partial)
    folder = _store_beside(out, settings)
    found = grade(loaded, programs, settings, out=out, store_folder=folder)
    count = sum(map(len, programs.values()))
    click.echo(f"pass@1 {found.value:.4f} ± {found.stderr:.4f}  ({count} samples of {len(programs)} tasks)")


@main.command("report")
@click.argument("run", type=_FILE)
def report_command(run: Path) -> None:
    """Print what a run directory says of the rules that were compared and of the tests.

    \b
    coderm-eval report run
    """
    summary = read_json(run, "summary.json")
    refuse_ungraded(run, summary)
    click.echo(render_rules(summary["rules"]))
    click.echo(render_quality(summary["test_quality"]))
    click.echo(render_misleading(read_jsonl(run, "misleading.jsonl")))


@main.command("export")
@click.argument("run", type=_FILE)
@click.option("--out", type=_FILE, required=True, help="Folder to write.")
@click.option("--name", required=True, help='Of the entry, with the setting: "P + CodeRM-8B Bo20 (N=1)".')
@click.option("--temperature", type=float, default=0.8, show_default=True, help="That candidates were sampled with.")
def export_command(run: Path, out: Path, name: str, temperature: float) -> None:
    """Write the picks of a graded LiveCodeBench run as its runner and its leaderboard take them.

    \b
    coderm-eval export run --out submission --name "P + CodeRM-8B Bo20 (N=1)"
    """
    exported = export(run, out, name=name, temperature=temperature)
    if exported.incomplete:
        logging.getLogger(__name__).warning("%s", exported.incomplete)
    click.echo(f"{exported.custom_output}\n{exported.eval_all}")


@main.command("replay")
@click.option("--samples", type=_FILE, required=True, help='Candidates: {"task_id", "solution"} lines.')
@click.option("--tests", type=_FILE, help='Recorded tests: {"task_id", "test"} lines.')
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8000, show_default=True)
def replay_command(samples: Path, tests: Path | None, host: str, port: int) -> None:
    """Serve recorded candidates and tests as an OpenAI-compatible server.

    \b
    coderm-eval replay --samples samples.jsonl --tests tests.jsonl --port 8000
    """
    solutions = read_column(samples, "solution")
    recorded = read_column(tests, "test") if tests else {}
    names = {benchmark_of_task(task) for task in [*solutions, *recorded]}
    if None in names:
        strange = next(t for t in [*solutions, *recorded] if benchmark_of_task(t) is None)
        raise InputError(f"{samples}: no benchmark has task ids like {strange!r}")
    settings = load_settings({}, source="replay")
    problems = [p for name in sorted(filter(None, names)) for p in load_benchmark(name, settings).problems]
    server = make_server(Recording(problems, solutions, recorded), host, port)
    try:
        click.echo(f"serving {len(solutions)} tasks on http://{host}:{server.server_port}/v1", err=True)
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


@main.command("fetch")
@click.argument("benchmark", type=click.Choice(list(BENCHMARKS)))
@click.option("--release", help="Of livecodebench: release_v1 ... release_v6, v1 ... v6, v4_v6, ...")
def fetch_command(benchmark: str, release: str | None) -> None:
    """Download a benchmark once and check it; from then on it needs no network.

    \b
    coderm-eval fetch livecodebench --release release_v6
    """
    settings = load_settings({"livecodebench": {"release": release}} if release else {}, source="flags")
    if benchmark == "livecodebench":
        fetch_livecodebench(settings.livecodebench.release or LATEST)
    loaded = load_benchmark(benchmark, settings)
    list(loaded.grade((), workers=1))  # makes what grading needs, such as expected outputs
    click.echo(f"{benchmark}: {len(loaded.problems)} problems, SHA-256 {loaded.dataset_sha256}")


@main.command("doctor")
@click.option("--config", type=_FILE, help="YAML file of settings.")
def doctor_command(config: Path | None) -> None:
    """Say which isolation this host grants, after a right and a wrong program have been run in it."""
    execution = load_settings({}, source="doctor", config=config).execution
    with executor_of(execution) as executor:
        level = executor.self_test()
    click.echo(f"isolation {level}: {describe(level)}")


def _rerank(
    benchmark: Benchmark,
    samples: Path,
    settings: Settings,
    out: Path,
    *,
    graded: bool,
    allow_partial: bool,
) -> None:
    result = run(
        benchmark,
        _candidates(benchmark, samples, settings, allow_partial),
        settings,
        out=out,
        store_folder=settings.store or out / "store",
        graded=graded,
        allow_partial=allow_partial,
    )
    _print_result(benchmark, result, settings, out)


def _print_result(benchmark: Benchmark, result: RunResult, settings: Settings, out: Path) -> None:
    if result.scores:
        used = [r.selections[settings.rule].tests_used for r in result.results]
        tests = mean_interval(np.array(used, dtype=float))
        click.echo(render(_TASKS[benchmark.name], result.scores, tests))
        if kept := without_errata(benchmark, result.problems):
            click.echo(render("without errata", score(kept), tests))
    if result.summary["rules"] and settings.select == ALL_RULES:
        click.echo(render_rules(result.summary["rules"]))
    if result.summary["resampled"]:
        click.echo(render_resampled(result.summary["resampled"]))
    if result.curve:
        click.echo(render_curve(result.curve))
    click.echo(f"run directory: {out}", err=True)


def _read_samples(benchmark: Benchmark, path: Path, n: int | None, allow_partial: bool) -> dict[str, list[str]]:
    """The first n programs of each of the benchmark's tasks, in the benchmark's order."""
    is_json = ".json" in path.suffixes
    found = read_outputs(path) if is_json else read_column(path, "solution")
    known = benchmark.problem_by_id()
    if not allow_partial:
        check_coverage(path, found, known, benchmark.name)
    present = {task: found[task] for task in known if task in found}
    if not present:
        raise InputError(f"{path}: none of its task ids is one of {benchmark.name}")
    return first_n(path, present, n)


def _work(benchmark: Benchmark, samples: Path, settings: Settings, allow_partial: bool) -> list[Work]:
    known = benchmark.problem_by_id()
    candidates = _candidates(benchmark, samples, settings, allow_partial)
    return [Work(known[task], listed) for task, listed in candidates.items()]


def _candidates(
    benchmark: Benchmark, samples: Path, settings: Settings, allow_partial: bool
) -> dict[str, tuple[Candidate, ...]]:
    programs = _read_samples(benchmark, samples, settings.n, allow_partial)
    return {task: pool_candidates((p, p) for p in listed) for task, listed in programs.items()}


def _plan_rerank(benchmark: Benchmark, samples: Path, settings: Settings, out: Path, allow_partial: bool) -> None:
    work = _work(benchmark, samples, settings, allow_partial)
    with Store(settings.store or out / "store") as store:
        tests = tests_for(benchmark, work, settings, store, allow_partial=allow_partial)
        if settings.tests.backend != "file":
            click.echo(f"tests: {_plan_tests(tests, work, settings)}")
        most = average(settings.budget, tests) * len(work) * max(len(item.candidates) for item in work)
        click.echo(f"executions: at most {most:,}, of which {len(store.table('verdicts')):,} are stored")


def _plan_tests(tests: Tests[ModelTests], work: list[Work], settings: Settings) -> Plan:
    return plan_sampling(tests.source.sampler, settings.tests, tests.source.questions(tests.wanted(work)))


def _store_beside(out: Path, settings: Settings) -> Path:
    return settings.store or out.with_name(out.name + ".store")


def _cost(usage: Usage) -> str:
    return f"{usage.prompt_tokens:,} prompt and {usage.completion_tokens:,} completion tokens"


_MODEL_KEYS = ("model", "base_url", "backend")


def _given(flags: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Those of the flags `keys` that were given."""
    return {key: flags[key] for key in keys if flags.get(key) is not None}


def _as_settings(flags: dict[str, Any]) -> dict[str, Any]:
    """Flags under the keys that settings have; those not given are left out."""
    given = _given(flags, "n", "preset", "select", "resample", "curve", "store")
    if flags.get("tests"):
        given["tests"] = {"file": flags["tests"]}
    if flags.get("budget"):
        given["budget"] = {"policy": flags["budget"]}
    if flags.get("allow_not_run"):
        given["execution"] = {"allow_not_run": True}
    return given


if __name__ == "__main__":
    main()
