"""The command line: one file for each group of verbs, loaded when a verb of it is used.

A file imports what its flags need. What a verb works with is imported by its function: it takes long, and `--help` does
without.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from coderm_eval.core.user_errors import user_errors

__all__ = ["main"]


class _Verb(NamedTuple):
    """The place where a verb is defined, and the line that `--help` shows without loading it."""

    place: str
    summary: str


_VERBS: dict[str, dict[str, _Verb]] = {
    "The whole run": {
        "demo": _Verb("rerank:demo_command", "Rerank the embedded example: no model, no network."),
        "rerank": _Verb("rerank:rerank_command", "Rerank recorded candidates and write a run directory."),
        "reproduce": _Verb("reproduce:reproduce_group", "Run what a paper reports, from its authors' records."),
    },
    "One stage": {
        "sample": _Verb("generate:sample_command", "Sample candidates from a policy model."),
        "write-tests": _Verb("generate:write_tests_command", "Have a model write unit tests."),
        "grade": _Verb("grade:grade_command", "Grade samples with the benchmark's own tests."),
        "report": _Verb("report:report_command", "Print the tables of a finished run."),
        "labels": _Verb("labels:labels_command", "Write the reward of each sample, as training data."),
        "compare": _Verb("compare:compare_command", "Compare graded runs, problem by problem."),
        "verify": _Verb("verify:verify_command", "Check a run's files, and run some of it again."),
        "merge": _Verb("merge:merge_command", "Put the shards of a run together."),
        "export": _Verb("export:export_command", "Write a run for boards, databases and papers."),
        "probe": _Verb("probe:probe_group", "Predict pass rates from a model's hidden states."),
    },
    "Servers and set-up": {
        "serve": _Verb("serve:serve_command", "Serve a policy as the best of N of its answers, to any harness."),
        "replay": _Verb("replay:replay_command", "Serve recorded candidates and tests as an OpenAI-compatible server."),
        "fetch": _Verb("setup:fetch_command", "Download a benchmark and check it."),
        "doctor": _Verb("setup:doctor_command", "Check this machine and the settings before a run."),
        "store": _Verb("store:store_group", "Convert and merge stores of results."),
    },
}
_ALIASES = {"solutions": "sample", "tests": "write-tests"}
"""Earlier names of verbs, kept until 1.0."""


class _Verbs(click.Group):
    """Loads a verb when it is called, and turns the project's errors into one sentence and their exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for verbs in _VERBS.values() for name in verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = _ALIASES.get(cmd_name, cmd_name)
        for verbs in _VERBS.values():
            if name in verbs:
                module, _, attribute = verbs[name].place.partition(":")
                command: click.Command = getattr(importlib.import_module(f"coderm_eval.cli.{module}"), attribute)
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, verbs in _VERBS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, verb.summary) for name, verb in verbs.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a verb without loading any: that would take a second for each press of the key."""
        verbs = {name: verb for of_heading in _VERBS.values() for name, verb in of_heading.items()}
        found = [CompletionItem(n, help=verb.summary) for n, verb in verbs.items() if n.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        with user_errors("coderm-eval"), _only_flags_of_today():
            return super().invoke(ctx)


@contextmanager
def _only_flags_of_today() -> Iterator[None]:
    """A flag that is unknown is answered with flags that `--help` shows, and no earlier names of them."""
    try:
        yield
    except click.NoSuchOption as error:
        verb = error.ctx.command if error.ctx else None
        hidden = {name for p in (verb.params if verb else ()) if getattr(p, "hidden", False) for name in p.opts}
        shown = [name for name in error.possibilities or () if name not in hidden]
        raise click.NoSuchOption(error.option_name, possibilities=shown, ctx=error.ctx) from None


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="coderm-eval")
def main() -> None:
    """Rerank candidate programs by generated unit tests, and measure the gain.

    The stages, in order: sample, write-tests, execute and select (`rerank`), grade, report.
    """
    logging.basicConfig(format="coderm-eval: %(message)s", level=logging.WARNING)
