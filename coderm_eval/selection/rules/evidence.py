"""This project's own rule, and the default: agreement where tests are weak, the vote where they are strong.

What was tried on the way, what each part gives and how the constants were chosen is in docs/measurements/selection.md.
"""

from __future__ import annotations

import numpy as np

from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.registry import selector
from coderm_eval.selection.rules.mbr_exec import shares_of_same_answers

__all__ = ["evidence"]

_STRENGTH = 4.5
_POWER = 2.5
_NOTHING_PASSED = 0.2
"""Tests that a program which passes none is taken to have passed, so that such programs can be compared too."""

_CROWD = 0.5
"""Share of the weights on probing inputs that is the samples', whatever the tests say of them."""


@selector("evidence", reads_probes=True)
def evidence(ballot: Ballot) -> Scores:
    """s_i = Σ_k a_ik P_k · Σ_k a'_ik (P_k + n_k / N) / 2: how much of what the right program does i does, too.

        P_k ∝ √(n_k (y_k + 0.2)) · exp(4.5 (y_k / M)^2.5)

    k runs over behaviours: programs that passed the same tests with the same answers. n_k are its samples, y_k the
    test samples that it passed, of M. P_k is how likely this behaviour is the right one. The root is CodeT's published
    score n_k y_k, tempered: programs that agree with each other and with some tests are seldom wrong together. The
    exponential takes over as a program passes most of the tests, which wrong programs rarely do; then the vote of
    the tests decides. a_ik is the share of tests on which i and k gave the same answers, and a_ii = 1, so that what
    several likely behaviours have in common counts for each of them, as in SRank. Without outputs that sum is P_i.

    a'_ik is the share of probing inputs on which i and a sample of k gave the same answers, the mean over the samples.
    It parts programs that no test tells apart. Half of the weights are those of the samples, of N: where tests are
    weak, P says little, and without tests the rule is agreement alone. The sum is 1 without probing inputs.

    Assumes that a generated test is often wrong but rarely passes a wrong program, that tests of one problem share
    their errors (so that their share counts, not their number), and that wrong programs differ from each other more
    than right ones do. No constant depends on the data set. O(K² M + L² P) for K behaviours on tests and L on P
    probing inputs.
    """
    groups = ballot.behaviours
    tests = ballot.test_multiplicity.astype(np.float64)
    votes = ballot.passed[groups.representative] @ tests
    share = votes / max(1.0, tests.sum())
    log_weight = (np.log(groups.sizes) + np.log(votes + _NOTHING_PASSED)) / 2 + _STRENGTH * share**_POWER
    shared = shares_of_same_answers(ballot.outputs[groups.representative])
    np.fill_diagonal(shared, 1.0)
    likelihood = np.exp(log_weight - log_weight.max())
    posterior = likelihood / likelihood.sum()
    of_sample = groups.broadcast(posterior / groups.sizes)
    weights = (1 - _CROWD) * of_sample + _CROWD / ballot.multiplicity.sum()
    return groups.broadcast(shared @ posterior) * _agreement_on_probes(ballot, weights * ballot.multiplicity)


def _agreement_on_probes(ballot: Ballot, weights: Scores) -> Scores:
    """The share of probing inputs that each candidate answers as others do, on average by the others' weights."""
    groups = ballot.probe_groups
    of_group = np.bincount(groups.group_of, weights=weights, minlength=len(groups.rows))
    return groups.broadcast(shares_of_same_answers(groups.rows) @ of_group)
