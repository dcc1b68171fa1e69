"""What a client is told: the answers in order, and how they came to be in the field `coderm` and in headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from coderm_eval.core.records import Verdict
from coderm_eval.generation.cached_model import TokenUsage
from coderm_eval.generation.models.base import Completion
from coderm_eval.hosts.server.protocol.replies import Answer, Reply
from coderm_eval.hosts.server.serve.ranking import FIRST, Ranked

__all__ = ["reply_of"]

_FINISH_REASONS = {"": "stop", "no_answer": "content_filter", "context_overflow": "length"}
"""Reasons that clients do not know, as those that they do."""


def reply_of(ranked: Ranked, model: str, rule: str, n: int, notices: Sequence[str]) -> Reply:
    """The reply to a request.

    Args:
        model: the name under which it was asked.
        rule: by which the answers are ordered.
        n: how many of them are given.
        notices: on the request, before those on its answers.
    """
    given = ranked.order(rule)[:n]
    usages, fallback = _usages(ranked), ranked.fallback_by(rule)
    details = {
        "rule": rule,
        "chosen": given[0],
        "given": given,
        **_picked(ranked, rule),
        "tokens": {role: _tokens(usage) for role, usage in usages.items()},
        "seconds": {stage: round(seconds, 3) for stage, seconds in ranked.seconds.items()},
        "fallback": fallback.to if fallback else None,
        "reason": fallback.reason if fallback else None,
        "notices": [*notices, *ranked.notices],
    }
    return Reply(
        model=model,
        answers=[_answer(ranked.completions[sample]) for sample in given],
        prompt_tokens=sum(usage.prompt_tokens for usage in usages.values()),
        completion_tokens=sum(usage.completion_tokens for usage in usages.values()),
        details=details,
        headers={
            "x-coderm-rule": rule,
            "x-coderm-tests": str(details["tests"]["used"]),
            "x-coderm-fallback": str(details["fallback"] or "none"),
            "x-coderm-seconds": f"{sum(ranked.seconds.values()):.3f}",
        },
    )


def _picked(ranked: Ranked, rule: str) -> dict[str, Any]:
    """What the problem, the tests and the rule say; without a problem nothing of them."""
    result, written = (ranked.reranked.result, ranked.reranked.written) if ranked.reranked else (None, None)
    selection = result.selections[rule] if result and rule != FIRST else None
    return {
        "n": len(ranked.completions),
        "form": result.problem.form if result else None,
        "entry_point": result.problem.entry_point if result else None,
        "confidence": selection.confidence if selection else None,
        "programs": ranked.by_program(rule),
        "tests": {
            "written": written.samples if written else 0,
            "usable": len(result.test_samples) if result else 0,
            "used": selection.tests_used if selection else 0,
            "rejected": dict(sorted(written.rejected.items())) if written else {},
        },
        "not_run": int(np.count_nonzero(result.verdicts.matrix == Verdict.NOT_RUN)) if result else 0,
    }


def _usages(ranked: Ranked) -> dict[str, TokenUsage]:
    """The cost by role."""
    written = ranked.reranked.written.usage if ranked.reranked else TokenUsage()
    return {"policy": ranked.usage, "tests": written}


def _tokens(usage: TokenUsage) -> dict[str, int]:
    return {"prompt": usage.prompt_tokens, "completion": usage.completion_tokens}


def _answer(completion: Completion) -> Answer:
    return Answer(completion.text, _FINISH_REASONS.get(completion.finish_reason, completion.finish_reason))
