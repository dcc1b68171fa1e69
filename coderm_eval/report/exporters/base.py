"""What an exporter is, and the exporters by name: this package's own, and those of other packages.

An exporter is a module with two names and, where it must be told more than the system's name, a third:

    BENCHMARKS = ("livecodebench",)

    class Entry(entry.Entry):   # another key: its type, and below it a line that says what it is
        licence: str

    def export(run, entry, out) -> Export: ...

The values of an entry's keys come from the run, from `--about FILE` and from `--set KEY=VALUE`. A package makes an
exporter known by an entry point in the group `coderm_eval.exporters` that names the module. It is imported when it is
asked for, so that a broken one stops no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, NoReturn, Protocol, cast

from coderm_eval.core.choices import OWN_EXPORTERS
from coderm_eval.core.errors import CodermError, InputError, SettingsError
from coderm_eval.core.messages import single_line, suggestion
from coderm_eval.report.exporters.entry import Entry, read_entry
from coderm_eval.report.exporters.exported_run import ExportedRun

__all__ = [
    "ENTRY_POINTS",
    "Export",
    "Exporter",
    "exporter_names",
    "load_exporter",
    "make_export",
    "require_benchmark",
    "require_format",
]

ENTRY_POINTS = "coderm_eval.exporters"


@dataclass(frozen=True)
class Export:
    """The files of a submission, which `export` has not written yet."""

    files: Mapping[Path, str]
    """Their contents, by path."""
    notes: tuple[str, ...] = ()
    """What the user should know of them, such as why the board would skip them; a sentence each."""


class _AnyBenchmark(Collection[str]):
    """The names of benchmarks: whatever is asked for is among them."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(("any benchmark",))

    def __len__(self) -> int:
        return 1


ANY_BENCHMARK: Collection[str] = _AnyBenchmark()
"""For the BENCHMARKS of an exporter that takes them all, problems of one's own included."""


class Exporter(Protocol):
    """Makes of a run's picks what others take. It reads the run directory, and writes and starts nothing."""

    BENCHMARKS: Collection[str]
    """Names of the benchmarks whose runs it takes."""

    def export(self, run: ExportedRun, entry: Any, out: Path) -> Export:
        """The files that the picks of a graded run are in the folder `out`, checked against their format.

        Args:
            run: a graded run of one of BENCHMARKS.
            entry: what is said of it: an `Entry` of the exporter's module, or else this package's.
            out: the folder.

        Raises:
            CodermError: the run cannot be exported, or not to that folder.
        """


def require_benchmark(name: str, exporter: Exporter, run: object, benchmark: object) -> None:
    """Refuse a run of a benchmark that the exporter called `name` does not take.

    Raises:
        InputError: names those that it takes, and the formats that take the run.
    """
    if benchmark not in exporter.BENCHMARKS:
        known = ", ".join(exporter.BENCHMARKS)
        raise InputError(
            f"{run}: a run of {benchmark}; only those of {known} can be exported to {name}{_formats_of(benchmark)}"
        )


def require_format(run: object, benchmark: object) -> NoReturn:
    """Say which formats there are for a run, where none was named.

    Raises:
        InputError: names those that take runs of its benchmark.
    """
    raise InputError(f"{run}: a run of {benchmark}, and no --to says in which format{_formats_of(benchmark)}")


def _formats_of(benchmark: object) -> str:
    """The end of a sentence: what to type instead; empty where no format takes the benchmark."""
    names = ", ".join(name for name in exporter_names() if _takes(name, benchmark))
    return f"; --to takes {names} for it" if names else ""


def _takes(name: str, benchmark: object) -> bool:
    try:
        return benchmark in load_exporter(name).BENCHMARKS
    except SettingsError:  # another package's; it is named when it is asked for
        return False


def make_export(name: str, exporter: Exporter, run: ExportedRun, given: Mapping[str, Any], out: Path) -> Export:
    """The files of a run for the folder `out`, by the exporter called `name`; `given` is what the user says of it.

    Raises:
        CodermError: the run cannot be exported.
    """
    kind = getattr(exporter, "Entry", Entry)
    try:
        entry = read_entry(kind, run.facts, given, f"--to {name}")
        return exporter.export(run, entry, out)
    except (CodermError, OSError):
        raise
    except (Exception, SystemExit) as error:  # whatever is wrong in a package, a user reads a sentence
        what = f"{type(error).__name__}: {single_line(error)}"
        if name in OWN_EXPORTERS:
            raise InputError(
                f"{run.directory}: its files lack what is exported ({what}), as another version of coderm-eval wrote "
                "them, or they were changed; run the same `coderm-eval rerank --grade` with --overwrite"
            ) from error
        raise SettingsError(f"the exporter {name!r} failed ({what}); mend it, or choose another one") from error


def load_exporter(name: str) -> Exporter:
    """The exporter called `name`.

    Raises:
        SettingsError: there is none of that name, its package cannot be loaded, or it is something else.
    """
    points = _points()
    point = points.get(name)
    if point is None:
        raise SettingsError(f"no exporter is called {name!r}; {suggestion(name, sorted(points))}")
    try:
        module = point.load()
    except (Exception, SystemExit) as error:  # whatever a package does when it is imported
        raise SettingsError(f"{_named(point)} cannot be loaded ({single_line(error)}): {_mend(point)}") from error
    names = getattr(module, "BENCHMARKS", None)
    if isinstance(names, str) or not isinstance(names, Collection) or not callable(getattr(module, "export", None)):
        raise SettingsError(f"{_named(point)} lacks BENCHMARKS, a tuple of names, or an export(): {_mend(point)}")
    return cast(Exporter, module)


def exporter_names() -> list[str]:
    """Names of all exporters, those of other packages among them."""
    return sorted(_points())


def _points() -> dict[str, EntryPoint]:
    folder = __name__.rpartition(".")[0]
    own = [EntryPoint(name, f"{folder}.{name.replace('-', '_')}", ENTRY_POINTS) for name in OWN_EXPORTERS]
    return {point.name: point for point in (*entry_points(group=ENTRY_POINTS), *own)}


def _named(point: EntryPoint) -> str:
    return f"the exporter {point.name} = {point.value}"


def _mend(point: EntryPoint) -> str:
    return f"mend or uninstall the package {point.dist.name if point.dist else ''}"
