"""Which candidates are worth running on probing inputs, by what the tests say of them."""

from __future__ import annotations

from collections.abc import Sequence

from coderm_eval.core.records import Candidate, UnitTest, Verdicts
from coderm_eval.selection.picks import select

__all__ = ["MOST_FINALISTS", "finalists"]

MOST_FINALISTS = 16
"""Running 16 of a problem's candidates on inputs gives what running all of them does: +2.8 and +2.7 points for
`evidence`, on seven recorded sets of 25 to 66 distinct candidates a problem. 8 give +2.0. It costs half the time."""
_LEAST_SHARE = 0.5
"""Of the best score. No pick changes until candidates of more than half of it are left out."""
_DIGITS = 9
"""To which scores are compared: sums of the same numbers may differ by their order."""


def finalists(candidates: Sequence[Candidate], tests: Sequence[UnitTest], verdicts: Verdicts) -> tuple[int, ...]:
    """The rows of up to 16 candidates that more inputs should tell apart; none where there is but one of them.

    They are those of the highest scores by `evidence`, down to half of the best one. Among equals those with more
    samples come first, and then those that were sampled earlier. Without tests they are all candidates: right ones need
    not be frequent, and the 16 most frequent of a weak model's 25 gave 4 points less.
    """
    if not tests:
        return tuple(range(len(candidates))) if len(candidates) > 1 else ()
    rewards = select(["evidence"], candidates, tests, verdicts, stopped="")["evidence"].rewards
    best = max(reward for reward in rewards if reward == reward)
    share = [round(reward / best, _DIGITS) if best else 1.0 for reward in rewards]
    rows = [row for row, part in enumerate(share) if part >= _LEAST_SHARE]
    rows.sort(key=lambda row: (-share[row], -candidates[row].multiplicity, candidates[row].samples[0]))
    return tuple(sorted(rows[:MOST_FINALISTS])) if len(rows) > 1 else ()
