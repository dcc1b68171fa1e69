"""What is known of a request's answers once they are ranked, and their order by each rule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from coderm_eval.core.records import Candidate, RerankResult, Selection
from coderm_eval.generation.cached_model import TokenUsage
from coderm_eval.generation.models.base import Completion
from coderm_eval.pipeline.reranker import Reranked
from coderm_eval.selection.registry import reads_probes

__all__ = ["FIRST", "Fallback", "Ranked", "could_run_nothing", "fallback_of", "order_of"]

FIRST = "first"
"""The rule that takes answers in the order in which they were drawn."""


@dataclass(frozen=True)
class Fallback:
    """What took the place of the tests' votes, and why."""

    to: Literal["agreement", "first"]
    reason: str


@dataclass(frozen=True)
class Ranked:
    """One request's answers, and what is known of them."""

    completions: Sequence[Completion]
    """By sample index, as the policy gave them."""
    usage: TokenUsage
    """What they cost."""
    seconds: Mapping[str, float]
    """Wall seconds by stage."""
    reranked: Reranked | None = None
    """None where no problem was found in the request."""
    fallback: Fallback | None = None
    """What the pick of a rule that looks at all there is rests on."""
    notices: Sequence[str] = field(default=())

    def order(self, rule: str) -> list[int]:
        """Sample indices, the best first."""
        if self.reranked is None or rule == FIRST:
            return list(range(len(self.completions)))
        return order_of(self.reranked.result.candidates, self.reranked.result.selections[rule])

    def fallback_by(self, rule: str) -> Fallback | None:
        """What took the place of tests: the first answer, if the rule does not look at probing inputs."""
        if self.fallback is None or reads_probes([rule]):
            return self.fallback
        return replace(self.fallback, to="first")

    def by_program(self, rule: str) -> list[dict[str, Any]]:
        """For each distinct program its samples, its reward by the rule, and how many test samples it passed."""
        if self.reranked is None:
            return []
        result = self.reranked.result
        rewards = [None] * len(result.candidates) if rule == FIRST else result.selections[rule].rewards
        return [
            {"samples": list(candidate.samples), "reward": _number(reward), "votes": votes}
            for candidate, reward, votes in zip(result.candidates, rewards, _votes(result), strict=True)
        ]


def order_of(candidates: Sequence[Candidate], selection: Selection) -> list[int]:
    """Sample indices: one of each program by its reward, the chosen one first; then those that repeat a program."""

    def place(row: int) -> tuple[bool, bool, float, int]:
        reward, unknown = selection.rewards[row], math.isnan(selection.rewards[row])
        return row != selection.chosen, unknown, 0.0 if unknown else -reward, candidates[row].samples[0]

    rows = sorted(range(len(candidates)), key=place)
    return [candidates[row].samples[0] for row in rows] + [s for row in rows for s in candidates[row].samples[1:]]


def fallback_of(reranked: Reranked, *, tests_wanted: bool) -> Fallback | None:
    """What the picks rest on where there is no test; None where there are tests, or none were wanted.

    Args:
        tests_wanted: whether a model was to write tests.
    """
    result, written = reranked.result, reranked.written
    if result.tests:
        return None
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(written.rejected.items()))
    reason = "no usable test was written" + (f" ({reasons})" if reasons else "") if tests_wanted else "no tests"
    if result.probes is not None and result.probes.verdicts.passed.any():
        return Fallback("agreement", reason) if tests_wanted else None
    return Fallback("first", f"{reason}, and no outputs on probing inputs to compare")


def could_run_nothing(result: RerankResult) -> bool:
    """Whether there was something to run, and the executor could run none of it."""
    matrices = [result.verdicts, *([result.probes.verdicts] if result.probes else [])]
    return any(m.matrix.size for m in matrices) and not any(m.ran.any() for m in matrices)


def _votes(result: RerankResult) -> list[int]:
    """Test samples that each program passed."""
    weights = np.array([test.multiplicity for test in result.tests], dtype=np.int64)
    return [int(row @ weights) for row in result.verdicts.passed]


def _number(reward: float | None) -> float | None:
    return None if reward is None or math.isnan(reward) else reward
