"""The problems of a run, so many at a time that the workers are kept busy, and memory does not grow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from coderm_eval.core.records import ProblemCandidates, RerankResult
from coderm_eval.generation.test_sources import TestWritingStats
from coderm_eval.pipeline.budget import budget_bar
from coderm_eval.pipeline.loop import rerank
from coderm_eval.pipeline.stages import Stages
from coderm_eval.report.tally_row import ReportedProblem
from coderm_eval.report.test_faults import all_faults, suspects
from coderm_eval.selection.budget.settings import BudgetSettings

__all__ = ["run_window", "windows"]

_WINDOW = 500
"""Problems in a window. With 20 programs and 20 tests each they fill about 100 MB and are run in a minute on two cores,
next to which the moments are short in which the last ones are waited for and the workers get the limits of grading."""


def windows(problems: int, budget: BudgetSettings, *, done: int) -> Iterator[list[slice]]:
    """Yield the windows after the problems that are `done`, each as the places of its pools.

    The problems of a pool share a budget. Where none depends on another, a window is one pool.
    """
    pool = _WINDOW if budget.policy == "uniform" else budget.pool
    pools = [slice(start, min(start + pool, problems)) for start in range(done, problems, pool)]
    for first in range(0, len(pools), at_once := max(1, _WINDOW // pool)):
        yield pools[first : first + at_once]


def run_window(stages: Stages, problems: Sequence[ProblemCandidates], pools: Sequence[slice]) -> None:
    """Rerank the problems of each pool; grade and report all of them together."""
    results: list[RerankResult] = []
    known: dict[str, _Known] = {}
    for pool in pools:
        reranked, of_pool = _rerank(stages, problems[pool])
        results += reranked
        known |= of_pool
    # before grades, which have limits of their own: workers that get other limits start anew
    faults = all_faults(results, stages.explain(block for result in results for block in suspects(result)))
    graded = stages.grade(results) if stages.grade else [None] * len(results)
    reported = [
        ReportedProblem(
            result,
            known[task].written,
            faults[task],
            known[task].change_probability,
            grades=grades and grades.grades,
            other=grades and grades.other,
            is_known_bad=task in stages.errata,
        )
        for result, grades in zip(results, graded, strict=True)
        for task in (result.problem.task_id,)
    ]
    with stages.watch.during("reporting"):
        stages.report.add(reported, {task: found.shown for task, found in known.items() if found.shown is not None})


class _Known(NamedTuple):
    """What else reranking tells of a problem."""

    written: TestWritingStats
    change_probability: float | None
    shown: Sequence[int | None] | None
    """The samples that the problem's test prompts showed, in turn; None where tests are not asked for."""


def _rerank(stages: Stages, problems: Sequence[ProblemCandidates]) -> tuple[list[RerankResult], dict[str, _Known]]:
    """Rerank problems that share a budget."""
    tests = stages.tests.of(problems)
    select = stages.select(problems, tests)
    with budget_bar(select.budget, select.total, select.tolerance) as on_round:
        results = rerank(
            problems,
            write_tests=tests.source,
            execute=stages.execute,
            rule=select.rule,
            rules=select.rules,
            budget=select.budget,
            probe=stages.probe,
            on_round=on_round,
        )
    changes = select.budget.change_probabilities
    return results, {
        task: _Known(tests.source.stats_by_task[task], changes.get(task), tests.shown.get(task))
        for task in (item.problem.task_id for item in problems)
    }
