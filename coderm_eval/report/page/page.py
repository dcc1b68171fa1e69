"""The page of a run: its numbers in a template, and all verdicts as the data of its scripts."""

from __future__ import annotations

from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Problem, Verdict
from coderm_eval.report.budget_curve import read_curve
from coderm_eval.report.page.document import render
from coderm_eval.report.page.facts import facts
from coderm_eval.report.page.figures import figures
from coderm_eval.report.page.problem_rows import misled_rows, problem_rows
from coderm_eval.report.page.result_tables import abstention_lines, rule_lines, score_lines
from coderm_eval.report.page.work_tables import cost_lines, quality_lines, time_lines, verdict_lines
from coderm_eval.report.provenance import read_provenance
from coderm_eval.report.recorded_results import RecordedRun, read_recorded_run
from coderm_eval.report.run_directory import RunDirectory

__all__ = ["read_run", "render_page"]

_SCRIPTS = ("source.js", "difference.js", "matrix.js", "details.js", "problem_table.js", "table.js")
"""In the order in which they stand on the page."""


def render_page(directory: RunDirectory, *, with_programs: bool) -> str:
    """The HTML of a run's page, which loads nothing from anywhere; the same run gives the same bytes.

    Args:
        directory: of a finished run, graded or not.
        with_programs: whether programs and tests can be read on it, which is most of its size.

    Raises:
        InputError: this is no run directory, or not one that this version wrote.
    """
    try:
        run = read_run(directory)
        return _rendered(run, directory, with_programs=with_programs)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise InputError(
            f"{directory}: its files do not belong together, or another version of coderm-eval wrote them; run the "
            "same `coderm-eval rerank` with --overwrite"
        ) from None


def read_run(directory: RunDirectory) -> RecordedRun:
    """Read a run without its benchmark: of the problems only the task ids are known.

    Raises:
        InputError: a file is missing, or two of them say what cannot both be.
        KeyError: another version wrote it.
    """
    tasks = [str(row["task_id"]) for row in directory.rows("verdicts.jsonl")]
    return read_recorded_run(directory, {task: Problem(task, entry_point="", prompt="", question="") for task in tasks})


def _rendered(run: RecordedRun, directory: RunDirectory, *, with_programs: bool) -> str:
    problems = problem_rows(run, with_programs=with_programs)
    misleading = directory.rows("misleading_tests.jsonl") if run.grades else []
    provenance = read_provenance(directory)
    return render(
        "page.html",
        {
            "problems": problems,
            "misled": misled_rows(misleading, run),
            "verdicts": {v.code: v.name.lower().replace("_", " ") for v in Verdict},
        },
        _SCRIPTS,
        summary=run.summary,
        facts=facts(run.summary, provenance),
        scores=score_lines(run),
        abstention=abstention_lines(run.summary["abstention"] or {}),
        rules=rule_lines(run),
        quality=quality_lines(run.summary["test_quality"]),
        verdicts=verdict_lines(run),
        costs=cost_lines(run.summary),
        times=time_lines(provenance),
        misled=bool(misleading),
        figures=figures(run, problems, read_curve(directory.folder) if directory.has_curve() else []),
    )
