"""`grade`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from coderm_eval.cli.options import (
    BENCHMARK,
    CANDIDATES,
    FILE,
    KEYS,
    earlier_name,
    overwrite_option,
    store_beside,
    task_choice,
    tasks_options,
    workers_option,
)
from coderm_eval.cli.verbosity import verbosity_options


@click.command("grade")
@click.option("--benchmark", type=BENCHMARK, required=True, help="Benchmark of the samples.")
@click.option("--samples", type=FILE, required=True, help=CANDIDATES)
@click.option("--out", type=FILE, required=True, help="EvalPlus eval_results JSON to write.")
@click.option("--against", type=FILE, help="Recorded grades of the same samples: print where they differ from ours.")
@tasks_options
@click.option("--allow-partial", is_flag=True, help="Grade only the tasks present in the file.")
@click.option("--allow-incomplete", is_flag=True, default=None, help="Exit 0 although something could not be graded.")
@earlier_name("--allow-not-run", is_flag=True)
@workers_option
@overwrite_option
@click.option("--store", type=FILE, help="Folder of stored results.  [default: OUT.store]")
@click.option("--config", type=FILE, help="YAML file of settings.")
@verbosity_options
def grade_command(
    benchmark: str,
    samples: Path,
    out: Path,
    against: Path | None,
    allow_partial: bool,
    overwrite: bool,
    **flags: Any,
) -> None:
    """Grade samples with the benchmark's own tests, without any reranking.

    \b
    coderm-eval grade --benchmark mbpp+ --samples samples.jsonl --out samples_eval_results.json
    """
    from coderm_eval.benchmarks import load_benchmark
    from coderm_eval.benchmarks.recorded_grades import read_recorded_grades
    from coderm_eval.core.inputs import require_one_from_stdin
    from coderm_eval.core.outputs import check_output
    from coderm_eval.core.settings import flags_to_settings
    from coderm_eval.generation.recorded.samples import read_samples
    from coderm_eval.pipeline.grade_samples import grade_samples
    from coderm_eval.pipeline.settings import load_settings
    from coderm_eval.report.grade_differences import grade_differences, render_differences, require_grades_of
    from coderm_eval.report.tables import render_mean

    settings = load_settings(flags_to_settings(flags, KEYS), source="flags", config=flags["config"], selects=False)
    chosen = task_choice(flags)
    folder = store_beside(out, settings)
    inputs = {"--samples": samples, "--config": flags["config"], "--against": against}
    require_one_from_stdin(inputs)
    check_output(out, inputs=inputs, store=folder, overwrite=overwrite)
    loaded = load_benchmark(benchmark, settings.for_benchmark(benchmark))
    programs = read_samples(
        samples,
        loaded.problem_by_id(),
        benchmark=loaded.name,
        n=settings.n,
        allow_partial=allow_partial,
        tasks=chosen,
    )
    recorded = read_recorded_grades(against) if against else {}
    if against:
        require_grades_of(against, programs, recorded)
    found = grade_samples(loaded, programs, settings.execution, out=out, store_folder=folder)
    graded, known = len(programs), len(loaded.problems)
    tasks = f"{graded} tasks" if graded == known else f"{graded} of the {known} tasks"
    click.echo(f"pass@1 {render_mean(found.pass_at_1)}  ({sum(map(len, programs.values()))} samples of {tasks})")
    if against:
        click.echo(render_differences(grade_differences(programs, found.grades, recorded), against))
