"""What a budget buys: pass@1 of each policy at growing budgets, on one set of recorded tests.

curve.csv    a line for each policy and each average budget
curve.svg    pass@1 over the tests that were spent
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from coderm_eval.core.files import write_csv, write_text
from coderm_eval.core.progress import progress
from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.report.rules import fully_graded
from coderm_eval.report.scores import tied_pass_at_1
from coderm_eval.report.statistics import Interval, mean_interval, percentile_interval
from coderm_eval.selection.budget import BudgetPolicy
from coderm_eval.selection.budget.simulation import RecordedOrder, shuffled, simulate

__all__ = ["ORDERS", "BudgetPoint", "averages", "curve", "write_curve"]

ORDERS = 100
_SEED = 0

MakePolicy = Callable[[int], BudgetPolicy]
"""From the average number of test samples per problem."""


@dataclass(frozen=True)
class BudgetPoint:
    """One policy at one budget, over random orders of the recorded tests."""

    policy: str
    average: int
    """Test samples per problem that it may spend."""
    tests: float
    """That it spent, per problem."""
    pass_at_1: Interval
    """Mean, 2.5 % and 97.5 % quantiles and standard deviation over orders."""
    gain_over_uniform: Interval
    """Paired, with a 95 % interval over problems, each problem's mean over orders."""
    agreement: float
    """Share of the problems whose pick is the one on all recorded tests."""


def averages(results: Sequence[RerankResult]) -> list[int]:
    """1, 2, 4, ..., as far as the recorded tests reach."""
    samples = np.mean([sum(test.multiplicity for test in result.tests) for result in results])
    return [2**n for n in range(64) if 2**n <= samples]


def curve(
    results: Sequence[RerankResult],
    grades: Sequence[Sequence[Grade]],
    rule: str,
    policies: Mapping[str, MakePolicy],
    budgets: Sequence[int],
) -> list[BudgetPoint]:
    """A point for each policy and each budget, from `ORDERS` random orders of each problem's tests; seeded.

    `policies` has a "uniform". A problem with a candidate that could not be graded is left out.
    """
    graded = fully_graded(results, grades)
    found: dict[tuple[str, int], list[list[_Outcome]]] = {(name, each): [] for name in policies for each in budgets}
    for order in progress(range(ORDERS), ORDERS, "simulating budgets", "orders"):
        recordings = shuffled([result for result, _ in graded], rule, [_SEED, order])
        judges = {r.problem.task_id: _Scorer(recordings[r.problem.task_id], g) for r, g in graded}
        for (name, each), orders in found.items():
            standings = simulate(recordings, policies[name](each))
            orders.append([judges[task].outcome(standing.requested) for task, standing in standings.items()])
    draws = {key: np.array(orders, dtype=np.float64) for key, orders in found.items()}
    return [_point(name, each, drawn, draws["uniform", each]) for (name, each), drawn in draws.items()]


class _Outcome(NamedTuple):
    """Of one problem in one order."""

    tests: int
    pass_at_1: float
    agrees: bool


class _Scorer:
    """What the first tests of one order are worth; policies that spend alike are judged once."""

    def __init__(self, recording: RecordedOrder, grades: Sequence[Grade]) -> None:
        self._recording = recording
        self._grades = grades
        self._outcomes: dict[int, _Outcome] = {}

    def outcome(self, asked: int) -> _Outcome:
        if asked not in self._outcomes:
            self._outcomes[asked] = self._judge(min(asked, self._recording.samples))
        return self._outcomes[asked]

    def _judge(self, tests: int) -> _Outcome:
        standing, full = (self._recording.standing(count) for count in (tests, self._recording.samples))
        right = tied_pass_at_1(standing.selection, standing.candidates, self._grades)
        return _Outcome(tests, right, standing.selection.chosen == full.selection.chosen)


def _point(name: str, average: int, draws: npt.NDArray[np.float64], uniform: npt.NDArray[np.float64]) -> BudgetPoint:
    """`draws`, and those of `uniform` at the same budget: outcomes, of shape (orders, problems, 3)."""
    tests, pass_at_1, agrees = np.moveaxis(draws, 2, 0)
    return BudgetPoint(
        policy=name,
        average=average,
        tests=float(tests.mean()),
        pass_at_1=percentile_interval(pass_at_1.mean(axis=1)),
        gain_over_uniform=mean_interval((pass_at_1 - uniform[:, :, 1]).mean(axis=0)),
        agreement=float(agrees.mean()),
    )


def write_curve(folder: Path, points: Sequence[BudgetPoint], title: str) -> None:
    """Write curve.csv, and curve.svg with its intervals; the same points give the same bytes."""
    write_csv(folder / "curve.csv", [_row(point) for point in points])
    write_text(folder / "curve.svg", _figure(points, title))


def _row(point: BudgetPoint) -> dict[str, Any]:
    """Numbers with six decimals, which is less than the seeds give."""
    numbers = {
        "tests": point.tests,
        "pass@1": point.pass_at_1.value,
        "low": point.pass_at_1.low,
        "high": point.pass_at_1.high,
        "gain_over_uniform": point.gain_over_uniform.value,
        "gain_low": point.gain_over_uniform.low,
        "gain_high": point.gain_over_uniform.high,
        "agreement": point.agreement,
    }
    return {"policy": point.policy, "average": point.average, **{key: f"{x:.6f}" for key, x in numbers.items()}}


def _figure(points: Sequence[BudgetPoint], title: str) -> str:
    """An SVG: pass@1 in per cent over the tests that were spent, on a logarithmic axis."""
    from matplotlib import rc_context  # takes half a second to load
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

    with rc_context({"svg.hashsalt": "coderm-eval"}):  # else the ids in the file are random
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot(xscale="log", xlabel="tests per problem", ylabel="pass@1, %", title=title)
        axes.xaxis.set_major_locator(FixedLocator(sorted({point.average for point in points})))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_locator(NullLocator())
        for policy in dict.fromkeys(point.policy for point in points):
            own = [point for point in points if point.policy == policy]
            tests = [point.tests for point in own]
            axes.plot(tests, [100 * point.pass_at_1.value for point in own], marker="o", label=policy)
            low, high = (
                [100 * limit for limit in limits] for limits in zip(*(p.pass_at_1[1:3] for p in own), strict=True)
            )
            axes.fill_between(tests, low, high, alpha=0.15)
        axes.legend()
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
