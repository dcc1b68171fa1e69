"""B4: the consensus set that is most likely right (Chen et al., arXiv 2409.08692)."""

from __future__ import annotations

import numpy as np

from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.registry import selector

__all__ = ["ALPHA", "BETA_0", "b4"]

ALPHA = 1e3
"""Prior Beta(α, 1) of the shares of right programs and of right tests; the released value for real data."""

BETA_0 = 1e5
"""Prior Beta(1, β) of a wrong program's passing a wrong test; the middle of the released values, 1e4 to 1e6."""


@selector("b4")
def b4(ballot: Ballot) -> Scores:
    """s_i = ln B(|X| + α, N - |X| + 1) + ln B(|Y| + α, M - |Y| + 1) + ln B(e₁ + 1, n₁ - e₁ + 1)
          + ln B(e₀ + 1, n₀ - e₀ + β₀).

    Hypothesis: the samples X that passed the same tests as candidate i are the right programs, and the test samples
    Y that they passed the right tests. (e₁, n₁): passes and cells of the other programs on Y; (e₀, n₀): on the
    other tests. N and M count samples.

    Assumes that a right program passes all right tests and no wrong one, and that cells are otherwise independent.
    O(N M log N).
    """
    from scipy.special import betaln  # here: it takes longer to import than all else that a run needs

    groups = ballot.groups
    patterns = groups.rows.astype(np.float64)
    tests = ballot.test_multiplicity.astype(np.float64)
    n, m = groups.sizes.sum(), tests.sum()
    passes = (groups.sizes[:, None] * patterns).sum(axis=0) * tests
    programs, believed = groups.sizes, (patterns * tests).sum(axis=1)
    others = n - programs
    e1 = (patterns * passes).sum(axis=1) - programs * believed
    e0 = ((1 - patterns) * passes).sum(axis=1)
    n1, n0 = others * believed, others * (m - believed)
    score = (
        betaln(programs + ALPHA, others + 1)
        + betaln(believed + ALPHA, m - believed + 1)
        + betaln(e1 + 1, n1 - e1 + 1)
        + betaln(e0 + 1, n0 - e0 + BETA_0)
    )
    return groups.broadcast(score)
