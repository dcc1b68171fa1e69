"""`export`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coderm_eval.cli.options import FILE, overwrite_option
from coderm_eval.core.choices import OWN_EXPORTERS
from coderm_eval.core.files import write_text

if TYPE_CHECKING:
    from coderm_eval.benchmarks import Benchmark


def _keys_and_values(_: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    """Texts such as "policy.model=M", as values in their sections; of a key that is there twice the last counts."""
    from coderm_eval.core.settings import flags_to_settings

    parts = {text: text.partition("=") for text in given}
    for text, (key, equals, _value) in parts.items():
        if not key or not equals:
            raise click.BadParameter(f"{text!r} has no key or no =; write one such as policy.model=M", param=option)
    values = {key: value for key, _equals, value in parts.values()}
    return flags_to_settings(values, {key: key for key in values})


def _formats(_context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    from coderm_eval.report.exporters.base import exporter_names

    return [name for name in exporter_names() if name.startswith(incomplete)]


@click.command("export")
@click.argument("run", type=FILE)
@click.option("--to", shell_complete=_formats, help=f"Format: {', '.join(OWN_EXPORTERS)}.  [required]")
@click.option("--out", type=FILE, required=True, help="Folder to write.")
@click.option("--name", help='Name of the system: "P + CodeRM-8B Bo20".')
@click.option("--temperature", type=float, help="Sampling temperature of the candidates, if the run does not know it.")
@click.option(
    "--set",
    "said",
    multiple=True,
    callback=_keys_and_values,
    metavar="KEY=VALUE",
    help="What else the format asks for; docs/guide/leaderboards.md lists the keys.",
)
@click.option("--about", type=FILE, help="YAML file with such keys.")
@overwrite_option
def export_command(
    run: Path,
    to: str | None,
    out: Path,
    name: str | None,
    temperature: float | None,
    said: dict[str, Any],
    about: Path | None,
    overwrite: bool,
) -> None:
    """Write a graded run as leaderboards, databases of results and papers take it.

    \b
    coderm-eval export run --to latex --out tables --name "P + CodeRM-8B Bo20"
    """
    from coderm_eval.core.outputs import check_output, require_same
    from coderm_eval.core.settings import flags_to_settings, merge, read_yaml
    from coderm_eval.report.exporters.base import load_exporter, make_export, require_benchmark, require_format
    from coderm_eval.report.exporters.exported_run import read_exported_run, require_as_written
    from coderm_eval.report.run_directory import RunDirectory

    check_output(out, inputs={}, files=())
    directory = RunDirectory(run)
    if to is None:
        require_format(run, directory.summary().get("benchmark"))
    exporter = load_exporter(to)
    summary = directory.summary()
    require_benchmark(to, exporter, run, summary.get("benchmark"))
    exported = read_exported_run(directory, lambda: _benchmark_of(run, summary))
    flags = flags_to_settings(
        {"name": name, "temperature": temperature},
        {"name": "name", "temperature": "policy.sampling.temperature"},
    )
    given = merge(read_yaml(about) if about else {}, merge(said, flags))
    export = make_export(to, exporter, exported, given, out)
    require_as_written(exported)
    if not overwrite:
        require_same(export.files)
    for note in export.notes:
        logging.getLogger(__name__).warning("%s", note)
    for path, text in export.files.items():
        write_text(path, text)
    click.echo("\n".join(map(str, export.files)))


def _benchmark_of(run: Path, summary: Mapping[str, Any]) -> Benchmark:
    """The benchmark of a run, with the settings that it was loaded with."""
    from coderm_eval.benchmarks import load_benchmark, section_of
    from coderm_eval.pipeline.settings import load_settings

    name = summary["benchmark"]
    key = section_of(name)
    given = {key: summary["settings"][key]} if key else {}
    settings = load_settings(given, source=str(run / "summary.json"), selects=False)
    return load_benchmark(name, settings.for_benchmark(name))
