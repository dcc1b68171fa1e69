"""What an exporter is, and the exporters by name: this package's own, and those of other packages.

An exporter is a module with two names:

    BENCHMARKS = ("livecodebench",)

    def export(run, benchmark, out, *, name, temperature) -> Export: ...

A package makes one known by an entry point in the group `coderm_eval.exporters` that names the module. It is imported
when it is asked for, so that a broken one stops no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, cast

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import CodermError, SettingsError
from coderm_eval.core.messages import single_line, suggestion
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["ENTRY_POINTS", "Export", "Exporter", "exporting", "load_exporter"]

ENTRY_POINTS = "coderm_eval.exporters"

_OWN = (EntryPoint("livecodebench", "coderm_eval.report.leaderboards.livecodebench", ENTRY_POINTS),)


@dataclass(frozen=True)
class Export:
    """The files of a submission, which `export` has not written yet."""

    files: Mapping[Path, str]
    """Their contents, by path."""
    incomplete: str | None
    """Why the leaderboard would skip the files, as a sentence; None if it would not."""


class Exporter(Protocol):
    """Makes of a run's picks what a leaderboard takes. It reads the run directory, and writes and starts nothing."""

    BENCHMARKS: Collection[str]
    """Names of the benchmarks whose runs it takes."""

    def export(self, run: RunDirectory, benchmark: Benchmark, out: Path, *, name: str, temperature: float) -> Export:
        """The files that the picks of a graded run are in the folder `out`.

        Args:
            run: a run directory.
            benchmark: the one of that run, loaded with the run's settings.
            out: the folder.
            name: of the entry, with the setting: it is the only place for it.
            temperature: that the candidates were sampled with.

        Raises:
            CodermError: the run cannot be exported, or not to that folder.
        """


def load_exporter(name: str) -> Exporter:
    """The exporter called `name`.

    Raises:
        SettingsError: there is none of that name, its package cannot be loaded, or it is something else.
    """
    points = {point.name: point for point in (*entry_points(group=ENTRY_POINTS), *_OWN)}
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


@contextmanager
def exporting(name: str) -> Iterator[None]:
    """Name the exporter in whatever goes wrong in it.

    Raises:
        SettingsError: in place of any error that says nothing to a user.
    """
    try:
        yield
    except (CodermError, OSError):
        raise
    except (Exception, SystemExit) as error:
        what = f"{type(error).__name__}: {single_line(error)}"
        raise SettingsError(f"the exporter {name!r} failed ({what}); mend it, or choose another one") from error


def _named(point: EntryPoint) -> str:
    return f"the exporter {point.name} = {point.value}"


def _mend(point: EntryPoint) -> str:
    return f"mend or uninstall the package {point.dist.name if point.dist else ''}"
