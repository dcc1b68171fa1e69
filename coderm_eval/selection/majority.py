"""Majority voting of unit tests: CodeRM's own rule (arXiv 2501.01054, Eq. 1, and its released scorer)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["majority"]


def majority(passed: npt.NDArray[np.bool_], multiplicity: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Score of each candidate: s_i = Σ_j r_ij + g_i / (1 + Σ_k m_k).

    r_ij is 1 where candidate i passes test j, m_k the multiplicity of candidate k, and g_i the number of
    samples whose set of passed tests equals that of i. The second term is below 1, so it only breaks ties
    of the first, as the authors' `calculate_result.py` does: among the candidates that pass most tests,
    the largest group with identical passed sets wins. All members of that group keep equal scores.

    Assumes that every test is equally credible and that tests err independently. O(N M log N).
    """
    if passed.shape[0] == 0:
        return np.zeros(0)
    counts = passed.sum(axis=1).astype(np.float64)
    _, group = np.unique(passed, axis=0, return_inverse=True)
    group = group.reshape(-1)
    group_size = np.bincount(group, weights=multiplicity)[group]
    return np.asarray(counts + group_size / (1.0 + float(multiplicity.sum())))
