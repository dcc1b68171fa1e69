"""How likely a pick is to be right, as far as tests and agreement tell."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from coderm_eval.selection.ballot import Ballot

__all__ = ["confidence"]

_BASE, _OF_TESTS, _OF_CROWD = -3.5, 3.8, 3.6
"""Fitted to picks of `evidence` on seven recorded sets with 30 probing inputs, and rounded. How well they hold on sets
that they were not fitted to is in docs/measurements/selection.md."""


def confidence(ballot: Ballot, row: int) -> float:
    """The probability that the candidate at `row` is right, where a rule such as `evidence` has picked it.

        p = 1 / (1 + exp(3.5 - 3.8 v - 3.6 c)),  v = y / (m + 1)

    y is the number of test samples that it passes, and m that of those which any candidate passes: a test that nobody
    passes is seldom right. c is the share of samples that behave as it does on all tests and probing inputs. Without
    tests v is 1/2.
    """
    tests = ballot.test_multiplicity.astype(np.float64)
    votes, most = ballot.passed[row] @ tests, ballot.passed.any(axis=0) @ tests
    alike = np.ones(len(ballot.multiplicity), np.bool_)
    for groups in (ballot.behaviours, ballot.probe_groups):
        alike &= groups.group_of == groups.group_of[row]
    crowd = ballot.multiplicity[alike].sum() / ballot.multiplicity.sum()
    share = votes / (most + 1) if tests.size else 0.5
    return float(expit(_BASE + _OF_TESTS * share + _OF_CROWD * crowd))
