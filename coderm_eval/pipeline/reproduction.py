"""The paper's cells, run from the records of its authors: each is an ordinary run, all of them share a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark, load_benchmark
from coderm_eval.benchmarks.recorded_grades import read_recorded_grades
from coderm_eval.core.files import write_text
from coderm_eval.core.messages import abbreviated, counted
from coderm_eval.core.outputs import check_output
from coderm_eval.core.settings import merge
from coderm_eval.core.task_choice import TaskChoice
from coderm_eval.generation.recorded.coderm_files import (
    BLOBS,
    REPOSITORY,
    REVISION,
    Cell,
    blob_of,
    files_of,
    records_folder,
)
from coderm_eval.generation.recorded.samples import read_samples
from coderm_eval.pipeline.presets import PAPER
from coderm_eval.pipeline.recorded_run import run_recorded
from coderm_eval.pipeline.settings import DEFAULT_RULE, Settings, load_settings
from coderm_eval.report.grade_differences import require_grades_of
from coderm_eval.report.paper.cell import CellResult, read_cell
from coderm_eval.report.paper.tables import FILES, paper_files
from coderm_eval.report.run_directory import RUN_FILES

__all__ = ["Reproduction"]


@dataclass(frozen=True)
class Reproduction:
    """Runs of some cells of Table 1."""

    records: Path
    """The folder of the authors' files, or a clone of their repository."""
    cells: Sequence[Cell]
    out: Path
    """The folder of all runs: a run directory for each cell, the store, and the tables."""
    given: Mapping[str, Any]
    """Settings that take the place of the paper's, such as `n`."""
    limit: int | None = None
    """The first so many problems of each benchmark."""
    overwrite: bool = False
    command: Sequence[str] | None = None
    """What was typed, without secrets."""

    def run(self) -> Iterator[CellResult]:
        """Run one cell after another.

        Raises:
            CodermError: as `run_recorded`; or a file is missing, or its grades are not of its candidates.
        """
        folder = records_folder(self.records, self._names)
        for cell in self.cells:
            inputs = {"--records": folder / cell.samples}
            check_output(self.folder(cell), inputs=inputs, files=RUN_FILES, overwrite=self.overwrite)
        check_output(self.out, inputs={}, files=FILES)
        loaded: dict[str, Benchmark] = {}
        for cell in self.cells:
            settings = self._settings(folder / cell.tests)
            if cell.benchmark not in loaded:
                loaded = {cell.benchmark: load_benchmark(cell.benchmark, settings.for_benchmark(cell.benchmark))}
            yield self._run(cell, loaded[cell.benchmark], settings, folder)

    def folder(self, cell: Cell) -> Path:
        """The run directory of a cell."""
        return self.out / f"{cell.benchmark}-{cell.policy}"

    def write(self, found: Sequence[CellResult]) -> str:
        """Write the tables and the data of the figures; returns the tables as text."""
        files = paper_files(found, DEFAULT_RULE, self._notes(found))
        for name, text in files.items():
            write_text(self.out / name, text)
        return files["paper.md"]

    def _run(self, cell: Cell, benchmark: Benchmark, settings: Settings, folder: Path) -> CellResult:
        tasks, known = TaskChoice(limit=self.limit), benchmark.problem_by_id()
        samples = folder / cell.samples
        recorded = read_recorded_grades(folder / cell.annotations)
        programs = read_samples(
            samples, known, benchmark=benchmark.name, n=settings.n, allow_partial=False, tasks=tasks
        )
        require_grades_of(folder / cell.annotations, programs, recorded)
        report = run_recorded(
            *(benchmark, samples, settings, self.folder(cell)),
            graded=True,
            allow_partial=False,
            overwrite=self.overwrite,
            tasks=tasks,
            command=self.command,
            programs=programs,
        )
        return read_cell(cell, report.directory, known, recorded)

    def _settings(self, tests: Path) -> Settings:
        own = {"preset": "paper", "select": DEFAULT_RULE, "tests": {"file": tests}, "store": self.out / "store"}
        return load_settings(merge(self.given, own), source="reproduce paper")

    @property
    def _names(self) -> list[str]:
        return files_of(self.cells)

    def _notes(self, found: Sequence[CellResult]) -> list[str]:
        """What sets these runs apart from the paper's."""
        folder = records_folder(self.records, self._names)
        others = [name for name in self._names if blob_of(folder / name) != BLOBS[name]]
        notes = []
        if others:
            notes.append(
                f"{counted(len(others), 'file')} of the records differ from {REPOSITORY} at {REVISION[:7]}: "
                f"{abbreviated(others)}."
            )
        sizes = [(s["n_problems_of_benchmark"], s["n_problems"]) for s in (result.summary for result in found)]
        if any(known > run for known, run in sizes):
            notes.append(f"Only the first {self.limit} problems of each benchmark were run.")
        n, num = self.given.get("n"), self.given.get("tests", {}).get("num")
        if (n, num) != (None, None):
            notes.append(
                f"{n or PAPER['n']} candidates and up to {num or PAPER['tests']['num']} tests a problem, of the "
                f"paper's {PAPER['n']} and {PAPER['tests']['num']}."
            )
        return notes
