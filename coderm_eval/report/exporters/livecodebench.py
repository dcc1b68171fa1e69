"""The picks of a LiveCodeBench run as files for its runner and its leaderboard: one program per problem.

The leaderboard compares with the official grader's grades. A run with another grader has those of its picks in the file
`alternative_grades.jsonl`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from coderm_eval.benchmarks.livecodebench.benchmark import LiveCodeBench
from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Grade
from coderm_eval.report.exporters.base import Export
from coderm_eval.report.exporters.entry import Entry, largest_n
from coderm_eval.report.exporters.exported_run import ExportedRun
from coderm_eval.report.exporters.livecodebench_files import (
    check_complete,
    custom_output_text,
    eval_all_text,
    leaderboard_file,
)
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["BENCHMARKS", "export"]

BENCHMARKS = ("livecodebench",)

_RELEASE_ROWS = 1055
"""Problems of release_v6, which the leaderboard's script wants since 2025-05; before it was the 880 of release_v5."""

_OFFICIAL = "official"

_RUNNERS_TEMPERATURE = 0.8
"""Stands in the file's name where none is known: the name must have one."""
_NO_TEMPERATURE = (
    "the run does not know its policy's sampling temperature, and the file's name says {}; give --temperature"
)
_NO_BEST_OF_N = (
    "LiveCodeBench's leaderboard lists sampled programs only, and none that were selected among many "
    "(LiveCodeBench issue 88): use the files to grade the picks again, not to submit them"
)


def export(run: ExportedRun, entry: Entry, out: Path) -> Export:
    """The picks, and their grades by the official grader.

    Args:
        run: the graded run.
        entry: its name and temperature are parts of paths.
        out: the folder.

    Raises:
        InputError: the run has no official grades, or is of other files of LiveCodeBench.
        IncompleteRunError: a pick could not be graded.
    """
    benchmark = run.benchmark()
    assert isinstance(benchmark, LiveCodeBench)
    temperature = entry.policy.sampling.temperature
    used = _RUNNERS_TEMPERATURE if temperature is None else temperature
    grades = {**run.grades, **_official_grades(run.directory, benchmark, run.picks)}
    programs = {task: [program] for task, program in run.picks.items()}
    custom, graded = out / "custom_output.json", leaderboard_file(out, entry.name, 1, used)
    rows = list(benchmark.rows.values())
    files = {
        custom: custom_output_text(custom, programs),
        graded: eval_all_text(graded, rows, programs, {task: [grades[task]] for task in programs}),
    }
    unknown = _NO_TEMPERATURE.format(used) if temperature is None else None
    notes = (
        _NO_BEST_OF_N if largest_n(run.summary) > 1 else None,
        unknown,
        check_complete(rows, programs, _RELEASE_ROWS),
    )
    return Export(files, tuple(note for note in notes if note))


def _official_grades(run: RunDirectory, benchmark: LiveCodeBench, picks: Mapping[str, str]) -> dict[str, Grade]:
    """Grades of the picks that the run's grader may judge otherwise than the official one; none if it was that one."""
    alternative = benchmark.alternative_grader
    if alternative is None or alternative[0] != _OFFICIAL:
        return {}
    needed = {problem.task_id for problem in alternative[1].problems} & picks.keys()
    found = run.alternative_grades()
    grades = found.grades if found and found.grader == _OFFICIAL else {}
    if not needed <= grades.keys():
        raise InputError(
            f"{run}: its picks have no grades by LiveCodeBench's own grader, with which the leaderboard compares; run "
            "the same `coderm-eval rerank` again, which grades only what is missing"
        )
    return {task: grades[task] for task in needed}
