"""Which code solution a test prompt shows: the paper shows one candidate, right or wrong, and so do we."""

from __future__ import annotations

from collections.abc import Sequence

from coderm_eval.generation.extraction import defines
from coderm_eval.records import Candidate
from coderm_eval.syntax import parse

__all__ = ["shown_candidate"]


def shown_candidate(candidates: Sequence[Candidate], entry_point: str) -> Candidate | None:
    """The first candidate, in sample order, that parses and defines the entry point; None if none does."""
    for candidate in sorted(candidates, key=lambda c: c.samples[0]):
        tree = parse(candidate.program)
        if tree is not None and defines(tree, entry_point):
            return candidate
    return None
