"""Rules side by side, on the same verdicts: what each gains, and how certain their order is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from coderm_eval.core.records import Grade, RerankResult
from coderm_eval.report.scores import expected_pass_at_1
from coderm_eval.report.statistics import (
    GAIN_OVER_ITSELF,
    DrawSummary,
    Interval,
    gain_interval,
    order_probability,
    score_interval,
    summarise_draws,
)
from coderm_eval.report.tally import Tally

__all__ = ["RuleScore", "compare_rules", "fully_graded", "resampled_scores"]


@dataclass(frozen=True)
class RuleScore:
    """A rule's expected pass@1 over the samples that it leaves tied, with 95 % intervals over problems."""

    rule: str
    pass_at_1: Interval
    gain_over_random: Interval
    """The mean of the differences, problem by problem."""
    gain_over_majority: Interval
    """Likewise."""
    ahead_of_next: float
    """Probability that this rule scores above the next one on another draw of the problems; NaN for the last rule."""


def compare_rules(tally: Tally) -> list[RuleScore]:
    """One score for each rule that was applied, the best first; rules with equal scores are sorted by name.

    A problem with a candidate that could not be graded is left out, for all rules alike.
    """
    chance = tally.scores("random")
    graded = ~np.isnan(chance)  # it depends on all candidates
    chance = chance[graded]
    rules = sorted(tally.rules)
    columns = {rule: tally.scores(rule)[graded] for rule in rules}
    rules.sort(key=lambda rule: (-columns[rule].mean() if chance.size else 0.0, rule))
    return [
        RuleScore(
            rule,
            score_interval(columns[rule]),
            gain_interval(columns[rule] - chance),
            gain_interval(columns[rule] - columns["majority"]) if rule != "majority" else GAIN_OVER_ITSELF,
            order_probability(columns[rule], columns[below]) if below else math.nan,
        )
        for rule, below in zip(rules, [*rules[1:], None], strict=True)
    ]


def resampled_scores(
    draws: Iterable[Sequence[RerankResult]], grades: Sequence[Sequence[Grade]]
) -> dict[str, DrawSummary]:
    """pass@1 of each rule over random draws of the tests.

    A problem with a candidate that could not be graded is left out of all draws.
    """
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for drawn in draws:
        graded = fully_graded(drawn, grades)
        for rule in drawn[0].selections:
            scores[rule].append(float(np.mean([expected_pass_at_1(r, g, rule) for r, g in graded])))
    return {rule: summarise_draws(np.array(values)) for rule, values in sorted(scores.items())}


def fully_graded(
    results: Sequence[RerankResult], grades: Sequence[Sequence[Grade]]
) -> list[tuple[RerankResult, Sequence[Grade]]]:
    """Problems with all candidates graded, each with its grades."""
    return [(r, g) for r, g in zip(results, grades, strict=True) if all(grade.passed is not None for grade in g)]
