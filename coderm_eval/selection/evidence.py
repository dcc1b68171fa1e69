"""This project's own rule, and the default: CodeT where tests are weak, majority where they are strong.

What was tried on the way, and what each part gives, is in docs/selection.md.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from coderm_eval.records import NO_OUTPUT
from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.registry import selector

__all__ = ["evidence"]

_STRENGTH = 20.0
_POWER = 3
_TEMPER = 0.75
_NOTHING_PASSED = 0.2
"""Tests that a program which passes none is taken to have passed, so that it can still be chosen among such."""


@selector("evidence")
def evidence(ballot: Ballot) -> Scores:
    """s_i = Σ_k a_ik P_k: how much of what the right program does, as far as can be told, candidate i does too.

        P_k ∝ [n_k (y_k + 0.2) exp(20 (y_k / M)³)]^¾

    k runs over behaviours: programs that passed the same tests with the same answers. n_k are its samples, y_k the
    test samples that it passed, of M. P_k is how likely this behaviour is the right one: n_k y_k is CodeT's published
    score, which trusts agreement among programs and makes few demands on the tests; the exponential takes over as the
    share of tests that a program passes grows, since tests that a program passes nearly all of are seldom
    wrong, and the vote becomes one of tests alone. a_ik is the share of tests on which i and k gave the same answers or
    both passed, and a_ii = 1; a program that agrees with much of what is likely right gains by it, as in SRank.

    Where no outputs are known, a_ik counts the tests that both passed.

    Assumes that a generated test is often wrong but rarely passes a wrong program, that tests written for one problem
    share their errors (so that their share counts, not their number), and that wrong programs differ from each
    other more than right ones. O(K² M) for K behaviours.
    """
    groups = ballot.behaviours
    tests = ballot.test_multiplicity.astype(np.float64)
    columns = len(tests)
    passed, outputs = groups.rows[:, :columns].astype(np.bool_), groups.rows[:, columns:]
    votes = passed @ tests
    share = votes / max(1.0, tests.sum())
    log_value = np.log(groups.sizes) + np.log(votes + _NOTHING_PASSED) + _STRENGTH * share**_POWER
    return groups.spread(_agreement(passed, outputs) @ softmax(_TEMPER * log_value))


def _agreement(passed: npt.NDArray[np.bool_], outputs: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Shape (K, K): the share of tests on which two behaviours gave the same answers or both passed; diagonal 1."""
    has = outputs != NO_OUTPUT
    same = [
        (((row == outputs) & has) | (passes & passed)).sum(axis=1) for passes, row in zip(passed, outputs, strict=True)
    ]
    shares = np.asarray(np.array(same) / max(1, passed.shape[1]), dtype=np.float64)
    np.fill_diagonal(shares, 1.0)
    return shares
