"""`fetch` and `doctor`."""

from __future__ import annotations

import json
from typing import Any

import click

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.livecodebench.fetch import fetch as fetch_livecodebench
from coderm_eval.benchmarks.livecodebench.releases import LATEST
from coderm_eval.cli.options import BENCHMARK, FILE, KEYS, model_keys
from coderm_eval.cli.verbosity import verbosity_options
from coderm_eval.core.settings import flags_to_settings
from coderm_eval.hosts.listed_tasks import check_lm_eval
from coderm_eval.pipeline.doctor import CHECKS, examine
from coderm_eval.pipeline.doctor.finding import Finding, findings_as_json, render_finding, verdict, would_fail
from coderm_eval.pipeline.settings import load_settings


@click.command("fetch")
@click.argument("benchmark", type=BENCHMARK)
@click.option("--release", help="Release of livecodebench: release_v1 ... release_v6, v1 ... v6, v4_v6, ...")
@verbosity_options
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
@click.option("--config", type=FILE, help="YAML file of settings, whose servers are asked.")
@click.option("--base-url", help="Root of the test writer's server, to ask whether it answers.")
@click.option("--model", help="Model that this server should have.")
@click.option("--store", type=FILE, help="Folder of stored results, to see whether there is room.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
def doctor_command(as_json: bool, **flags: Any) -> None:
    """Check this machine and the settings before a run: versions, sandbox, datasets, lm-eval, servers, disks.

    Each finding is ok, a warning or failed, and what is not ok has what cures it. Exit code 1 if a run would fail.

    \b
    coderm-eval doctor
    """
    given = flags_to_settings(flags, {**KEYS, **model_keys("tests")})
    settings = load_settings(given, source="flags", config=flags["config"], selects=False)
    findings: list[Finding] = []
    for finding in examine(settings, (*CHECKS, check_lm_eval)):
        findings.append(finding)
        if not as_json:
            click.echo(render_finding(finding))
    click.echo(json.dumps(findings_as_json(findings), indent=2) if as_json else verdict(findings))
    if would_fail(findings):
        raise SystemExit(1)
