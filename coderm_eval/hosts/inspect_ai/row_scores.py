"""A sample's score for inspect_ai: pass@1 of each way to choose among its candidates."""

from __future__ import annotations

import math
from collections.abc import Sequence

from inspect_ai.scorer import Score, ci_wilson, mean

from coderm_eval.core.errors import IncompleteRunError
from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.hosts.scores import table_rows
from coderm_eval.pipeline.settings import Settings
from coderm_eval.report.scores import problem_scores

__all__ = ["ROW_METRICS", "row_score"]

ROW_METRICS = {"*": [mean(), ci_wilson()]}
"""Of every row. inspect's `ci` assumes that means are normal: of 20 problems that are all right it makes the interval
from 1 to 1, and of 19 one that goes beyond 1. Wilson's is right for scores of 0 and 1, and wide for those between."""


def row_score(result: RerankResult, grades: Sequence[Grade], settings: Settings, *, why: str) -> Score:
    """The rows of lm-eval's table, of one problem; NaN, which inspect leaves out of means, where a grade is missing.

    Args:
        grades: of the candidates, in their order.
        why: how the pick was made.

    Raises:
        IncompleteRunError: a candidate could not be graded, and that is not allowed.
    """
    ungraded = sum(grade.passed is None for grade in grades)
    if ungraded and not settings.execution.allow_incomplete:
        raise IncompleteRunError(
            f"{ungraded} of {len(grades)} programs could not be graded: `inspect eval-retry LOG` tries again, "
            "or allow it with execution.allow_incomplete=true"
        )
    selection = result.selections[settings.rule]
    scores = problem_scores(result, grades, settings.rule)
    value = {row: scores[row] for row in table_rows(settings)}
    if settings.abstain_below is not None:
        answered = selection.is_answer(settings.abstain_below)
        value |= {"coverage": float(answered), "coderm_answered": scores["coderm"] if answered else math.nan}
    grade = grades[selection.chosen]
    said = {True: "right", False: "wrong", None: "not graded"}[grade.passed]
    return Score(
        value=value,
        answer=result.candidates[selection.chosen].program,
        explanation=f"{why}: {said}",
        metadata={"grade": dict(grade.statuses), "not_graded": ungraded},
    )
