"""Options that several verbs share, and the settings that flags stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from coderm_eval.benchmarks import BENCHMARKS, benchmark_names, require_benchmark_name
from coderm_eval.core.errors import InputError

if TYPE_CHECKING:
    from coderm_eval.core.task_choice import TaskChoice
    from coderm_eval.pipeline.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


class _FilePath(click.Path):
    """A path; an empty one, as a shell makes of a variable that is not set, would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it is empty; name a file or folder, such as ./run", param, ctx)
        return super().convert(value, param, ctx)


FILE = _FilePath(path_type=Path)

KEYS: Mapping[str, str] = {
    **{
        key: key
        for key in ("n", "preset", "select", "store", "resample_tests", "resample", "budget_curve", "curve", "report")
    },
    "workers": "execution.workers",
    "probe_inputs": "probe_inputs",
    "abstain_below": "abstain_below",
    "settled": "policy.settled",
    "tests": "tests.file",
    "no_tests": "tests.backend",
    "budget": "budget.policy",
    "allow_incomplete": "execution.allow_incomplete",
    "allow_not_run": "execution.allow_not_run",
}
"""Keys of settings by the names of the flags that stand for them, for `flags_to_settings`."""


CANDIDATES = 'Candidates: {"task_id", "solution"} lines or another known format, gzipped or not; -: standard input.'
"""The help of --samples."""

settled_option = click.option(
    "--settled",
    type=float,
    metavar="P",
    help="Stop at a problem's first candidates that settle which behaviour is most frequent, e.g. 0.95.",
)

TESTS = 'Recorded tests: {"task_id", "test"} lines, gzipped or not; -: standard input.'
"""The help of --tests."""


class BenchmarkName(click.ParamType[str]):
    """A benchmark's name, or a file of problems; of a wrong name it says which was meant."""

    name = "benchmark"

    others: tuple[str, ...] = ()
    """What a verb takes in a benchmark's place."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return f"[{'|'.join((*BENCHMARKS, *self.others))}|FILE.jsonl]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in self.others:
            return str(value)
        try:
            return require_benchmark_name(value)
        except InputError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        known = (*benchmark_names(), *self.others)
        names = [CompletionItem(name) for name in known if name.startswith(incomplete)]
        return names or [CompletionItem(incomplete, type="file")]


BENCHMARK = BenchmarkName()

overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace what is at --out: another run, another file, or an input."
)

report_option = click.option(
    "--report/--no-report", default=None, help="Write the run as a page, report.html in OUT.  [default: on]"
)

replace_option = click.option("--overwrite", is_flag=True, help="Replace files that are there.")


workers_option = click.option("--workers", type=int, help="Programs that run at a time.  [default: one per core]")


def tasks_options(command: Command) -> Command:
    """Add --limit, --task-ids and --shard; `task_choice` reads them."""
    for option in (
        click.option("--shard", metavar="I/N", help="Only part I of N, such as 3/8; the parts are of the same size."),
        click.option("--task-ids", metavar="A,B|FILE", help="Only these tasks; in a file one on each line."),
        click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N tasks."),
    ):
        command = option(command)
    return command


def task_choice(flags: Mapping[str, Any]) -> TaskChoice:
    """The tasks that the flags of `tasks_options` name.

    Raises:
        InputError: there is no task id, or no such shard.
    """
    from coderm_eval.core.shard import read_shard
    from coderm_eval.core.task_choice import TaskChoice, read_task_ids

    ids, shard = flags["task_ids"], flags["shard"]
    return TaskChoice(
        limit=flags["limit"],
        ids=None if ids is None else read_task_ids(ids),
        shard=None if shard is None else read_shard(shard),
    )


def model_keys(section: str) -> dict[str, str]:
    """Keys of the flags that say which model plays a role; `section` is that role's section of the settings."""
    return {key: f"{section}.{key}" for key in ("model", "base_url", "backend")}


def earlier_name(flag: str, **attributes: Any) -> Callable[[Command], Command]:
    """A hidden option: the name that a flag had before, kept until 1.0. Settings translate it."""
    return click.option(flag, hidden=True, default=None, **attributes)


def store_beside(out: Path, settings: Settings) -> Path:
    return settings.store or out.parent / f"{out.name}.store"
