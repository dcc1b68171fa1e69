"""A graded run of LiveCodeBench as the files that its runner and leaderboard take: one program a problem, the pick."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from coderm_eval.benchmarks import GradeTask
from coderm_eval.benchmarks.livecodebench import LiveCodeBench, load_livecodebench
from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Grade
from coderm_eval.pipeline.settings import load_settings
from coderm_eval.report.leaderboards.livecodebench_files import (
    check_complete,
    leaderboard_file,
    write_custom_output,
    write_eval_all,
)
from coderm_eval.report.run_directory import read_json, read_jsonl, require_graded

__all__ = ["ExportedFiles", "export"]

_RELEASE_ROWS = 1055
"""Of release_v6, which the leaderboard's script wants since 2025-05; before it was the 880 of release_v5."""


class ExportedFiles(NamedTuple):
    custom_output: Path
    eval_all: Path
    incomplete: str | None
    """Why the leaderboard would skip the file, as a sentence."""


def export(run: Path, out: Path, *, name: str, temperature: float) -> ExportedFiles:
    """Write the picks of the run directory `run`, and their grades by the official grader, into the folder `out`.

    Args:
        name: of the entry, such as "Llama3-70B + CodeRM-8B Bo100 (N=1)": it is the only place for the setting.
        temperature: that the candidates were sampled with; it is part of the file's name.

    Raises:
        InputError: `run` is no graded run of LiveCodeBench, or the benchmark's files are not those that it read.
        NotRunError: a pick has no grade.
    """
    summary = read_json(run, "summary.json")
    if summary.get("benchmark") != "livecodebench":
        raise InputError(f"{run}: a run of {summary.get('benchmark')}; only those of livecodebench can be exported")
    require_graded(run, summary)
    given = {"livecodebench": summary["settings"]["livecodebench"]}
    benchmark = load_livecodebench(load_settings(given, source=str(run / "summary.json")).livecodebench)
    if benchmark.dataset_sha256 != summary["dataset_sha256"]:
        raise InputError(
            f"{run}: LiveCodeBench's files are not those of this run (SHA-256 {benchmark.dataset_sha256[:12]}..., then "
            f"{summary['dataset_sha256'][:12]}...); point LIVECODEBENCH_PATH to those"
        )
    picks = {row["task_id"]: row["solution"] for row in read_jsonl(run, "chosen.jsonl")}
    grades = _grades_of_picks(run, summary["select"]) | _official_grades(benchmark, picks)
    programs = {task: [program] for task, program in picks.items()}
    custom, eval_all = out / "custom_output.json", leaderboard_file(out, name, 1, temperature)
    rows = list(benchmark.rows.values())
    write_eval_all(eval_all, rows, programs, {task: [grades[task]] for task in programs})
    write_custom_output(custom, programs)
    return ExportedFiles(custom, eval_all, check_complete(rows, programs, _RELEASE_ROWS))


def _grades_of_picks(run: Path, rule: str) -> dict[str, Grade]:
    picks = {row["task_id"]: row["selections"][rule]["chosen"] for row in read_jsonl(run, "verdicts.jsonl")}
    return {row["task_id"]: _grade_of(picks[row["task_id"]], row["grades"]) for row in read_jsonl(run, "grades.jsonl")}


def _official_grades(benchmark: LiveCodeBench, picks: Mapping[str, str]) -> dict[str, Grade]:
    """Of those picks that the run's grader may see otherwise; none if that was the official one."""
    name, official = benchmark.alternative_grader or ("", benchmark)
    if name != "official":
        return {}
    tasks = [GradeTask(p.task_id, p.task_id, picks[p.task_id]) for p in official.problems if p.task_id in picks]
    return dict(official.grade(tasks, workers=os.cpu_count() or 1))


def _grade_of(sample: int, grades: list[dict[str, Any]]) -> Grade:
    found = next(grade for grade in grades if sample in grade["samples"])
    return Grade({suite: status for suite, status in found.items() if suite != "samples"})
