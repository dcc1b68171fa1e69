"""What a pick rests on, for hosts that pick problem by problem: the votes of tests, or what took their place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from coderm_eval.core.records import RerankResult
from coderm_eval.pipeline.reranker import Reranked
from coderm_eval.selection.registry import reads_probes

__all__ = ["Fallback", "fallback_of", "json_number", "votes"]


@dataclass(frozen=True)
class Fallback:
    """What took the place of the tests' votes, and why."""

    to: Literal["agreement", "first"]
    reason: str


def fallback_of(reranked: Reranked, rule: str, *, wanted: bool) -> Fallback | None:
    """What the pick of `rule` rests on where there is no test; None where there are tests.

    Args:
        wanted: whether there were to be tests. If not, agreement is what was asked for, and takes no other's place.
    """
    result, written = reranked.result, reranked.written
    if result.tests:
        return None
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(written.rejected.items()))
    reason = ("no test could be used" + (f" ({reasons})" if reasons else "")) if wanted else "no tests were asked for"
    if not reads_probes([rule]):
        return Fallback("first", f"{reason}, and {rule} does not look at how answers agree")
    if result.probes is not None and result.probes.verdicts.passed.any():
        return Fallback("agreement", reason) if wanted else None
    return Fallback("first", f"{reason}, and there are no outputs on probing inputs to compare")


def votes(result: RerankResult) -> list[int]:
    """Test samples that each candidate passed: a test that was written k times counts k times."""
    weights = np.array([test.multiplicity for test in result.tests], dtype=np.int64)
    return [int(row @ weights) for row in result.verdicts.passed]


def json_number(value: float) -> float | None:
    """A number as JSON has it: null where it is undefined."""
    return None if math.isnan(value) else float(value)
