"""The picks of a LiveCodeBench run as files for its runner and its leaderboard: one program per problem.

The leaderboard compares with the official grader's grades. A run with another grader has those of its picks in the file
`alternative_grades.jsonl`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coderm_eval.benchmarks import Benchmark
from coderm_eval.benchmarks.livecodebench import LiveCodeBench
from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Grade
from coderm_eval.report.leaderboards.base import Export
from coderm_eval.report.leaderboards.livecodebench_files import (
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


def export(run: RunDirectory, benchmark: Benchmark, out: Path, *, name: str, temperature: float) -> Export:
    """The picks, and their grades by the official grader.

    Args:
        run: a graded run directory.
        benchmark: the one of that run.
        out: the folder.
        name: of the entry, such as "Llama3-70B + CodeRM-8B Bo100 (N=1)".
        temperature: that the candidates were sampled with; it is part of the file's name.

    Raises:
        InputError: the run has no official grades, or is of other files of LiveCodeBench.
        IncompleteRunError: a pick could not be graded.
    """
    assert isinstance(benchmark, LiveCodeBench)
    summary = run.summary()
    _require_same_files(run, summary, benchmark)
    picks = {row["task_id"]: row["solution"] for row in run.rows("chosen.jsonl")}
    grades = run.grades_of_picks(summary["select"]) | _official_grades(run, benchmark, picks)
    programs = {task: [program] for task, program in picks.items()}
    custom, graded = out / "custom_output.json", leaderboard_file(out, name, 1, temperature)
    rows = list(benchmark.rows.values())
    files = {
        custom: custom_output_text(custom, programs),
        graded: eval_all_text(graded, rows, programs, {task: [grades[task]] for task in programs}),
    }
    return Export(files, check_complete(rows, programs, _RELEASE_ROWS))


def _require_same_files(run: RunDirectory, summary: Mapping[str, Any], benchmark: LiveCodeBench) -> None:
    if benchmark.dataset_sha256 != summary["dataset_sha256"]:
        raise InputError(
            f"{run}: LiveCodeBench's files are not those of this run (SHA-256 {benchmark.dataset_sha256[:12]}..., then "
            f"{summary['dataset_sha256'][:12]}...); point LIVECODEBENCH_PATH to those"
        )


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
