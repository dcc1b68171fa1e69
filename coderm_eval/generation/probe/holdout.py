"""Cross-validation over problems: how well a probe predicts problems that it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from coderm_eval.core.progress import progress
from coderm_eval.generation.probe.network import DECAYS, Floats, cross_entropy, fit_each
from coderm_eval.generation.probe.tensors import Record

__all__ = ["FOLDS", "MIN_PROBLEMS", "CrossValidation", "best_decay", "hold_out"]

FOLDS = 5

MIN_PROBLEMS = 10
"""Fewest problems, so that each fold has two."""

_INNER_FOLDS = 3
_BINS = 5
_LEVEL = 0.05


class CrossValidation(Record):
    """Predictions of each problem by a network that was fitted to the other folds, compared with its pass rate.

    The constant prediction is the mean rate of the other folds.
    """

    problems: int
    brier: float
    """Mean squared error."""
    brier_of_constant: float
    calibration_error: float
    """Mean |mean prediction - mean rate| of five bins, by prediction, with equally many problems."""
    spearman: float | None
    """Rank correlation of predictions and rates; None if all rates, or all predictions, are equal."""
    p_value: float | None
    """One-sided paired t-test over problems: are squared errors lower than the constant's? None if all differences are
    equal."""

    @property
    def better(self) -> bool:
        """True if the network beats the constant, at 95 %."""
        return self.p_value is not None and self.p_value < _LEVEL


def hold_out(states: Floats, rates: Floats, hidden: int, rng: np.random.Generator) -> CrossValidation:
    """Cross-validate; each fold's weight decay is chosen within the other folds.

    Args:
        states: shape (problems, width), at least MIN_PROBLEMS problems.
        rates: shape (problems,).
    """
    predicted, constant = np.empty_like(rates), np.empty_like(rates)
    for fold in progress(_folds(len(rates), FOLDS, rng), FOLDS, "cross-validating", "folds"):
        known = states[fold.rest], rates[fold.rest]
        decay = best_decay(*known, DECAYS, hidden, rng)
        flat, network = fit_each(*known, [math.inf, decay], hidden, rng)
        constant[fold.held] = flat.rates(states[fold.held])
        predicted[fold.held] = network.rates(states[fold.held])
    return _compare(rates, predicted, constant)


def best_decay(states: Floats, rates: Floats, decays: Sequence[float], hidden: int, rng: np.random.Generator) -> float:
    """The weight decay with the lowest cross-entropy on folds that were held out; of equal ones the first."""
    losses = np.zeros(len(decays))
    for fold in _folds(len(rates), _INNER_FOLDS, rng):
        for index, network in enumerate(fit_each(states[fold.rest], rates[fold.rest], decays, hidden, rng)):
            losses[index] += cross_entropy(rates[fold.held], network.rates(states[fold.held])).sum()
    return decays[int(losses.argmin())]


class _Fold(NamedTuple):
    """Indices of problems."""

    held: npt.NDArray[np.intp]
    rest: npt.NDArray[np.intp]


def _folds(problems: int, count: int, rng: np.random.Generator) -> Iterator[_Fold]:
    for held in np.array_split(rng.permutation(problems), count):
        yield _Fold(held, np.setdiff1d(np.arange(problems), held))


def _compare(rates: Floats, predicted: Floats, constant: Floats) -> CrossValidation:
    errors, errors_of_constant = (predicted - rates) ** 2, (constant - rates) ** 2
    return CrossValidation(
        problems=len(rates),
        brier=float(errors.mean()),
        brier_of_constant=float(errors_of_constant.mean()),
        calibration_error=_calibration_error(rates, predicted),
        spearman=float(stats.spearmanr(predicted, rates).statistic) if np.ptp(predicted) and np.ptp(rates) else None,
        p_value=_p_value(errors_of_constant - errors),
    )


def _calibration_error(rates: Floats, predicted: Floats) -> float:
    bins = np.array_split(np.argsort(predicted, kind="stable"), _BINS)
    return float(sum(abs(np.sum(predicted[b] - rates[b])) for b in bins) / len(rates))


def _p_value(gains: Floats) -> float | None:
    if not np.ptp(gains):
        return None
    return float(stats.ttest_1samp(gains, 0, alternative="greater").pvalue)
