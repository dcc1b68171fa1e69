"""The page's figures, as SVG that takes the page's own colour for text and axes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaln

from coderm_eval.report.risk_coverage import risk_coverage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["figures"]

_QUINTILES = 5
_MOST_BARS = 25
_INK = "#010203"
"""Stands for the page's colour of text, which is another in the dark."""
_PICK, _BASE, _BOUND = "#0a7d4b", "#8c8c8c", "#c77700"


def figures(rules: Mapping[str, Any], problems: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(caption, SVG) of each figure that the run has numbers for.

    Args:
        rules: the `rules` of summary.json; empty if the run was not graded.
        problems: what `problem_rows` gives.
    """
    graded = [problem for problem in problems if problem["right"] is not None and problem["rate"] is not None]
    drawn: list[tuple[str, Callable[[Axes], None]]] = []
    known = {name: row for name, row in rules.items() if row["pass@1"]["value"] is not None}
    if known:
        drawn.append(("pass@1 of each rule, with 95 % intervals", lambda axes: _rules(axes, known)))
    if len(graded) >= _QUINTILES:
        drawn.append(
            (
                "pass@1 by difficulty: fifths of the problems, by their share of right samples",
                lambda axes: _by_difficulty(axes, graded),
            )
        )
    if graded:
        drawn.append(
            ("What more candidates could give: pass@k, and the pick's pass@1", lambda axes: _pass_at_k(axes, graded))
        )
        drawn.append(
            (
                "How often the surest picks are wrong, by how many are answered",
                lambda axes: _risk_coverage(axes, graded),
            )
        )
    if any(problem["tests_used"] for problem in problems):
        drawn.append(("Tests that the pick used, by problem", lambda axes: _tests_used(axes, problems)))
    return [(caption, _svg(draw)) for caption, draw in drawn]


def pass_at_k(samples: int, right: int, k: int) -> float:
    """The unbiased estimate 1 - C(n-c, k) / C(n, k) of pass@k (Chen et al. 2021, arXiv 2107.03374, equation 1)."""
    if samples - right < k:
        return 1.0
    return 1.0 - float(np.exp(_log_choose(samples - right, k) - _log_choose(samples, k)))


def _log_choose(n: int, k: int) -> float:
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _rules(axes: Axes, rules: Mapping[str, Any]) -> None:
    names = list(rules)[::-1]
    values = np.array([100 * rules[name]["pass@1"]["value"] for name in names])
    ends = np.array([[100 * end for end in rules[name]["pass@1"]["ci95"]] for name in names])
    places = range(len(names))
    axes.errorbar(values, places, xerr=[values - ends[:, 0], ends[:, 1] - values], fmt="o", color=_PICK, capsize=3)
    axes.set_yticks(places, names)
    axes.set_ylim(-0.5, len(names) - 0.5)
    axes.set_xlabel("pass@1, per cent")


def _by_difficulty(axes: Axes, problems: Sequence[Mapping[str, Any]]) -> None:
    by_rate = sorted(problems, key=lambda problem: (problem["rate"], problem["task_id"]))
    parts = [part.tolist() for part in np.array_split(np.arange(len(by_rate)), _QUINTILES)]
    random = [100 * np.mean([by_rate[n]["rate"] for n in part]) for part in parts]
    picked = [100 * np.mean([by_rate[n]["right"] for n in part]) for part in parts]
    places = np.arange(_QUINTILES)
    axes.bar(places - 0.2, random, 0.4, color=_BASE, label="a random sample")
    axes.bar(places + 0.2, picked, 0.4, color=_PICK, label="the pick")
    axes.set_xticks(places, ["hardest", "2nd", "3rd", "4th", "easiest"])
    axes.set_ylabel("pass@1, per cent")
    axes.legend(frameon=False, labelcolor=_INK)


def _pass_at_k(axes: Axes, problems: Sequence[Mapping[str, Any]]) -> None:
    counts = [
        (
            sum(len(c["samples"]) for c in problem["candidates"] if c["right"] is not None),
            sum(len(c["samples"]) for c in problem["candidates"] if c["right"]),
        )
        for problem in problems
    ]
    most = min(samples for samples, _ in counts)
    ks = np.unique(np.geomspace(1, most, 20).astype(int))
    axes.plot(
        ks,
        [100 * np.mean([pass_at_k(n, c, int(k)) for n, c in counts]) for k in ks],
        "o-",
        color=_BOUND,
        ms=3,
        label="pass@k",
    )
    picked = 100 * float(np.mean([problem["right"] for problem in problems]))
    axes.axhline(picked, color=_PICK, label="the pick's pass@1")
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_xlabel("k, of the candidates")
    axes.set_ylabel("per cent of problems")
    axes.legend(frameon=False, labelcolor=_INK)


def _risk_coverage(axes: Axes, problems: Sequence[Mapping[str, Any]]) -> None:
    right = np.array([float(problem["right"]) for problem in problems])
    curve = risk_coverage(np.array([problem["confidence"] for problem in problems]), right)
    coverage = 100 * curve.answered / len(right)
    axes.plot(coverage, 100 * curve.risk, "o-", color=_PICK, ms=3, label="the surest picks")
    axes.axhline(100 * float(1 - right.mean()), color=_BASE, label="all picks")
    axes.set_xlabel("answered, per cent of problems")
    axes.set_ylabel("wrong, per cent")
    axes.set_xlim(0, 100)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, labelcolor=_INK)


def _tests_used(axes: Axes, problems: Sequence[Mapping[str, Any]]) -> None:
    from matplotlib.ticker import MaxNLocator

    used = [problem["tests_used"] for problem in problems]
    width = max(1, (max(used) - min(used)) // _MOST_BARS + 1)
    edges = [start - 0.5 for start in range(min(used), max(used) + 2 * width, width)]
    axes.hist(used, bins=edges, rwidth=0.9, color=_PICK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("tests")
    axes.set_ylabel("problems")


def _svg(draw: Callable[[Axes], None]) -> str:
    from matplotlib import rc_context  # takes half a second to load
    from matplotlib.figure import Figure

    ink: Any = dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), _INK)
    with rc_context({**ink, "svg.hashsalt": "coderm-eval", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(4.8, 2.9), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :].replace(_INK, "currentColor")
