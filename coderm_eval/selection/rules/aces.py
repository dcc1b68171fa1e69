"""ACES: votes of tests weighed by how well they agree with the other tests (arXiv 2604.03922).

The formulas are those that a summary of the paper gives; it does not say which surrogate, step and number of steps
the optimised form uses, so these are this project's choice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.groups import Groups
from coderm_eval.selection.registry import selector

__all__ = ["aces", "aces_o"]

Floats = npt.NDArray[np.float64]

_STEPS = 20
_RATE = 2.0


@selector("aces")
def aces(ballot: Ballot) -> Scores:
    """ACES-C: s_i = Σ_j w_j E_ij with w_j = max(0, A_j - ½) · p_j (1 - p_j).

    E_ij is 1 where candidate i passes test j, and p_j the share of samples that pass it. A_j is the leave-one-out
    AUC: the probability that a sample which passes j passes more of the other tests than one which fails it, plus
    half of that of a tie. Duplicates of tests and candidates count.

    Assumes that the tests are right more often than not. O(M K log K) for K distinct rows.
    """
    groups = ballot.groups
    tests = ballot.test_multiplicity.astype(np.float64)
    return groups.broadcast(groups.rows @ (tests * _closed_form(groups, tests)))


@selector("aces_o")
def aces_o(ballot: Ballot) -> Scores:
    """ACES-O: the weights w, none below 0 and Σ w = 1, that maximise J(w) = Σ_j w_j (A_j(w) - ½).

    A_j(w) is A_j of `aces` under the votes Σ_j w_j E_ij, with 1[x > 0] replaced by the logistic 1 / (1 + e^(-x/τ)).
    20 steps of multiplicative (exponentiated) gradient ascent from the weights of `aces`; τ is 1 / (tests whose
    weight is above 0). Where no test has a weight, all candidates tie. O(steps M K²).
    """
    groups = ballot.groups
    tests = ballot.test_multiplicity.astype(np.float64)
    weights = tests * _closed_form(groups, tests)
    kept = weights > 0
    if not kept.any():
        return np.zeros(len(groups.group_of))
    patterns = groups.rows[:, kept].astype(np.float64)
    optimised = _ascend(patterns, groups.sizes, weights[kept] / weights[kept].sum())
    return groups.broadcast(patterns @ optimised)


def _closed_form(groups: Groups, tests: Floats) -> Floats:
    """Shape (M,): weight of one sample of each test."""
    votes = groups.rows @ tests
    rate = groups.sizes @ groups.rows / groups.sizes.sum()
    auc = np.array([_auc(votes - column, votes, column, groups.sizes) for column in groups.rows.T])
    return np.asarray(np.maximum(0, auc - 0.5) * rate * (1 - rate))


def _auc(passing: Floats, failing: Floats, passed: npt.NDArray[np.bool_], sizes: Floats) -> float:
    """Probability that a passer's score is above a failer's, plus half that of a tie; ½ if either is missing."""
    if passed.all() or not passed.any():
        return 0.5
    order = np.argsort(failing[~passed], kind="stable")
    scores = failing[~passed][order]
    below = np.concatenate([[0.0], np.cumsum(sizes[~passed][order])])
    wins = (
        below[np.searchsorted(scores, passing[passed], "left")]
        + below[np.searchsorted(scores, passing[passed], "right")]
    )
    return float(sizes[passed] @ wins / (2 * sizes[passed].sum() * below[-1]))


class _Pairs(NamedTuple):
    """The pairs of a candidate that passes a test and one that fails it."""

    passers: npt.NDArray[np.intp]
    failers: npt.NDArray[np.intp]
    share: Floats
    """The weight of each pair among all pairs of samples."""

    @classmethod
    def of(cls, column: Floats, sizes: Floats) -> _Pairs:
        passers, failers = np.flatnonzero(column), np.flatnonzero(column == 0)
        share = np.outer(sizes[passers], sizes[failers])
        return cls(passers, failers, share / share.sum())


def _ascend(patterns: Floats, sizes: Floats, weights: Floats) -> Floats:
    from scipy.special import expit  # here: it takes longer to import than all else that a run needs

    pairs = [_Pairs.of(column, sizes) for column in patterns.T]
    temperature = 1 / len(weights)
    for _ in range(_STEPS):
        votes = patterns @ weights
        gradient = np.zeros(len(weights))
        pull = np.zeros(len(votes))  # Σ over pairs of dJ / d(votes of a candidate)
        for j, pair in enumerate(pairs):
            above = expit((votes[pair.passers, None] - weights[j] - votes[None, pair.failers]) / temperature)
            gradient[j] += (above * pair.share).sum() - 0.5
            slope = above * (1 - above) * pair.share * (weights[j] / temperature)
            pull[pair.passers] += slope.sum(axis=1)
            pull[pair.failers] -= slope.sum(axis=0)
            gradient[j] -= slope.sum()
        gradient += patterns.T @ pull
        weights = weights * np.exp(_RATE * (gradient - gradient.max()))
        weights = weights / weights.sum()
    return weights
