"""`fetch` and `doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.livecodebench.fetch import fetch as fetch_livecodebench
from coderm_eval.benchmarks.livecodebench.releases import LATEST
from coderm_eval.cli.options import BENCHMARK, FILE
from coderm_eval.execution.executor import limits_from_settings, make_executor
from coderm_eval.execution.sandbox.isolation.levels import describe
from coderm_eval.pipeline.settings import load_settings


@click.command("fetch")
@click.argument("benchmark", type=BENCHMARK)
@click.option("--release", help="Release of livecodebench: release_v1 ... release_v6, v1 ... v6, v4_v6, ...")
def fetch_command(benchmark: str, release: str | None) -> None:
    """Download a benchmark once and check it; from then on it needs no network.

    \b
    coderm-eval fetch livecodebench --release release_v6
    """
    settings = load_settings({"livecodebench": {"release": release}} if release else {}, source="flags", selects=False)
    if benchmark == "livecodebench":
        fetch_livecodebench(settings.livecodebench.release or LATEST)
    loaded = load_benchmark(benchmark, settings.for_benchmark(benchmark))
    loaded.prepare()
    click.echo(f"{benchmark}: {len(loaded.problems)} problems, SHA-256 {loaded.dataset_sha256}")


@click.command("doctor")
@click.option("--config", type=FILE, help="YAML file of settings.")
def doctor_command(config: Path | None) -> None:
    """Print the isolation that this host allows, after running a right and a wrong program in it."""
    execution = load_settings({}, source="doctor", config=config, selects=False).execution
    with make_executor(execution) as executor:
        level = executor.self_test(limits_from_settings(execution))
    click.echo(f"isolation {level}: {describe(level)}")
