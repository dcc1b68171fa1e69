"""Rules in tiers."""

from __future__ import annotations

import numpy as np

from coderm_eval.report.page.tiers import standings

BEST = np.array([1.0] * 60 + [0.0] * 40)


def test_rules_that_cannot_be_told_apart_share_a_tier() -> None:
    """Two problems less of a hundred are chance; thirty less are not, and twenty-nine less are chance beside them."""
    close, far, next_to_far = BEST.copy(), BEST.copy(), BEST.copy()
    close[:2], far[:30], next_to_far[:29] = 0, 0, 0
    found = standings({"far": far, "close": close, "best": BEST, "next_to_far": next_to_far})
    assert {rule: standing.tier for rule, standing in found.items()} == {
        "best": 1,
        "close": 1,
        "next_to_far": 2,
        "far": 2,
    }
    assert list(found) == ["best", "close", "next_to_far", "far"]
    assert found["far"].behind.value == 0.01 and found["far"].behind.low <= 0


def test_a_tier_is_told_by_pairs_and_not_by_the_intervals_of_scores() -> None:
    """Both scores are uncertain by ten points, but one rule loses on six problems and wins on none."""
    behind = BEST.copy()
    behind[:6] = 0
    assert standings({"best": BEST, "behind": behind})["behind"].tier == 2


def test_rules_with_the_same_scores_are_in_the_order_of_their_names() -> None:
    found = standings({"b": BEST, "a": BEST.copy()})
    assert [(rule, standing.tier) for rule, standing in found.items()] == [("a", 1), ("b", 1)]
