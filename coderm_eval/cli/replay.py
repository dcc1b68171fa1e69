"""`replay`."""

from __future__ import annotations

from pathlib import Path

import click

from coderm_eval.benchmarks import benchmark_of_task, load_benchmark
from coderm_eval.cli.options import CANDIDATES, FILE, TESTS
from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import require_one_from_stdin
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.generation.recorded.samples import read_programs
from coderm_eval.hosts.server.http import listen, serve_until_interrupted
from coderm_eval.hosts.server.replay import RecordedAnswers, replay_app
from coderm_eval.pipeline.settings import load_settings


@click.command("replay")
@click.option("--samples", type=FILE, required=True, help=CANDIDATES)
@click.option("--tests", type=FILE, help=TESTS)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=8000, show_default=True, help="Port to listen on; 0: a free one.")
def replay_command(samples: Path, tests: Path | None, host: str, port: int) -> None:
    """Serve recorded candidates and tests as an OpenAI-compatible server.

    \b
    coderm-eval replay --samples samples.jsonl --tests tests.jsonl --port 8000
    """
    require_one_from_stdin({"--samples": samples, "--tests": tests})
    solutions = read_programs(samples, {})
    recorded = read_by_task(tests, "test") if tests else {}
    names = {benchmark_of_task(task) for task in [*solutions, *recorded]}
    if None in names:
        strange = next(t for t in [*solutions, *recorded] if benchmark_of_task(t) is None)
        raise InputError(
            f"{samples}: no benchmark has task ids like {strange!r}; HumanEval+, MBPP+, LiveCodeBench and the demo "
            "can be served, problems of your own cannot"
        )
    settings = load_settings({}, source="replay", selects=False)
    loaded = [load_benchmark(name, settings.for_benchmark(name)) for name in sorted(filter(None, names))]
    problems = {problem.task_id: problem for benchmark in loaded for problem in benchmark.problems}
    solutions = read_programs(samples, problems)  # now with the prompts, which completions continue
    with listen(host, port) as listener:
        url = f"http://{host}:{listener.getsockname()[1]}/v1"
        serve_until_interrupted(
            replay_app(RecordedAnswers(list(problems.values()), solutions, recorded)),
            listener,
            started=lambda: click.echo(f"serving {len(solutions)} tasks on {url}", err=True),
        )
