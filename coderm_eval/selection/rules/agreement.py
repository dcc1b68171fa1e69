"""Agreement alone: the candidate that others agree with most, whatever a test expects. It needs no test at all."""

from __future__ import annotations

import numpy as np

from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.groups import group_rows
from coderm_eval.selection.registry import selector
from coderm_eval.selection.rules.mbr_exec import shares_of_same_answers

__all__ = ["agreement"]


@selector("agreement", reads_probes=True)
def agreement(ballot: Ballot) -> Scores:
    """s_i = Σ_k m_k a_ik / N: the share of answers that a sample has in common with candidate i, the mean over samples.

    a_ik is the share of inputs on which i and k gave the same answers; inputs are probing inputs and, if there are any,
    the calls of tests. What a test expects is not looked at. m_k is the multiplicity of candidate k, and N the number
    of samples. Without probing inputs these are the picks of `mbr_exec_soft`, and without tests those of `evidence`.

    Assumes that right programs are more alike than wrong ones. O(K² (M + P)) for K distinct rows of answers.
    """
    groups = group_rows(np.hstack([ballot.outputs, ballot.probes]), ballot.multiplicity)
    return groups.broadcast(shares_of_same_answers(groups.rows) @ groups.sizes / groups.sizes.sum())
