"""Rules against each other, on the same verdicts: what each gains, and how sure one can be of the order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.report.scores import expected_pass_at_1, random_pass_at_1
from coderm_eval.report.statistics import Interval, mean_interval, order_probability, percentile_interval

__all__ = ["RuleScore", "compare", "fully_graded", "resampled"]

_SEED = 0


@dataclass(frozen=True)
class RuleScore:
    """What a rule is worth: expected pass@1 over what it leaves tied, with 95 % intervals over problems."""

    rule: str
    pass_at_1: Interval
    gain_over_random: Interval
    """Paired: problem by problem."""
    gain_over_majority: Interval
    ahead_of_next: float
    """Probability that on another draw of the problems this rule scores above the one below it; NaN for the last."""


def compare(results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]) -> list[RuleScore]:
    """One score for each rule that was applied, the best first; equal ones by name.

    A problem with a candidate that could not be graded is left out, for all rules alike.
    """
    graded = fully_graded(results, grades)
    rules = sorted(results[0].selections) if results else []
    columns = {rule: np.array([expected_pass_at_1(r, g, rule) for r, g in graded]) for rule in rules}
    chance = np.array([random_pass_at_1(r, g) for r, g in graded])
    rules.sort(key=lambda rule: (-columns[rule].mean() if graded else 0.0, rule))
    return [
        RuleScore(
            rule,
            mean_interval(columns[rule]),
            mean_interval(columns[rule] - chance),
            mean_interval(columns[rule] - columns["majority"]),
            order_probability(columns[rule], columns[below]) if below else float("nan"),
        )
        for rule, below in zip(rules, [*rules[1:], None], strict=True)
    ]


def resampled(draws: Iterable[Sequence[RerankResult]], grades: Sequence[Sequence[Grade]]) -> dict[str, Interval]:
    """pass@1 of each rule over draws of tests: mean, 2.5 % and 97.5 % quantiles and standard deviation of the draws.

    A problem with a candidate that could not be graded is left out of all draws.
    """
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for drawn in draws:
        graded = fully_graded(drawn, grades)
        for rule in drawn[0].selections:
            scores[rule].append(float(np.mean([expected_pass_at_1(r, g, rule) for r, g in graded])))
    return {rule: percentile_interval(np.array(found)) for rule, found in sorted(scores.items())}


def fully_graded(
    results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]
) -> list[tuple[RerankResult, Sequence[Grade]]]:
    """The problems all of whose candidates could be graded."""
    return [(r, g) for r, g in zip(results, grades, strict=True) if all(grade.passed is not None for grade in g)]
