"""How likely a pick is to be right, as far as tests and agreement tell."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from coderm_eval.core.records import NO_OUTPUT
from coderm_eval.selection.ballot import Ballot

__all__ = ["FITTED_TO", "confidence"]

FITTED_TO = "evidence"
"""The rule whose picks the constants were fitted to."""

_DIGITS = 6
"""As many as files have: a confidence that is read there is the very number that picks are compared by."""

_BASE, _OF_TESTS, _OF_CROWD = -3.4, 3.8, 3.5
"""Fitted on seven recorded sets with 30 probing inputs, and rounded. How well they hold on sets
that they were not fitted to is in docs/measurements/selection.md."""


def confidence(ballot: Ballot, row: int) -> float:
    """The probability, with six digits, that the candidate at `row` is right, where a rule like FITTED_TO picked it.

        p = 1 / (1 + exp(3.4 - 3.8 v - 3.5 c)),  v = y / (m + 1)

    y is the number of test samples that it passes, and m that of those which any candidate passes: a test that nobody
    passes is seldom right. c is the share of the other samples that behave as it does on all tests and probing inputs.
    It is 0 where there are none, or the candidate passes no test and answers nothing. Without any test or answer only
    samples of the same text are alike, and v is 1/2, as always without tests.
    """
    tests = ballot.test_multiplicity.astype(np.float64)
    votes, most = ballot.passed[row] @ tests, ballot.passed.any(axis=0) @ tests
    share = votes / (most + 1) if tests.size else 0.5
    log_odds = _BASE + _OF_TESTS * share + _OF_CROWD * _crowd(ballot, row)
    return round(1 / (1 + math.exp(-log_odds)), _DIGITS)


def _crowd(ballot: Ballot, row: int) -> float:
    """The share of the other samples that behave as those of the candidate do."""
    alike = ballot.multiplicity[_alike(ballot, row)].sum() - 1
    others = ballot.multiplicity.sum() - 1
    return float(max(0, alike) / max(1, others))


def _alike(ballot: Ballot, row: int) -> npt.NDArray[np.bool_]:
    """Compares with one row only: to group all takes seven times as long, for each pick in each round of a budget."""
    answers = np.hstack([ballot.outputs[row], ballot.probes[row]])
    if not answers.size:
        return np.asarray(np.arange(len(ballot.multiplicity)) == row)
    does_something = ballot.passed[row].any() or (answers != NO_OUTPUT).any()
    same = [(rows == rows[row]).all(axis=1) for rows in (ballot.passed, ballot.outputs, ballot.probes)]
    return np.asarray(np.logical_and.reduce(same) & does_something)
