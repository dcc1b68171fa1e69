"""What is known of a request's answers once they are ranked, and their order by each rule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coderm_eval.core.records import Candidate, RerankResult, Selection
from coderm_eval.generation.cached_model import TokenUsage
from coderm_eval.generation.models.base import Completion
from coderm_eval.hosts.grounds import Fallback, fallback_of, json_number, votes
from coderm_eval.pipeline.reranker import Reranked

__all__ = ["FIRST", "Ranked", "could_run_nothing", "order_of"]

FIRST = "first"
"""The rule that takes answers in the order in which they were drawn."""

_NO_PROBLEM = Fallback("first", "no function and no program was found in the request and its answers")


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
    tests_wanted: bool = True
    """Whether a model was to write tests."""
    notices: Sequence[str] = field(default=())

    def order(self, rule: str) -> list[int]:
        """Sample indices, the best first."""
        if self.reranked is None or rule == FIRST:
            return list(range(len(self.completions)))
        return order_of(self.reranked.result.candidates, self.reranked.result.selections[rule])

    def fallback_by(self, rule: str) -> Fallback | None:
        """What took the place of tests in the order by this rule; None where there were tests."""
        return fallback_of(self.reranked, rule, wanted=self.tests_wanted) if self.reranked else _NO_PROBLEM

    def by_program(self, rule: str) -> list[dict[str, Any]]:
        """For each distinct program its samples, its reward by the rule, and how many test samples it passed."""
        if self.reranked is None:
            return []
        result = self.reranked.result
        scored = result.selections[rule].rewards if rule != FIRST else [math.nan] * len(result.candidates)
        rewards = map(json_number, scored)
        return [
            {"samples": list(candidate.samples), "reward": reward, "votes": passed}
            for candidate, reward, passed in zip(result.candidates, rewards, votes(result), strict=True)
        ]


def order_of(candidates: Sequence[Candidate], selection: Selection) -> list[int]:
    """Sample indices: one of each program by its reward, the chosen one first; then those that repeat a program."""

    def place(row: int) -> tuple[bool, bool, float, int]:
        reward, unknown = selection.rewards[row], math.isnan(selection.rewards[row])
        return row != selection.chosen, unknown, 0.0 if unknown else -reward, candidates[row].samples[0]

    rows = sorted(range(len(candidates)), key=place)
    return [candidates[row].samples[0] for row in rows] + [s for row in rows for s in candidates[row].samples[1:]]


def could_run_nothing(result: RerankResult) -> bool:
    """Whether there was something to run, and the executor could run none of it."""
    matrices = [result.verdicts, *([result.probes.verdicts] if result.probes else [])]
    return any(m.matrix.size for m in matrices) and not any(m.ran.any() for m in matrices)
