"""How likely a pick is to be right, as far as tests and agreement tell."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from coderm_eval.selection.ballot import Ballot

__all__ = ["confidence"]

_BASE, _OF_TESTS, _OF_CROWD = -3.7, 5.5, 0.5
"""Fitted to picks of `evidence` on seven recorded sets with 30 probing inputs, and rounded. How well they hold on sets
that they were not fitted to is in docs/measurements/selection.md."""
_LEAST = 0.02
"""Added to a share of samples and to the rest, so that neither is 0."""


def confidence(ballot: Ballot, row: int) -> float:
    """The probability that the candidate at `row` is right, where a rule such as `evidence` has picked it.

        p = 1 / (1 + exp(3.7 - 5.5 v - 0.5 ln((c + 0.02) / (1 - c + 0.02))))

    v is the share of test samples that it passes, of those that any candidate passes, where half a sample is added to
    either side: tests that nobody passes are seldom right. c is the share of samples that behave as it does on all
    tests and probing inputs.
    """
    tests = ballot.test_multiplicity.astype(np.float64)
    votes, most = ballot.passed[row] @ tests, ballot.passed.any(axis=0) @ tests
    alike = np.ones(len(ballot.multiplicity), np.bool_)
    for groups in (ballot.behaviours, ballot.probe_groups):
        alike &= groups.group_of == groups.group_of[row]
    crowd = ballot.multiplicity[alike].sum() / ballot.multiplicity.sum()
    odds = math.log((crowd + _LEAST) / (1 - crowd + _LEAST))
    return float(expit(_BASE + _OF_TESTS * (votes + 0.5) / (most + 1) + _OF_CROWD * odds))
