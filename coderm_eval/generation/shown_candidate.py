"""Which candidate a test prompt shows: the paper shows one, right or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from coderm_eval.core.choices import ShownCandidate
from coderm_eval.core.programs.forms import is_solution
from coderm_eval.core.programs.source import parse
from coderm_eval.core.records import Candidate, Problem

__all__ = ["round_robin", "shown_candidates"]

T = TypeVar("T")


def round_robin(values: Sequence[T], sample: int) -> T:
    """The value of a test sample, where samples take the values in turn."""
    return values[sample % len(values)]


def shown_candidates(
    candidates: Sequence[Candidate], problem: Problem, shown_candidate: ShownCandidate
) -> list[Candidate | None]:
    """The candidates that the prompts of a problem show; test samples take them in turn.

    Returns:
        first: the first candidate, in sample order, that parses and is what the problem asks for. rotate: all of
        these, each once. none: None, a prompt without a program. In any case an empty list where there is no such
        candidate: no test could make one of them right.
    """
    usable = [
        candidate
        for candidate in sorted(candidates, key=lambda c: c.samples[0])
        if (tree := parse(candidate.program)) is not None and is_solution(tree, problem)
    ]
    if shown_candidate == "none":
        return [None] if usable else []
    return list(usable[:1] if shown_candidate == "first" else usable)
