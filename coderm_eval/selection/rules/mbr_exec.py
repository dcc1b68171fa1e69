"""MBR-Exec: the candidate whose outputs others share most (Shi et al., arXiv 2204.11454). It needs outputs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import NO_OUTPUT
from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.registry import selector

__all__ = ["mbr_exec", "mbr_exec_soft", "shares_of_same_answers"]


@selector("mbr_exec")
def mbr_exec(ballot: Ballot) -> Scores:
    """s_i = -Σ_k m_k · 1[on some input the outputs of i and k differ, or one of them has none]: the hard loss.

    The calls that a test makes are an input, and what a candidate answers is its output; what a test expects is
    not looked at. m_k is the multiplicity of candidate k. Ties stay ties: the paper breaks them by log-probability,
    which is not known here.

    Assumes that right programs are more alike than wrong ones. O(K² M) for K distinct rows of outputs.
    """
    groups = ballot.output_groups
    always = shares_of_same_answers(groups.rows) == 1
    return groups.broadcast(-(~always @ groups.sizes))


@selector("mbr_exec_soft")
def mbr_exec_soft(ballot: Ballot) -> Scores:
    """s_i = -Σ_k m_k · (share of inputs on which the outputs of i and k differ, or one of them has none)."""
    groups = ballot.output_groups
    return groups.broadcast(-((1 - shares_of_same_answers(groups.rows)) @ groups.sizes))


def shares_of_same_answers(outputs: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Shape (K, K), from outputs of the shape (K, M): the share of inputs on which two rows have the same output.

    A row without an output somewhere does not agree with itself there. 1 without inputs.
    """
    kinds, inputs = outputs.shape
    if inputs == 0:
        return np.ones((kinds, kinds))
    has = outputs != NO_OUTPUT
    same = [((row == outputs) & has).sum(axis=1) for row in outputs]
    return np.asarray(np.array(same) / inputs, dtype=np.float64)
