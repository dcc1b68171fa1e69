"""The lines that one problem has in the files of a run directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coderm_eval.core.records import Grade
from coderm_eval.report.quality import misleading_tests
from coderm_eval.report.rows import chosen_row, grade_row, misleading_row, test_rows, verdict_row
from coderm_eval.report.run_directory import ALTERNATIVE_GRADES, TALLY
from coderm_eval.report.scores import pass_rate
from coderm_eval.report.tally_row import ReportedProblem, tally_row

__all__ = ["problem_lines"]


def problem_lines(
    problem: ReportedProblem, rule: str, *, abstain_below: float | None, shown: Mapping[str, Sequence[int | None]]
) -> dict[str, Iterable[Mapping[str, Any]]]:
    """The lines of each file, by its name.

    Args:
        problem: what the run found out about it.
        rule: whose pick is the chosen program.
        abstain_below: mark a pick of less confidence; None: mark none.
        shown: by task id, the samples that the problem's test prompts showed, in turn.
    """
    result = problem.result
    return {
        "tests.jsonl": test_rows(result),
        "chosen.jsonl": [chosen_row(result, rule, abstain_below)],
        "verdicts.jsonl": [verdict_row(result, shown)],
        TALLY: [tally_row(problem, rule)],
        **(_of_grades(problem, problem.grades) if problem.grades is not None else {}),
    }


def _of_grades(problem: ReportedProblem, grades: Sequence[Grade]) -> dict[str, Iterable[Mapping[str, Any]]]:
    """The lines that only grades can give."""
    result, other = problem.result, problem.other
    task = result.problem.task_id
    return {
        "grades.jsonl": [grade_row(result, grades)],
        "pass_rates.jsonl": [{"task_id": task, "rate": pass_rate(result.candidates, grades)}],
        "misleading_tests.jsonl": [misleading_row(result, test) for test in misleading_tests(result, grades)],
        **({ALTERNATIVE_GRADES: [{"task_id": task, "grader": other.grader, **other.grade.statuses}]} if other else {}),
    }
