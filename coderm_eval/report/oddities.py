"""What is odd about one problem: samples that cannot be right, and nothing to choose by."""

from __future__ import annotations

import numpy as np

from coderm_eval.core.programs.forms import is_solution
from coderm_eval.core.programs.source import parse
from coderm_eval.core.records import RerankResult

__all__ = ["is_undecided", "samples_without_function"]


def is_undecided(result: RerankResult) -> bool:
    """Return whether there is something to choose from, but neither a test nor an input to choose by."""
    return (
        len(result.candidates) > 1 and not result.tests and not (result.probes and result.probes.verdicts.matrix.size)
    )


def samples_without_function(result: RerankResult) -> int:
    """Samples that hold code, but no Python with what is wanted; one that passes a test is not read."""
    failing = zip(result.candidates, np.asarray(~result.verdicts.passed.any(axis=1)), strict=True)
    suspects = [candidate for candidate, fails in failing if fails and candidate.program.strip()]
    trees = [(parse(c.program), c.multiplicity) for c in suspects]
    return sum(size for tree, size in trees if tree is None or not is_solution(tree, result.problem))
