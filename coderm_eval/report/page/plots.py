"""How each figure is drawn, on axes that it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coderm_eval.report.budget_curve import BudgetPoint
from coderm_eval.report.page.curves import CurvePoint
from coderm_eval.report.risk_coverage import risk_coverage
from coderm_eval.report.statistics import gain_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BASE", "INK", "PICK", "QUINTILES", "budget", "gain_by_difficulty", "lines", "risk", "rules", "tests_used"]

INK = "#010203"
"""Stands for the page's colour of text, which is another in the dark."""
QUINTILES = 5
_MOST_BARS = 25
_BAND = 0.1
"""Opacity: three bands on top of each other are still told apart."""
PICK, BASE = "#0a7d4b", "#8c8c8c"
_COLOURS = ("#3d7fd9", "#c77700", "#a357c2", "#c4574b", "#3a9aa8", "#8a7a2c")
"""Of rules and policies; told apart by those who see no green or no red, and in both light and dark."""


def rules(axes: Axes, found: Mapping[str, Any]) -> None:
    names = list(found)[::-1]
    values = np.array([100 * found[name]["pass@1"]["value"] for name in names])
    ends = np.array([[100 * end for end in found[name]["pass@1"]["ci95"]] for name in names])
    places = range(len(names))
    axes.errorbar(values, places, xerr=[values - ends[:, 0], ends[:, 1] - values], fmt="o", color=PICK, capsize=3)
    axes.set_yticks(places, names)
    axes.set_ylim(-0.5, len(names) - 0.5)
    axes.set_xlabel("pass@1, per cent")


def lines(
    axes: Axes,
    curves: Mapping[str, Sequence[CurvePoint]],
    *,
    over: str,
    pick: tuple[int, float] | None = None,
    bounds: Mapping[str, Sequence[tuple[int, float]]] | None = None,
) -> None:
    """pass@1 in per cent over a size, with bands.

    Args:
        curves: by the name of a rule.
        over: what the size is of.
        pick: size and pass@1 of the run's own pick.
        bounds: other lines by name, drawn thin.
    """
    for (name, points), colour in zip(curves.items(), _COLOURS, strict=False):
        sizes = [point.size for point in points]
        axes.plot(sizes, [100 * point.value for point in points], "o-", ms=3, color=colour, label=name)
        low, high = ([100 * end for end in ends] for ends in zip(*((p.low, p.high) for p in points), strict=True))
        axes.fill_between(sizes, low, high, color=colour, alpha=_BAND, lw=0)
    for (name, pairs), style in zip((bounds or {}).items(), ("--", ":"), strict=False):
        axes.plot([size for size, _ in pairs], [100 * value for _, value in pairs], style, color=BASE, label=name)
    if pick:
        axes.plot([pick[0]], [100 * pick[1]], "D", ms=6, color=PICK, label="the run's pick")
    _in_doublings(axes)
    axes.set_xlabel(over)
    axes.set_ylabel("pass@1, per cent")
    _legend_above(axes)


def budget(axes: Axes, points: Sequence[BudgetPoint]) -> None:
    """pass@1 of each policy over the tests that it used."""
    for policy, colour in zip(dict.fromkeys(point.policy for point in points), _COLOURS, strict=False):
        own = [point for point in points if point.policy == policy]
        tests = [point.tests for point in own]
        value, low, high = (
            [100 * getattr(point.pass_at_1, name) for point in own] for name in ("value", "low", "high")
        )
        axes.plot(tests, value, "o-", ms=3, color=colour, label=policy)
        axes.fill_between(tests, low, high, color=colour, alpha=_BAND, lw=0)
    _in_doublings(axes)
    axes.set_xlabel("tests used per problem")
    axes.set_ylabel("pass@1, per cent")
    _legend_above(axes)


def gain_by_difficulty(axes: Axes, problems: Sequence[Mapping[str, Any]]) -> None:
    by_rate = sorted(problems, key=lambda problem: (problem["rate"], problem["task_id"]))
    rates = np.array([problem["rate"] for problem in by_rate])
    gains = np.array([problem["right"] - problem["rate"] for problem in by_rate])
    parts = np.array_split(np.arange(len(by_rate)), QUINTILES)
    found = [gain_interval(gains[part]) for part in parts]
    values = np.array([100 * interval.value for interval in found])
    around = 100 * np.array([[i.value - i.low, i.high - i.value] for i in found]).T
    axes.bar(range(QUINTILES), values, 0.6, color=PICK)
    differs = [n for n, part in enumerate(parts) if np.ptp(gains[part]) > 0]  # where all gain 0, nothing can be gained
    axes.errorbar(differs, values[differs], yerr=around[:, differs], fmt="none", ecolor=INK, capsize=3, lw=1)
    axes.axhline(0, color=INK, lw=0.8)
    axes.set_xticks(range(QUINTILES), [_span(rates[part]) for part in parts])
    axes.set_xlabel("right samples, per cent: hardest fifth to easiest")
    axes.set_ylabel("gain in pass@1, points")


def risk(axes: Axes, problems: Sequence[Mapping[str, Any]]) -> None:
    right = np.array([float(problem["right"]) for problem in problems])
    curve = risk_coverage(np.array([problem["confidence"] for problem in problems]), right)
    axes.plot(100 * curve.answered / len(right), 100 * curve.risk, color=PICK, label="the surest picks")
    axes.axhline(100 * float(1 - right.mean()), color=BASE, label="all picks")
    axes.set_xlabel("answered, per cent of problems")
    axes.set_ylabel("wrong, per cent")
    axes.set_xlim(0, 100)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, labelcolor=INK)


def tests_used(axes: Axes, used: Sequence[int]) -> None:
    from matplotlib.ticker import MaxNLocator

    width = max(1, (max(used) - min(used)) // _MOST_BARS + 1)
    edges = [start - 0.5 for start in range(min(used), max(used) + 2 * width, width)]
    axes.hist(used, bins=edges, rwidth=0.9, color=PICK)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("tests")
    axes.set_ylabel("problems")


def _legend_above(axes: Axes) -> None:
    """The names of the lines, where they cover none of them."""
    handles, names = axes.get_legend_handles_labels()
    axes.figure.legend(handles, names, loc="outside upper left", ncols=3, frameon=False, labelcolor=INK, fontsize=8)


def _in_doublings(axes: Axes) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:.0f}")


def _span(rates: npt.NDArray[np.float64]) -> str:
    low, high = f"{100 * rates.min():.0f}", f"{100 * rates.max():.0f}"
    return low if low == high else f"{low} to {high}"
