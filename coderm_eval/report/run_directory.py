"""The files of a run directory: each is written whole or not at all.

samples.jsonl             the candidates as programs, in EvalPlus's format
tests.jsonl               the test samples that were used; a test that was written twice stands there twice
chosen.jsonl              the chosen program of each task, as EvalPlus samples
verdicts.jsonl            the matrix, votes, ties and pick of each task; nothing of the benchmark's own tests
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
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.files import write_json, write_jsonl
from coderm_eval.core.records import Grade, ProblemCandidates, RerankResult
from coderm_eval.report.quality import misleading_tests
from coderm_eval.report.rows import (
    chosen_row,
    grade_row,
    misleading_row,
    read_grade,
    sample_rows,
    test_rows,
    verdict_row,
)
from coderm_eval.report.scores import pass_rates

__all__ = ["PROVENANCE", "RUN_FILES", "AlternativeGrades", "RunDirectory"]

PROVENANCE = "provenance.json"
_SUMMARY = "summary.json"
_ALTERNATIVE_GRADES = "alternative_grades.jsonl"
_OF_GRADES = ("grades.jsonl", "pass_rates.jsonl", "misleading_tests.jsonl")
_CURVE = ("curve.csv", "curve.svg")
_PAGE = "report.html"

RUN_FILES = (
    *("samples.jsonl", "tests.jsonl", "chosen.jsonl", "verdicts.jsonl", _SUMMARY, PROVENANCE),
    *(*_OF_GRADES, _ALTERNATIVE_GRADES, *_CURVE, _PAGE),
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

    def write_results(
        self,
        results: Sequence[RerankResult],
        *,
        rule: str,
        abstain_below: float | None,
        shown: Mapping[str, Sequence[int | None]],
    ) -> None:
        """Write the tests, the verdicts and the picks.

        Args:
            results: of each problem.
            rule: whose picks are the chosen programs.
            abstain_below: mark those of less confidence; None: mark none.
            shown: by task id, the samples that the problem's test prompts showed, in turn.
        """
        write_jsonl(self.folder / "tests.jsonl", (row for r in results for row in test_rows(r)))
        write_jsonl(self.folder / "chosen.jsonl", (chosen_row(r, rule, abstain_below) for r in results))
        write_jsonl(self.folder / "verdicts.jsonl", (verdict_row(r, shown) for r in results))

    def write_grades(
        self,
        results: Sequence[RerankResult],
        grades: Sequence[Sequence[Grade]],
        alternative: AlternativeGrades | None,
    ) -> None:
        """Write what only grades can say.

        Args:
            results: of each problem.
            grades: of each problem's candidates, in the order of the results.
            alternative: what another grader says of the picks.
        """
        pairs = list(zip(results, grades, strict=True))
        rates = pass_rates(results, grades)
        misleading = (misleading_row(r, t) for r, g in pairs for t in misleading_tests(r, g))
        write_jsonl(self.folder / "grades.jsonl", (grade_row(r, g) for r, g in pairs))
        write_jsonl(self.folder / "pass_rates.jsonl", ({"task_id": task, "rate": rate} for task, rate in rates.items()))
        write_jsonl(self.folder / "misleading_tests.jsonl", misleading)
        if alternative is None:
            self._remove(_ALTERNATIVE_GRADES)
        else:
            graded = alternative.grades.items()
            rows = ({"task_id": task, "grader": alternative.grader, **g.statuses} for task, g in graded)
            write_jsonl(self.folder / _ALTERNATIVE_GRADES, rows)

    def remove_grades(self) -> None:
        """Remove the files that `write_grades` wrote for an earlier run, which had other picks."""
        self._remove(*_OF_GRADES, _ALTERNATIVE_GRADES)

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
            raise InputError(f"{self}: nothing in it was graded; run the same `coderm-eval rerank` with --grade")
        return summary

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a file with an object on each line, such as "chosen.jsonl".

        Raises:
            InputError: the file cannot be read.
        """
        path = self.folder / name
        return [_parsed(path, line) for line in _read(path).splitlines()]

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
        rows = self.rows(_ALTERNATIVE_GRADES) if (self.folder / _ALTERNATIVE_GRADES).exists() else []
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
        raise InputError(f"{path}: not what `coderm-eval rerank` wrote ({error.reason}); run it again") from None
    except OSError as error:
        raise InputError(_unreadable(path, error)) from error


def _unreadable(path: Path, error: OSError) -> str:
    """What is wrong with a run directory, one of whose files cannot be read."""
    folder, name_one = path.parent, "name one that `coderm-eval rerank --grade --out` wrote"
    if not folder.exists():
        return f"{folder}: no such folder; {name_one}"
    if folder.is_file():
        return f"{folder}: a file, and no run directory; {name_one}"
    if path.name == _SUMMARY and not path.exists():
        return f"{folder}: no finished run is in this folder (it has no {_SUMMARY}); {name_one}"
    return f"{path}: cannot be read ({error.strerror}); run the same `coderm-eval rerank` again, which writes it"
