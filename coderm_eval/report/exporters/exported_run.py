"""The graded run that an exporter is given: its numbers, its picks with their grades, and its benchmark."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.core.errors import IncompleteRunError, InputError
from coderm_eval.core.messages import abbreviated
from coderm_eval.core.records import Grade
from coderm_eval.report.provenance import read_provenance
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.scores import pass_at_1
from coderm_eval.report.verification.provenance_checks import contradictions_of_hashes

__all__ = ["ExportedRun", "read_exported_run", "require_as_written"]


@dataclass(frozen=True)
class ExportedRun:
    """A run whose picks all have a grade."""

    directory: RunDirectory
    summary: Mapping[str, Any]
    """The content of summary.json."""
    picks: Mapping[str, str]
    """The program that was chosen, by task id."""
    grades: Mapping[str, Grade]
    """Its grade, by task id."""
    provenance: Mapping[str, Any]
    """The content of provenance.json; empty where an earlier version wrote the run."""
    load_benchmark: Callable[[], Benchmark]
    """Loads the benchmark with the run's settings; `benchmark` checks that it is the run's."""

    def benchmark(self) -> Benchmark:
        """The run's benchmark; an exporter that needs no problem's text does without, as does the machine then.

        Raises:
            DatasetError: its data is not on this machine.
            InputError: the data on this machine is not the run's.
        """
        loaded, recorded = self.load_benchmark(), self.summary["dataset_sha256"]
        if loaded.dataset_sha256 != recorded:
            raise InputError(
                f"{self.directory}: the data of {loaded.name} on this machine is not that of this run (SHA-256 "
                f"{loaded.dataset_sha256[:12]}..., then {recorded[:12]}...); export it where the run's data is, or "
                "name that by its variable, such as LIVECODEBENCH_PATH"
            )
        return loaded

    @property
    def facts(self) -> dict[str, Any]:
        """What the run knows of itself, with the date: see `read_entry`."""
        return {**self.summary, "date": self.provenance.get("finished")}

    def is_whole(self) -> bool:
        """Return whether the run has every problem of its benchmark."""
        return bool(self.summary["n_problems"] == self.summary["n_problems_of_benchmark"])

    def require_whole(self, reason: str) -> None:
        """Refuse a run of a part of its benchmark.

        Raises:
            InputError: says the `reason`.
        """
        problems, of_benchmark = self.summary["n_problems"], self.summary["n_problems_of_benchmark"]
        if not self.is_whole():
            raise InputError(
                f"{self.directory}: a run of {problems} of {of_benchmark} problems, and {reason}; export a run of the "
                "whole benchmark"
            )


def read_exported_run(directory: RunDirectory, load_benchmark: Callable[[], Benchmark]) -> ExportedRun:
    """Read the picks of a graded run.

    Raises:
        InputError: it was not graded, or its files do not belong together.
        IncompleteRunError: a pick could not be graded.
    """
    summary = directory.graded_summary()
    try:
        picks = {row["task_id"]: row["solution"] for row in directory.rows("chosen.jsonl")}
        grades = directory.grades_of_picks(summary["select"])
        recorded = summary["pass@1"]["coderm"]["value"]
        together = picks.keys() == grades.keys() and len(picks) == summary["n_problems"]
    except (AttributeError, KeyError, TypeError, ValueError):
        together = False
    if together:
        _require_graded(directory, grades)
    if not together or not math.isclose(pass_at_1([*grades.values()]), recorded, abs_tol=1e-6):
        raise InputError(
            f"{directory}: its picks, grades and summary.json do not belong together, or another version of "
            "coderm-eval wrote them; see `coderm-eval verify`, or run `coderm-eval rerank --grade --overwrite` again"
        )
    return ExportedRun(directory, summary, picks, grades, read_provenance(directory) or {}, load_benchmark)


def require_as_written(run: ExportedRun) -> None:
    """Refuse a run whose files were changed after it: a grade that changed places would change no score.

    A run of an earlier version has no hashes, and passes.

    Raises:
        InputError: names a file.
    """
    if not run.provenance:
        return
    try:
        found = next(contradictions_of_hashes(run.directory, run.provenance), None)
    except (AttributeError, KeyError, TypeError) as error:
        found = f"provenance.json: not what `coderm-eval rerank` wrote ({error!r:.80})"
    if found:
        raise InputError(
            f"{run.directory}: {found}; see `coderm-eval verify`, or run `coderm-eval rerank --grade --overwrite` again"
        )


def _require_graded(directory: RunDirectory, grades: Mapping[str, Grade]) -> None:
    ungraded = [task for task, grade in grades.items() if grade.passed is None]
    if ungraded:
        raise IncompleteRunError(
            f"{directory}: nothing is exported, as picks could not be graded (those of {abbreviated(ungraded)}); run "
            "the same `coderm-eval rerank` to try them again"
        )
