"""The files of a run directory: each is put in place when it is whole.

samples.jsonl             the candidates as programs, in EvalPlus's format
tests.jsonl               the test samples that were used; a test that was written twice stands there twice
chosen.jsonl              the chosen program of each task, as EvalPlus samples
verdicts.jsonl            the matrix, votes, ties and pick of each task; nothing of the benchmark's own tests
tally.jsonl               of each task what summary.json counts
summary.json              the numbers; all but `seconds` is the same for the same inputs
report.html               all of it as a page, unless `report: false`
provenance.json           the command, times, machine and hashes of the files: the only file that never repeats

Where grades were asked for:

grades.jsonl              what the benchmark's own tests say of each candidate
pass_rates.jsonl          the share of each problem's samples that are right: what a probe is trained on
misleading_tests.jsonl    the tests that spoke for a wrong program which the vote put first
alternative_grades.jsonl  what the benchmark's other grader says of the picks, if it has one
curve.csv, curve.svg      what each budget policy makes of the tests, if that was asked for
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_json, write_jsonl
from coderm_eval.core.records import Grade, ProblemCandidates
from coderm_eval.report.growing_files import GrowingFiles
from coderm_eval.report.rows import read_grade, sample_rows

__all__ = [
    "ALTERNATIVE_GRADES",
    "FILES_OF_LINES",
    "PROVENANCE",
    "RUN_FILES",
    "TALLY",
    "AlternativeGrades",
    "RunDirectory",
]

PROVENANCE = "provenance.json"
TALLY = "tally.jsonl"
_SUMMARY = "summary.json"
ALTERNATIVE_GRADES = "alternative_grades.jsonl"
_OF_GRADES = ("grades.jsonl", "pass_rates.jsonl", "misleading_tests.jsonl", ALTERNATIVE_GRADES)
_OF_PROBLEMS = ("tests.jsonl", "chosen.jsonl", "verdicts.jsonl", TALLY, *_OF_GRADES)
"""The files that grow with each problem."""
FILES_OF_LINES = ("samples.jsonl", *_OF_PROBLEMS)
"""The files with a line, or several, or none, of each problem in turn."""
_GROWING = ".partial"
"""The folder in which they grow."""
_CURVE = ("curve.csv", "curve.svg")
_PAGE = "report.html"

RUN_FILES = (
    *(*FILES_OF_LINES, _SUMMARY, PROVENANCE),
    *(*_CURVE, _PAGE),
)
"""Names of all files that a run may write."""


@dataclass(frozen=True)
class AlternativeGrades:
    """Grades of picks by another grader than the run's own."""

    grader: str
    """The name of that grader."""
    grades: Mapping[str, Grade]
    """Grades by task id."""


@dataclass(frozen=True)
class RunDirectory:
    """Writes and reads the files of one run."""

    folder: Path

    def __str__(self) -> str:
        return str(self.folder)

    def write_samples(self, problems: Iterable[ProblemCandidates]) -> Path:
        """Write the candidates, before anything is asked or run; returns the file."""
        path = self.folder / "samples.jsonl"
        write_jsonl(path, (row for item in problems for row in sample_rows(item)))
        return path

    def is_finished(self) -> bool:
        """Return whether a run was finished here."""
        return (self.folder / _SUMMARY).exists()

    def has_curve(self) -> bool:
        """Return whether the run wrote a budget curve."""
        return (self.folder / "curve.csv").exists()

    def holds_other_samples(self, problems: Iterable[ProblemCandidates]) -> bool:
        """Return whether there is a samples.jsonl that is not of these candidates, nor of a run that was stopped."""
        path = self.folder / "samples.jsonl"
        if not path.exists() or (self.folder / "store").is_dir():
            return False
        try:
            return self.rows("samples.jsonl") != [row for item in problems for row in sample_rows(item)]
        except InputError:
            return True

    def growing(self, key: str) -> GrowingFiles:
        """The files that grow with each problem, until they are put in place; `key` tells the run from all others."""
        return GrowingFiles(self.folder / _GROWING, key)

    def put_in_place(self, files: GrowingFiles) -> None:
        """Put the files in place that have grown, and remove those of an earlier run which this one has not."""
        self._remove(*(set(_OF_PROBLEMS) - set(files.names)))
        files.finish(self.folder)

    def remove_page(self) -> None:
        """Remove the page of an earlier run."""
        with suppress(OSError):  # a folder has that name
            self._remove(_PAGE)

    def remove_curve(self) -> None:
        """Remove the budget curve of an earlier run."""
        self._remove(*_CURVE)

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        write_json(self.folder / _SUMMARY, summary)

    @property
    def page(self) -> Path:
        """The page of the run, which there may be."""
        return self.folder / _PAGE

    def where(self) -> str:
        """Return where the run is, for the last line that a host prints."""
        return f"run directory: {self}" + (f"; to look at it, open {self.page}" if self.page.is_file() else "")

    def summary(self) -> dict[str, Any]:
        """The content of summary.json.

        Raises:
            InputError: this is no run directory.
        """
        return self.read(_SUMMARY)

    def read(self, name: str) -> dict[str, Any]:
        """The object in a file such as "summary.json".

        Raises:
            InputError: the file cannot be read.
        """
        path = self.folder / name
        return _parsed(path, _read(path))

    def graded_summary(self) -> dict[str, Any]:
        """The content of summary.json of a graded run.

        Raises:
            InputError: this is no run directory, or the run was not graded.
        """
        summary = self.summary()
        if not summary.get("rules"):
            raise InputError(
                f"{self}: a run without grades, which has no scores; where the benchmark has gold tests, the same "
                "`coderm-eval rerank` with --grade adds them"
            )
        return summary

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a file with an object on each line, such as "chosen.jsonl".

        Raises:
            InputError: the file cannot be read.
        """
        return list(self.lines(name))

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """As `rows`, one after the other."""
        path = self.folder / name
        try:
            with path.open(encoding="utf-8") as file:
                yield from (_parsed(path, line) for line in file)
        except UnicodeDecodeError as error:
            raise _no_text(path, error) from None
        except OSError as error:
            raise InputError(_unreadable(path, error)) from error

    def grades_of_picks(self, rule: str) -> dict[str, Grade]:
        """The grades of the picks of `rule`, by task id.

        Raises:
            InputError: a file cannot be read.
            KeyError or ValueError: a pick has no grade, not even an empty one.
        """
        grades = {row["task_id"]: row["grades"] for row in self.rows("grades.jsonl")}
        picks = {row["task_id"]: row["selections"][rule]["chosen"] for row in self.rows("verdicts.jsonl")}
        return {task: _grade_of(sample, grades[task]) for task, sample in picks.items()}

    def alternative_grades(self) -> AlternativeGrades | None:
        """The grades of the picks by another grader; None if there is no such file, or nothing in it."""
        rows = self.rows(ALTERNATIVE_GRADES) if (self.folder / ALTERNATIVE_GRADES).exists() else []
        if not rows:
            return None
        [grader] = {row.pop("grader") for row in rows}
        return AlternativeGrades(grader, {row.pop("task_id"): Grade(row) for row in rows})

    def _remove(self, *names: str) -> None:
        for name in names:
            (self.folder / name).unlink(missing_ok=True)


def _grade_of(sample: int, rows: list[dict[str, Any]]) -> Grade:
    [found] = [row for row in rows if sample in row["samples"]]
    return read_grade(found)


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text, parse_constant=_refuse))
    except (ValueError, TypeError, RecursionError):
        raise InputError(f"{path}: not what `coderm-eval rerank` wrote: {text[:60]!r}; run it again") from None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant}: a run has no such number")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _no_text(path, error) from None
    except OSError as error:
        raise InputError(_unreadable(path, error)) from error


def _no_text(path: Path, error: UnicodeDecodeError) -> InputError:
    return InputError(f"{path}: not what `coderm-eval rerank` wrote ({error.reason}); run it again")


def _unreadable(path: Path, error: OSError) -> str:
    """What is wrong with a run directory, one of whose files cannot be read."""
    folder, name_one = path.parent, "name one that `coderm-eval rerank --out` wrote"
    if not folder.exists():
        return f"{folder}: no such folder; {name_one}"
    if folder.is_file():
        return f"{folder}: a file, and no run directory; {name_one}"
    if path.name == _SUMMARY and not path.exists():
        return f"{folder}: no finished run is in this folder (it has no {_SUMMARY}); {name_one}"
    return f"{path}: cannot be read ({error.strerror}); run the same `coderm-eval rerank` again, which writes it"
