"""CodeT: dual execution agreement (Chen et al., arXiv 2207.10397)."""

from __future__ import annotations

from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.registry import selector

__all__ = ["codet", "codet_published"]


@selector("codet")
def codet(ballot: Ballot) -> Scores:
    """s_i = √|X| · |Y|, as the authors' released code has it.

    X are the samples that passed the same tests as candidate i, Y the test samples that it passed; duplicates
    of both count. A candidate that passed nothing has 0.

    Assumes that wrong programs rarely agree with each other and with wrong tests. O(N M log N).
    """
    return _agreement(ballot, 0.5)


@selector("codet_published")
def codet_published(ballot: Ballot) -> Scores:
    """s_i = |X| · |Y|, as the paper's Section 2.2 has it; X and Y as in `codet`."""
    return _agreement(ballot, 1.0)


def _agreement(ballot: Ballot, exponent: float) -> Scores:
    groups = ballot.groups
    group_scores = groups.sizes**exponent * (groups.rows * ballot.test_multiplicity).sum(axis=1)
    return groups.broadcast(group_scores)
