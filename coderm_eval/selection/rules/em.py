"""A Dawid-Skene model of programs and tests, fitted by expectation maximisation.

Dawid & Skene (1979) with raters = tests and items = programs. No paper applies it to generated tests; priors are set
by what CodeRM's Table 2 says of its test writers.
"""

from __future__ import annotations

import numpy as np

from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.registry import selector

__all__ = ["em"]

_ACCEPTS_RIGHT = (5.0, 5.0)
_ACCEPTS_WRONG = (0.7, 9.3)
"""Beta priors of a_j and c_j: means 0.50 and 0.07, each worth ten programs."""

_RIGHT = 0.5
_EFFECTIVE_TESTS = 10.0
"""Tests of one problem share their errors, so that together they weigh as much as this many independent ones."""

_STEPS = 50

_DIGITS = 12
"""Digits of γ: among candidates that are equal by symmetry, rounding errors would grow by half with each step."""


@selector("em")
def em(ballot: Ballot) -> Scores:
    """s_i = logit P(candidate i is right), after 50 steps of

        logit γ_i = logit π + τ Σ_j t_j [E_ij ln(a_j / c_j) + (1 - E_ij) ln((1 - a_j) / (1 - c_j))]
        a_j = (Σ_i n_i γ_i E_ij + α) / (Σ_i n_i γ_i + α + β), c_j likewise with 1 - γ_i and its own prior.

    E_ij is 1 where candidate i passes test j; n_i and t_j are multiplicities. π is ½, the priors Beta(5, 5) for
    a_j, P(pass | right), and Beta(0.7, 9.3) for c_j, P(pass | wrong). τ = min(1, 10 / Σ t_j) discounts the dependence
    of tests. It starts from γ_i = (share of tests passed) / (largest share).

    Assumes that tests differ in how reliable they are, and err independently of each other once discounted.
    O(steps K M) for K distinct rows.
    """
    from scipy.special import expit, logit  # here: it takes longer to import than all else that a run needs

    groups = ballot.groups
    patterns = groups.rows.astype(np.float64)
    tests = ballot.test_multiplicity.astype(np.float64)
    votes = patterns @ tests
    if not votes.any():
        return np.zeros(len(groups.group_of))
    discount = min(1.0, _EFFECTIVE_TESTS / tests.sum())
    right = votes / votes.max()
    for _ in range(_STEPS):
        log_odds = logit(_RIGHT) + discount * _evidence(patterns, tests, groups.sizes, right)
        right = np.round(expit(log_odds), _DIGITS)
    return groups.broadcast(log_odds)


def _evidence(patterns: Scores, tests: Scores, sizes: Scores, right: Scores) -> Scores:
    accepts_right = _rates(patterns, sizes * right, _ACCEPTS_RIGHT)
    accepts_wrong = _rates(patterns, sizes * (1 - right), _ACCEPTS_WRONG)
    on_pass = np.log(accepts_right / accepts_wrong)
    on_fail = np.log((1 - accepts_right) / (1 - accepts_wrong))
    return np.asarray(patterns @ (tests * on_pass) + (1 - patterns) @ (tests * on_fail))


def _rates(patterns: Scores, weights: Scores, prior: tuple[float, float]) -> Scores:
    """Shape (M,): the share of each test's weighted programs that pass it, with a Beta prior."""
    return np.asarray((weights @ patterns + prior[0]) / (weights.sum() + sum(prior)))
