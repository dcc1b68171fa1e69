"""`replay`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import click

from coderm_eval.cli.options import BENCHMARK, CANDIDATES, FILE, TESTS
from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import called, require_one_from_stdin
from coderm_eval.core.messages import abbreviated, counted


@click.command("replay")
@click.option("--benchmark", type=BENCHMARK, help="Benchmark of the files' tasks.  [default: by their task ids]")
@click.option("--samples", type=FILE, required=True, help=CANDIDATES)
@click.option("--tests", type=FILE, help=TESTS)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=8000, show_default=True, help="Port to listen on; 0: a free one.")
def replay_command(benchmark: str | None, samples: Path, tests: Path | None, host: str, port: int) -> None:
    """Serve recorded candidates and tests as an OpenAI-compatible server.

    \b
    coderm-eval replay --samples samples.jsonl --tests tests.jsonl --port 8000
    """
    from coderm_eval.benchmarks import load_benchmark
    from coderm_eval.generation.recorded.readers import read_by_task
    from coderm_eval.generation.recorded.samples import read_programs
    from coderm_eval.hosts.server.http import listen, serve_until_interrupted
    from coderm_eval.hosts.server.replay import RecordedAnswers, replay_app
    from coderm_eval.pipeline.settings import load_settings

    require_one_from_stdin({"--samples": samples, "--tests": tests})
    solutions = read_programs(samples, {})
    recorded = read_by_task(tests, "test") if tests else {}
    settings = load_settings({}, source="replay", selects=False)
    names = [benchmark] if benchmark else _benchmarks_of([*solutions, *recorded], samples)
    loaded = [load_benchmark(name, settings.for_benchmark(name)) for name in names]
    problems = {problem.task_id: problem for each in loaded for problem in each.problems}
    if benchmark:
        for path, of_tasks in ((samples, solutions), (tests, recorded)):
            _require_tasks_of(benchmark, problems, of_tasks, path)
    solutions = read_programs(samples, problems)  # now with the prompts, which completions continue
    with listen(host, port) as listener:
        url = f"http://{host}:{listener.getsockname()[1]}/v1"
        serve_until_interrupted(
            replay_app(RecordedAnswers(list(problems.values()), solutions, recorded)),
            listener,
            started=lambda: click.echo(f"serving {len(solutions)} tasks on {url}", err=True),
        )


def _benchmarks_of(tasks: Sequence[str], samples: Path) -> list[str]:
    """The names of this package's benchmarks that have tasks with these ids.

    Raises:
        InputError: none has a task with one of them.
    """
    from coderm_eval.benchmarks import benchmark_of_task

    names = {task: benchmark_of_task(task) for task in tasks}
    strange = next((task for task, name in names.items() if name is None), None)
    if strange is not None:
        raise InputError(
            f"{called(samples)}: no benchmark has task ids like {strange!r}; name that of these tasks, such as "
            "--benchmark problems.jsonl for problems of your own"
        )
    return sorted({name for name in names.values() if name})


def _require_tasks_of(benchmark: str, problems: Collection[str], tasks: Collection[str], path: Path | None) -> None:
    """Refuse a recording of tasks that the benchmark does not have; it may lack some that it has.

    Raises:
        InputError: names them.
    """
    unknown = [task for task in tasks if task not in problems]
    if path and unknown:
        raise InputError(
            f"{called(path)}: {counted(len(unknown), 'task id')} that {benchmark} does not have "
            f"({abbreviated(unknown)}); leave these lines out, or name their benchmark"
        )
