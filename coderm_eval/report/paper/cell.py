"""What a run of one cell of Table 1 found: scores by our grades and by the authors', and the curves of the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coderm_eval.benchmarks.recorded_grades import RecordedGrade
from coderm_eval.core.records import Grade, Problem, RerankResult
from coderm_eval.generation.recorded.coderm_files import Cell
from coderm_eval.report.grade_differences import GradeDifferences, grade_differences
from coderm_eval.report.page.curves import CurvePoint, over_candidates, over_tests, resampled_problems
from coderm_eval.report.recorded_results import RecordedRun, read_recorded_run
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.scores import expected_pass_at_1, pass_rate, random_pass_at_1

__all__ = ["VOTE", "CellResult", "Fifth", "read_cell"]

VOTE = "majority"
"""The paper's rule, by its name here."""

_FIFTHS = 5


@dataclass(frozen=True)
class Fifth:
    """Problems of like difficulty, among those that any candidate solves."""

    lowest: float
    """The smallest share of right candidates among them."""
    highest: float
    points: Sequence[CurvePoint]
    """pass@1 of the vote over tests."""


@dataclass(frozen=True)
class CellResult:
    """A cell of Table 1."""

    cell: Cell
    summary: Mapping[str, Any]
    """The content of summary.json."""
    vanilla_by_theirs: float
    """pass@1 of a sample, by the authors' grades."""
    vote_by_theirs: float
    """pass@1 of the vote's pick, by the authors' grades."""
    grades: GradeDifferences
    """Our grades beside theirs."""
    over_tests: Sequence[CurvePoint]
    """pass@1 of the vote with some of the tests."""
    over_candidates: Sequence[CurvePoint]
    """pass@1 of the vote among some of the candidates."""
    fifths: Sequence[Fifth]
    """The easiest problems first."""


def read_cell(
    cell: Cell,
    directory: RunDirectory,
    problems: Mapping[str, Problem],
    recorded: Mapping[str, Sequence[RecordedGrade]],
) -> CellResult:
    """Read the run of a cell.

    Args:
        cell: which one it is.
        directory: of the finished run, which was graded.
        problems: the benchmark's, by task id.
        recorded: the authors' grades of the candidates, by task id.

    Raises:
        InputError: the files of the run do not belong together.
    """
    run = read_recorded_run(directory, problems)
    theirs = [_recorded(result, recorded) for result in run.results]
    pairs = list(zip(run.results, theirs, strict=True))
    everything = resampled_problems(run.results, run.grades)
    return CellResult(
        cell,
        run.summary,
        vanilla_by_theirs=float(np.mean([random_pass_at_1(*pair) for pair in pairs])),
        vote_by_theirs=float(np.mean([expected_pass_at_1(*pair, VOTE) for pair in pairs])),
        grades=_differences(run, recorded),
        over_tests=over_tests(everything, [VOTE])[VOTE] if everything else [],
        over_candidates=over_candidates(everything, [VOTE])[VOTE] if everything else [],
        fifths=_fifths(run),
    )


def _recorded(result: RerankResult, recorded: Mapping[str, Sequence[RecordedGrade]]) -> list[Grade]:
    """Their grade of each distinct candidate: that of its first sample."""
    own = recorded[result.problem.task_id]
    return [own[candidate.samples[0]].grade for candidate in result.candidates]


def _differences(run: RecordedRun, recorded: Mapping[str, Sequence[RecordedGrade]]) -> GradeDifferences:
    programs: dict[str, list[str]] = {}
    grades: dict[tuple[str, str], Grade] = {}
    for result, row in zip(run.results, run.grades, strict=True):
        task = result.problem.task_id
        by_sample = {sample: c.program for c in result.candidates for sample in c.samples}
        programs[task] = [by_sample[sample] for sample in sorted(by_sample)]
        grades |= {(task, c.program): grade for c, grade in zip(result.candidates, row, strict=True)}
    return grade_differences(programs, grades, recorded)


def _fifths(run: RecordedRun) -> list[Fifth]:
    """The paper's quintiles: problems that no candidate solves are left out, and so are those without all grades."""
    rated = [
        (pass_rate(result.candidates, grades), result, grades)
        for result, grades in zip(run.results, run.grades, strict=True)
    ]
    solved = sorted((row for row in rated if row[0]), key=lambda row: (-row[0], row[1].problem.task_id))
    found = []
    for part in np.array_split(np.arange(len(solved)), _FIFTHS):
        rows = [solved[place] for place in part]
        problems = resampled_problems([result for _, result, _ in rows], [grades for *_, grades in rows])
        if problems:
            found.append(Fifth(rows[-1][0], rows[0][0], over_tests(problems, [VOTE])[VOTE]))
    return found
