"""Scores as rows of lighteval's table, which has a name and a value: `pass@1:coderm`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

__all__ = ["flat", "means"]


def flat(scores: Mapping[str, Mapping[str, float]], rows: Iterable[str]) -> dict[str, float]:
    """The scores of a problem by the names of the table; NaN where a row has none.

    Args:
        scores: by row and metric.
        rows: all that the table has.
    """
    pass_at_1 = {f"pass@1:{row}": scores.get(row, {}).get("pass@1", math.nan) for row in rows}
    more = {name: value for name, value in scores.get("coderm", {}).items() if name != "pass@1"}
    return {**pass_at_1, "tests_per_problem": math.nan, **more}


def means(problems: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each score and its standard error; what is undefined is in none of them."""
    names = list(dict.fromkeys(name for problem in problems for name in problem))
    found: dict[str, float] = {}
    for name in names:
        values = np.array([p[name] for p in problems if not math.isnan(p.get(name, math.nan))])
        found[name] = float(values.mean()) if len(values) else math.nan
        if len(values) > 1:
            found[f"{name}_stderr"] = float(values.std(ddof=1) / math.sqrt(len(values)))
    return found
