"""Majority voting of unit tests: CodeRM's own rule (arXiv 2501.01054, Eq. 1, and its released scorer)."""

from __future__ import annotations

import numpy as np

from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.registry import selector

__all__ = ["majority", "majority_first"]


@selector("majority")
def majority(ballot: Ballot) -> Scores:
    """s_i = Σ_j r_ij + g_i / (1 + Σ_k m_k).

    r_ij is 1 where candidate i passes test j, m_k the multiplicity of candidate k, and g_i the number of
    samples whose set of passed tests equals that of i. The second term is below 1, so it only breaks ties
    of the first, as the authors' `calculate_result.py` does: among the candidates that pass most tests,
    the largest group with identical passed sets wins. All members of that group keep equal scores. A test
    counts once however often it was sampled, since the authors drop duplicates.

    Assumes that every test is equally credible and that tests err independently. O(N M log N).
    """
    groups = ballot.groups
    group_scores = groups.rows.sum(axis=1) + groups.sizes / (1.0 + ballot.multiplicity.sum())
    return groups.broadcast(group_scores)


@selector("majority_first")
def majority_first(ballot: Ballot) -> Scores:
    """s_i = Σ_j r_ij - f_i / (1 + max f), with f_i the first sample index of candidate i.

    Most tests passed, and the first sample among equals, as most evaluation scripts do it (e.g. CURE,
    arXiv 2506.03136). Assumes what `majority` does, and that samples come in no particular order. O(N M).
    """
    return np.asarray(ballot.passed.sum(axis=1) - ballot.first / (1.0 + ballot.first.max(initial=0)))
