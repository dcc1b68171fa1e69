"""`fetch` and `doctor`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from coderm_eval.cli.options import FILE, KEYS, BenchmarkName, model_keys
from coderm_eval.cli.verbosity import note, verbosity_options
from coderm_eval.core.errors import SettingsError

if TYPE_CHECKING:
    from coderm_eval.pipeline.doctor.finding import Finding

_RECORDS = "coderm-records"


class _Fetched(BenchmarkName):
    """A benchmark's name, or that of the records of CodeRM's authors."""

    others = (_RECORDS,)


@click.command("fetch")
@click.argument("benchmark", type=_Fetched())
@click.option("--release", help="Release of livecodebench: release_v1 ... release_v6, v1 ... v6, v4_v6, ...")
@click.option(
    "--cells", help="Of coderm-records only these: a benchmark, a policy or both, as mbpp+/llama3-8b,livecodebench."
)
@verbosity_options
def fetch_command(benchmark: str, release: str | None, cells: str | None) -> None:
    """Download a benchmark once and check it; from then on it needs no network.

    `coderm-records` are the candidates and tests that the authors of CodeRM published. Their repository states no
    licence, so that they are downloaded for your own use alone.

    \b
    coderm-eval fetch livecodebench --release release_v6
    """
    if benchmark == _RECORDS:
        _fetch_records(cells)
        return
    if cells:
        raise SettingsError(f"--cells is of {_RECORDS}; leave it out")
    from coderm_eval.benchmarks import load_benchmark
    from coderm_eval.benchmarks.livecodebench.fetch import fetch as fetch_livecodebench
    from coderm_eval.benchmarks.livecodebench.releases import LATEST
    from coderm_eval.pipeline.settings import load_settings

    settings = load_settings({"livecodebench": {"release": release}} if release else {}, source="flags", selects=False)
    if benchmark == "livecodebench":
        fetch_livecodebench(settings.livecodebench.release or LATEST)
    loaded = load_benchmark(benchmark, settings.for_benchmark(benchmark))
    loaded.prepare()
    click.echo(f"{benchmark}: {len(loaded.problems)} problems, SHA-256 {loaded.dataset_sha256}")


def _fetch_records(cells: str | None) -> None:
    from coderm_eval.core.files import file_sha256
    from coderm_eval.generation.recorded.coderm_fetch import fetch_records
    from coderm_eval.generation.recorded.coderm_files import (
        BLOBS,
        REPOSITORY,
        REVISION,
        chosen_cells,
        files_of,
        records_cache,
    )

    names = files_of(chosen_cells(cells))
    note(f"{REPOSITORY} at {REVISION[:7]}, {len(names)} files; its authors state no licence")
    for path in fetch_records({name: BLOBS[name] for name in names}, records_cache()):
        click.echo(f"{path}: {path.stat().st_size:,} bytes, SHA-256 {file_sha256(path)}")


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
    from coderm_eval.core.settings import flags_to_settings
    from coderm_eval.hosts.listed_tasks import check_lm_eval
    from coderm_eval.pipeline.doctor import CHECKS, examine
    from coderm_eval.pipeline.doctor.finding import findings_as_json, render_finding, verdict, would_fail
    from coderm_eval.pipeline.settings import load_settings

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
