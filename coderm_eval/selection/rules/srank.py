"""SRank: functional overlap between clusters of candidates (To et al., arXiv 2311.03366). It needs outputs."""

from __future__ import annotations

import numpy as np

from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.registry import selector
from coderm_eval.selection.rules.mbr_exec import shares_of_same_answers

__all__ = ["srank"]


@selector("srank")
def srank(ballot: Ballot) -> Scores:
    """R = F V over clusters of candidates with equal outputs; a candidate has its cluster's score.

    F_kl is the share of inputs on which clusters k and l have the same output, and F_kk = 1; V_l is the cluster's
    share of all samples times the share of tests that it passes (of test samples: duplicates count). Inputs and
    outputs are those of `mbr_exec`.

    Assumes that what clusters agree on is more likely right the more of them agree. O(K² M).
    """
    groups = ballot.output_groups
    overlap = shares_of_same_answers(groups.rows)
    np.fill_diagonal(overlap, 1.0)
    weight = ballot.test_multiplicity / max(1, ballot.test_multiplicity.sum())
    pass_rate = (ballot.passed[groups.representative] * weight).sum(axis=1)
    value = groups.sizes / groups.sizes.sum() * pass_rate
    return groups.broadcast((overlap * value).sum(axis=1))
