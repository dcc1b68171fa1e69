"""pass@1 of each budget policy at growing budgets, on one set of recorded tests.

curve.csv    a line for each policy and budget; orders_low to orders_high holds 95 % of the orders of the tests
curve.svg    pass@1 against the tests that were used
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from coderm_eval.core.files import write_csv, write_text
from coderm_eval.core.progress import progress
from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.report.rules import fully_graded
from coderm_eval.report.scores import tied_pass_at_1
from coderm_eval.report.statistics import (
    GAIN_OVER_ITSELF,
    DrawSummary,
    Interval,
    gain_interval,
    summarise_draws,
)
from coderm_eval.selection.budget import BudgetPolicy
from coderm_eval.selection.budget.simulation import RecordedOrder, shuffled, simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ORDERS",
    "BudgetPoint",
    "MakePolicy",
    "budget_curve",
    "doubling_budgets",
    "draw_curve",
    "read_curve",
    "write_curve",
]

ORDERS = 100
"""Random orders of the recorded tests, over which each point is averaged."""
_SEED = 0

MakePolicy = Callable[[int], BudgetPolicy]
"""Makes a policy from its budget, in test samples per problem."""


@dataclass(frozen=True)
class BudgetPoint:
    """One policy at one budget, averaged over random orders of the recorded tests."""

    policy: str
    average: int
    """The budget: test samples per problem."""
    tests: float
    """Test samples per problem that the policy used."""
    pass_at_1: DrawSummary
    """Over the orders."""
    gain_over_uniform: Interval
    """Over the problems, each with its mean over the orders; paired with `uniform` at the same budget."""
    agreement: float
    """Share of problems whose pick is the same as with all recorded tests."""


def doubling_budgets(results: Sequence[RerankResult]) -> list[int]:
    """Budgets 1, 2, 4, ..., up to the recorded test samples per problem."""
    samples = np.mean([len(result.test_samples) for result in results])
    return [2**n for n in range(64) if 2**n <= samples]


def budget_curve(
    results: Sequence[RerankResult],
    grades: Sequence[Sequence[Grade]],
    rule: str,
    policies: Mapping[str, MakePolicy],
    budgets: Sequence[int],
) -> list[BudgetPoint]:
    """One point for each policy and budget, from `ORDERS` random orders of each problem's tests; seeded.

    A problem with a candidate that could not be graded is left out.

    Args:
        policies: by name; one is called "uniform", and gains are over it.
    """
    graded = fully_graded(results, grades)
    outcomes: dict[tuple[str, int], list[list[_Outcome]]] = {(name, each): [] for name in policies for each in budgets}
    for order in progress(range(ORDERS), ORDERS, "simulating budgets", "orders"):
        recordings = shuffled([result for result, _ in graded], rule, [_SEED, order])
        scorers = {r.problem.task_id: _Scorer(recordings[r.problem.task_id], g) for r, g in graded}
        for (name, each), orders in outcomes.items():
            known = simulate(recordings, policies[name](each))
            orders.append([scorers[task].outcome(tests) for task, tests in known.items()])
    draws = {key: np.array(orders, dtype=np.float64) for key, orders in outcomes.items()}
    return [_point(name, each, drawn, draws["uniform", each]) for (name, each), drawn in draws.items()]


class _Outcome(NamedTuple):
    """How one problem fares in one order of its tests."""

    tests: int
    pass_at_1: float
    agrees: bool
    """Whether the pick is the same as with all tests."""


class _Scorer:
    """Scores the first tests of one order; policies that use equally many tests share the score."""

    def __init__(self, recording: RecordedOrder, grades: Sequence[Grade]) -> None:
        self._recording = recording
        self._grades = grades
        self._outcomes: dict[int, _Outcome] = {}

    def outcome(self, tests: int) -> _Outcome:
        if tests not in self._outcomes:
            self._outcomes[tests] = self._score(min(tests, self._recording.samples))
        return self._outcomes[tests]

    def _score(self, tests: int) -> _Outcome:
        pick, full = (self._recording.pick(count) for count in (tests, self._recording.samples))
        right = tied_pass_at_1(pick, self._recording.candidates, self._grades)
        return _Outcome(tests, right, pick.chosen == full.chosen)


def _point(name: str, average: int, draws: npt.NDArray[np.float64], uniform: npt.NDArray[np.float64]) -> BudgetPoint:
    """`draws` and `uniform` hold outcomes of this policy and of "uniform"; shape (orders, problems, 3)."""
    tests, pass_at_1, agrees = np.moveaxis(draws, 2, 0)
    gains = pass_at_1 - uniform[:, :, 1]
    return BudgetPoint(
        policy=name,
        average=average,
        tests=float(tests.mean()),
        pass_at_1=summarise_draws(pass_at_1.mean(axis=1)),
        gain_over_uniform=gain_interval(gains.mean(axis=0)) if name != "uniform" else GAIN_OVER_ITSELF,
        agreement=float(agrees.mean()),
    )


def write_curve(folder: Path, points: Sequence[BudgetPoint], title: str) -> None:
    """Write curve.csv and curve.svg; the same points give the same bytes."""
    write_csv(folder / "curve.csv", [_row(point) for point in points])
    write_text(folder / "curve.svg", _figure(points, title))


def _row(point: BudgetPoint) -> dict[str, Any]:
    numbers = {
        "tests": point.tests,
        "pass@1": point.pass_at_1.value,
        "orders_low": point.pass_at_1.low,
        "orders_high": point.pass_at_1.high,
        "gain_over_uniform": point.gain_over_uniform.value,
        "gain_low": point.gain_over_uniform.low,
        "gain_high": point.gain_over_uniform.high,
        "agreement": point.agreement,
    }
    return {"policy": point.policy, "average": point.average, **{key: _six_digits(x) for key, x in numbers.items()}}


def read_curve(folder: Path) -> list[BudgetPoint]:
    """The points that `write_curve` wrote; standard errors and deviations, which it does not write, are NaN.

    Raises:
        KeyError or ValueError: it did not write this curve.csv.
    """
    with (folder / "curve.csv").open(newline="", encoding="utf-8") as file:
        return [_point_of_row(row) for row in csv.DictReader(file)]


def _point_of_row(row: Mapping[str, str]) -> BudgetPoint:
    def number(key: str) -> float:
        return float(row[key]) if row[key] else math.nan

    return BudgetPoint(
        policy=row["policy"],
        average=int(row["average"]),
        tests=number("tests"),
        pass_at_1=DrawSummary(number("pass@1"), number("orders_low"), number("orders_high"), math.nan),
        gain_over_uniform=Interval(number("gain_over_uniform"), number("gain_low"), number("gain_high"), math.nan),
        agreement=number("agreement"),
    )


def _six_digits(number: float) -> str:
    return "" if math.isnan(number) else f"{number:.6f}"


def _figure(points: Sequence[BudgetPoint], title: str) -> str:
    """The curve as SVG; the same points give the same text."""
    from matplotlib import rc_context  # takes half a second to load
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "coderm-eval"}):  # without it the file's ids are random
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        draw_curve(figure.add_subplot(), points, title)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def draw_curve(axes: Axes, points: Sequence[BudgetPoint], title: str) -> None:
    """Draw pass@1 in per cent, with 95 % of the orders, against the tests used, on a logarithmic axis."""
    from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

    axes.set(xscale="log", xlabel="tests per problem", ylabel="pass@1, %", title=title)
    axes.xaxis.set_major_locator(FixedLocator(sorted({point.average for point in points})))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    for policy in dict.fromkeys(point.policy for point in points):
        own = [point for point in points if point.policy == policy]
        tests, scores = [point.tests for point in own], [point.pass_at_1 for point in own]
        axes.plot(tests, [100 * score.value for score in scores], marker="o", label=policy)
        low, high = [100 * score.low for score in scores], [100 * score.high for score in scores]
        axes.fill_between(tests, low, high, alpha=0.15)
    axes.legend(title=f"shaded: 95 % of {ORDERS} orders")
