"""The `coderm-eval` command: reads files, calls `run`, prints the table."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import click
import numpy as np

from coderm_eval.benchmarks import BENCHMARKS, Benchmark, benchmark_of_task, demo, load_benchmark
from coderm_eval.budget import POLICIES
from coderm_eval.config import Settings, load_settings
from coderm_eval.errors import CodermError, InputError
from coderm_eval.execution.engine import self_test
from coderm_eval.execution.isolation.levels import describe
from coderm_eval.grading import grade
from coderm_eval.inputs import check_coverage, first_n, read_column
from coderm_eval.records import pool_candidates
from coderm_eval.replay import Recording, make_server
from coderm_eval.report.scores import mean_interval
from coderm_eval.report.table import render
from coderm_eval.run import RunResult, policy_of, run
from coderm_eval.selection import RULES

__all__ = ["main"]

_TASKS = {"humaneval+": "humanevalplus_coderm", "mbpp+": "mbppplus_coderm", "demo": "coderm_demo"}

_FILE = click.Path(path_type=Path)


class _Group(click.Group):
    """Turns the project's errors into one sentence and their exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except CodermError as error:
            click.echo(f"coderm-eval: {error}", err=True)
            context.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="coderm-eval")
def main() -> None:
    """Rerank candidate programs by generated unit tests, and say what it gains."""
    logging.basicConfig(format="coderm-eval: %(message)s", level=logging.WARNING)


@main.command("demo")
@click.option("--out", type=_FILE, default=Path("coderm-demo"), show_default=True)
def demo_command(out: Path) -> None:
    """Rerank the embedded example: no model, no network, no dataset."""
    settings = load_settings({"tests": {"file": demo.TESTS}}, source="demo")
    _rerank(load_benchmark("demo"), demo.SAMPLES, settings, out, graded=True, allow_partial=False)


@main.command("rerank")
@click.option("--benchmark", type=click.Choice(list(BENCHMARKS)), required=True)
@click.option("--samples", type=_FILE, required=True, help='Candidates: {"task_id", "solution"} lines.')
@click.option("--tests", type=_FILE, help='Recorded tests: {"task_id", "test"} lines.')
@click.option("--out", type=_FILE, required=True, help="Run directory to write.")
@click.option("--n", type=int, help="Candidates per problem: the first N.  [default: all]")
@click.option("--select", type=click.Choice(list(RULES)), help="Rule that picks.  [default: majority]")
@click.option("--budget", type=click.Choice(list(POLICIES)), help="Tests per problem.  [default: uniform]")
@click.option("--grade", "graded", is_flag=True, help="Grade with the benchmark's own tests and print the table.")
@click.option("--allow-partial", is_flag=True, help="Go on with the tasks that are in the files.")
@click.option("--allow-not-run", is_flag=True, help="Exit 0 although something could not be run.")
@click.option("--store", type=_FILE, help="Folder of stored results.  [default: OUT/store]")
@click.option("--config", type=_FILE, help="YAML file of settings; flags override it.")
def rerank_command(benchmark: str, samples: Path, out: Path, graded: bool, allow_partial: bool, **flags: Any) -> None:
    """Rerank recorded candidates and write a run directory.

    \b
    coderm-eval rerank --benchmark humaneval+ --samples samples.jsonl --tests tests.jsonl --out run --grade
    """
    settings = load_settings(_as_settings(flags), source="flags", config=flags["config"])
    _rerank(load_benchmark(benchmark), samples, settings, out, graded=graded, allow_partial=allow_partial)


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
    loaded = load_benchmark(benchmark)
    programs = _read_samples(loaded, samples, settings.n, allow_partial)
    folder = settings.store or out.with_name(out.name + ".store")
    found = grade(loaded, programs, settings, out=out, store_folder=folder)
    count = sum(map(len, programs.values()))
    click.echo(f"pass@1 {found.value:.4f} ± {found.stderr:.4f}  ({count} samples of {len(programs)} tasks)")


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
    problems = [p for name in sorted(filter(None, names)) for p in load_benchmark(name).problems]
    server = make_server(Recording(problems, solutions, recorded), host, port)
    click.echo(f"serving {len(solutions)} tasks on http://{host}:{server.server_port}/v1", err=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


@main.command("doctor")
@click.option("--config", type=_FILE, help="YAML file of settings.")
def doctor_command(config: Path | None) -> None:
    """Say which isolation this host grants, after a right and a wrong program have been run in it."""
    execution = load_settings({}, source="doctor", config=config).execution
    level = self_test(policy_of(execution), execution.isolation)
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
    programs = _read_samples(benchmark, samples, settings.n, allow_partial)
    result = run(
        benchmark,
        {task: pool_candidates((p, p) for p in listed) for task, listed in programs.items()},
        settings,
        out=out,
        store_folder=settings.store or out / "store",
        graded=graded,
        allow_partial=allow_partial,
    )
    _print_result(benchmark, result, settings, out)


def _print_result(benchmark: Benchmark, result: RunResult, settings: Settings, out: Path) -> None:
    if result.scores:
        used = [r.selections[settings.select].tests_used for r in result.results]
        tests = mean_interval(np.array(used, dtype=float))
        click.echo(render(_TASKS[benchmark.name], result.scores, tests))
    click.echo(f"run directory: {out}", err=True)


def _read_samples(benchmark: Benchmark, path: Path, n: int | None, allow_partial: bool) -> dict[str, list[str]]:
    """The first n programs of each of the benchmark's tasks, in the benchmark's order."""
    found = read_column(path, "solution")
    known = benchmark.problem_by_id()
    if not allow_partial:
        check_coverage(path, found, known, benchmark.name)
    present = {task: found[task] for task in known if task in found}
    if not present:
        raise InputError(f"{path}: none of its task ids is one of {benchmark.name}")
    return first_n(path, present, n)


def _as_settings(flags: dict[str, Any]) -> dict[str, Any]:
    """Flags under the keys that settings have; those not given are left out."""
    given: dict[str, Any] = {key: flags[key] for key in ("n", "select", "store") if flags.get(key) is not None}
    if flags.get("tests"):
        given["tests"] = {"file": flags["tests"]}
    if flags.get("budget"):
        given["budget"] = {"policy": flags["budget"]}
    if flags.get("allow_not_run"):
        given["execution"] = {"allow_not_run": True}
    return given


if __name__ == "__main__":
    main()
