"""The network: two layers over standardised features, fitted to pass rates.

With a few hundred problems and thousands of features each, the weight decay does the work: it decides whether anything
is left of the weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

__all__ = ["DECAYS", "Floats", "Network", "cross_entropy", "fit_each"]

Floats = npt.NDArray[np.float64]

DECAYS = (math.inf, 0.03, 0.01, 0.003, 0.001)
"""Weight decays to choose from. With inf only the bias is left: the mean rate for every problem."""

_CERTAIN = 1e-6
"""Rates are clipped this far from 0 and 1, which bounds their logits and the cost of a wrong prediction."""


@dataclass(frozen=True)
class Network:
    """rate(x) = sigmoid(w2 · tanh(W1ᵀ (x - mean) / scale + b1) + b2)."""

    mean: Floats
    """Shape (width,): mean of each feature over the problems that the network was fitted to."""
    scale: Floats
    """Shape (width,): standard deviation of each feature over the same problems, times √width."""
    w1: Floats
    """Shape (width, hidden)."""
    b1: Floats
    """Shape (hidden,)."""
    w2: Floats
    """Shape (hidden,)."""
    b2: Floats
    """Shape (1,)."""

    def rates(self, states: Floats) -> Floats:
        """Rates of shape (problems,) for states of shape (problems, width)."""
        hidden = np.tanh((states - self.mean) / self.scale @ self.w1 + self.b1)
        rates: Floats = special.expit(hidden @ self.w2 + self.b2[0])
        return rates

    @staticmethod
    def shapes(width: int, hidden: int) -> Mapping[str, tuple[int, ...]]:
        """The shape of each field."""
        one: tuple[int, ...] = (width,)
        return {"mean": one, "scale": one, "w1": (width, hidden), "b1": (hidden,), "w2": (hidden,), "b2": (1,)}


def cross_entropy(rates: Floats, predicted: Floats) -> Floats:
    """-λ log λ' - (1 - λ) log(1 - λ') for each problem: arXiv 2501.01054, whose print lacks the minus sign."""
    sure = np.clip(predicted, _CERTAIN, 1 - _CERTAIN)
    losses: Floats = -(special.xlogy(rates, sure) + special.xlogy(1 - rates, 1 - sure))
    return losses


def fit_each(
    states: Floats, rates: Floats, decays: Sequence[float], hidden: int, rng: np.random.Generator
) -> Iterator[Network]:
    """Fit a network for each weight decay, all from the same random start.

    Each minimises the mean cross-entropy + decay / 2 · (|W1|² + |b1|² + |w2|²), over features that are standardised
    and then divided by √width. A problem's row then has length 1 on average, and a decay means the same for any model.
    Only weights in the space that the rows span are searched: a part outside of it changes no prediction for these
    problems and costs decay. The work therefore grows with the number of problems, not with the width.

    Args:
        states: shape (problems, width).
        rates: shape (problems,), from 0 to 1.
    """
    mean, scale = _statistics(states)
    basis, triangle = np.linalg.qr(((states - mean) / scale).T)
    rows = np.column_stack([triangle.T, np.ones(len(states))])
    w1 = rng.normal(scale=hidden**-0.5, size=(rows.shape[1], hidden))
    w1[-1] = 0
    w2 = rng.normal(scale=hidden**-0.5, size=hidden)
    bias = special.logit(np.clip(rates.mean(), _CERTAIN, 1 - _CERTAIN))
    for decay in decays:
        fitted = _minimum(rows, rates, decay, _Weights(w1, w2, bias))
        yield Network(mean, scale, basis @ fitted.w1[:-1], fitted.w1[-1], fitted.w2, np.array([fitted.bias]))


@dataclass(frozen=True)
class _Weights:
    """The first layer's bias is the last row of `w1`, with a column of ones in the data."""

    w1: Floats
    w2: Floats
    bias: float

    def flat(self) -> Floats:
        return np.concatenate([self.w1.ravel(), self.w2, [self.bias]])

    def like(self, flat: Floats) -> _Weights:
        """The weights that `flat` holds, in these shapes."""
        first, second, bias = np.split(flat, [self.w1.size, self.w1.size + self.w2.size])
        return _Weights(first.reshape(self.w1.shape), second, float(bias[0]))


def _minimum(rows: Floats, rates: Floats, decay: float, start: _Weights) -> _Weights:
    """The weights that L-BFGS finds, to 1e-4 of the loss.

    2e-9 took five times as long, for Brier scores that were 0.0005 lower at best.
    """
    if math.isinf(decay):
        return _Weights(np.zeros_like(start.w1), np.zeros_like(start.w2), start.bias)

    def loss(flat: Floats) -> tuple[float, Floats]:
        return _loss(rows, rates, decay, start.like(flat))

    found = optimize.minimize(loss, start.flat(), jac=True, method="L-BFGS-B", options={"ftol": 1e-4, "maxiter": 200})
    return start.like(found.x)


def _loss(rows: Floats, rates: Floats, decay: float, weights: _Weights) -> tuple[float, Floats]:
    """The loss and its gradient."""
    hidden = np.tanh(rows @ weights.w1)
    logits = hidden @ weights.w2 + weights.bias
    entropy = np.mean(np.logaddexp(0, logits) - rates * logits)
    size = np.sum(weights.w1**2) + np.sum(weights.w2**2)
    back = (special.expit(logits) - rates) / len(rows)
    through = np.outer(back, weights.w2) * (1 - hidden**2)
    slope = _Weights(rows.T @ through + decay * weights.w1, hidden.T @ back + decay * weights.w2, float(back.sum()))
    return float(entropy + decay / 2 * size), slope.flat()


def _statistics(states: Floats) -> tuple[Floats, Floats]:
    """Mean of each feature, and its standard deviation times √width; 1 · √width for a feature that does not vary."""
    mean, deviation = states.mean(axis=0), states.std(axis=0)
    constant = deviation <= 1e-6 * np.abs(mean)  # the rounding of float32
    return mean, np.where(constant, 1.0, deviation) * math.sqrt(states.shape[1])
