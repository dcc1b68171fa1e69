"""The page's figures, as SVG that takes the page's own colour for text and axes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.report.budget_curve import BudgetPoint
from coderm_eval.report.page import plots
from coderm_eval.report.page.curves import (
    DRAWN_RULES,
    ORDERS,
    over_candidates,
    over_tests,
    pass_at_k,
    resampled_problems,
)
from coderm_eval.report.page.result_tables import known_rules
from coderm_eval.report.recorded_results import RecordedRun
from coderm_eval.report.rules import fully_graded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["figures", "svg"]

_Figure = tuple[str, Callable[["Axes"], None]]
"""Caption, and what draws it."""

_ENOUGH = 50
"""Problems from which fifths are drawn, ten in each, and the surest picks: of a few there is nothing to see."""


def figures(
    run: RecordedRun, problems: Sequence[Mapping[str, Any]], curve: Sequence[BudgetPoint]
) -> list[tuple[str, str]]:
    """(caption, SVG) of each figure that the run has numbers for.

    Args:
        run: as it is recorded.
        problems: what `problem_rows` gives.
        curve: the points of its budget curve; empty where there is none.
    """
    parts = (_of_rules(run), _of_sizes(run), _of_budget(run, curve), _of_problems(problems))
    return [(caption, svg(draw)) for part in parts for caption, draw in part]


def _of_rules(run: RecordedRun) -> Iterator[_Figure]:
    known = known_rules(run.summary)
    if len(known) > 1:
        yield "pass@1 of each rule, with 95 % intervals over problems.", lambda axes: plots.rules(axes, known)


def _of_sizes(run: RecordedRun) -> Iterator[_Figure]:
    problems = resampled_problems(run.results, run.grades) if run.grades else []
    if not any(len(problem.of_test_sample) for problem in problems):
        return
    summary = run.summary
    rules = [rule for rule in DRAWN_RULES if rule in summary["rules"]]
    left_out = len(run.results) - len(problems)
    of = f" {left_out} problems are left out, of which something could not be run." if left_out else ""
    others = len(summary["rules"]) > len(rules)
    only = " Only rules that need nothing but recorded verdicts, and little time, are drawn." if others else ""
    how = f"mean of {ORDERS} random orders of each problem; shaded: 95 % of orders.{of}"
    pick = None if left_out else summary["pass@1"]["coderm"]["value"]
    tests, candidates = over_tests(problems, rules), over_candidates(problems, rules)
    most_tests, most = tests[rules[0]][-1].size, candidates[rules[0]][-1].size
    bounds = _bounds(run, [point.size for point in candidates[rules[0]]])
    yield (
        f"pass@1 over the tests of each problem (all, where it has fewer): {how}{only}",
        lambda axes: plots.lines(axes, tests, over="tests per problem", pick=pick and (most_tests, pick)),
    )
    yield (
        f"pass@1 over the candidates of each problem, with all tests: {how}",
        lambda axes: plots.lines(
            axes, candidates, over="candidates per problem", pick=pick and (most, pick), bounds=bounds
        ),
    )


def _bounds(run: RecordedRun, sizes: Sequence[int]) -> dict[str, list[tuple[int, float]]]:
    """What no rule can leave: a random sample, and whether any of k samples is right."""
    counts = [_samples_and_right(r, row) for r, row in fully_graded(run.results, run.grades)]
    sizes = [size for size in sizes if size <= min(n for n, _ in counts)]
    mean = float(np.mean([c / n for n, c in counts]))
    return {
        "pass@k: any is right": [(k, float(np.mean([pass_at_k(n, c, k) for n, c in counts]))) for k in sizes],
        "a random sample": [(k, mean) for k in sizes],
    }


def _samples_and_right(result: RerankResult, grades: Sequence[Grade]) -> tuple[int, int]:
    sizes = [candidate.multiplicity for candidate in result.candidates]
    return sum(sizes), sum(size for size, grade in zip(sizes, grades, strict=True) if grade.passed)


def _of_budget(run: RecordedRun, curve: Sequence[BudgetPoint]) -> Iterator[_Figure]:
    if curve:
        rule = run.summary["select"]
        yield (
            f"pass@1 of {rule} by the tests that each budget policy used, at growing budgets; shaded: 95 % of orders.",
            lambda axes: plots.budget(axes, curve),
        )


def _of_problems(problems: Sequence[Mapping[str, Any]]) -> Iterator[_Figure]:
    graded = [problem for problem in problems if problem["right"] is not None and problem["rate"] is not None]
    if len(graded) >= _ENOUGH:
        yield (
            "What the pick gains over a random sample, by difficulty: fifths of the problems by their share of right "
            "samples, with 95 % intervals. The easiest have little left to gain, the hardest little to find.",
            lambda axes: plots.gain_by_difficulty(axes, graded),
        )
    if len(graded) >= _ENOUGH and not all(problem["right"] for problem in graded):
        yield (
            "How often the surest picks are wrong, by how many are answered: what --abstain-below trades.",
            lambda axes: plots.risk(axes, graded),
        )
    used = [problem["tests_used"] for problem in problems]
    if len(set(used)) > 1:
        yield "Distinct tests that the pick used, by problem.", lambda axes: plots.tests_used(axes, used)


def svg(draw: Callable[[Axes], None], *, height: float = 2.9) -> str:
    """Return what is drawn, at a height in inches; where it has the colour INK, it takes the page's."""
    from matplotlib import rc_context  # takes half a second to load
    from matplotlib.figure import Figure

    ink: Any = dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), plots.INK
    )
    with rc_context({**ink, "svg.hashsalt": "coderm-eval", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(4.8, height), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :].replace(plots.INK, "currentColor")
