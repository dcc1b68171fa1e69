"""Rules that choose a candidate from a verdict matrix: pure functions of arrays, one rule per file.

Nothing here can import what grades: a rule sees verdicts of generated tests and multiplicities, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from coderm_eval.records import Candidate, Selection, Verdicts
from coderm_eval.selection.majority import majority

__all__ = ["RULES", "Rule", "majority", "select"]

Rule = Callable[[npt.NDArray[np.bool_], npt.NDArray[np.int64]], npt.NDArray[np.float64]]
"""(passed (N, M), multiplicity of each candidate (N,)) -> score of each candidate (N,); the highest wins."""

RULES: dict[str, Rule] = {"majority": majority}


def select(rule: str, candidates: Sequence[Candidate], verdicts: Verdicts, *, stopped: str) -> Selection:
    """Apply the rule named `rule`; among equals the candidate with the lowest sample index is chosen.

    What could not be run is missing, not failed. A candidate against which no test could be run has no reward
    (NaN) and is not chosen; of the others' matrix, columns with a gap are left out, so that candidates are
    compared on the same tests.
    """
    judged = np.asarray(verdicts.ran.any(axis=1) | (not verdicts.ran.any()))
    complete = verdicts.ran[judged].all(axis=0)
    multiplicity = np.array([c.multiplicity for c in candidates], dtype=np.int64)
    rewards = np.full(len(candidates), np.nan)
    rewards[judged] = RULES[rule](verdicts.passed[judged][:, complete], multiplicity[judged])
    ties = [int(row) for row in np.flatnonzero(rewards == np.nanmax(rewards))]
    return Selection(
        rule=rule,
        chosen=min(ties, key=lambda row: candidates[row].samples[0]),
        rewards=tuple(float(reward) for reward in rewards),
        ties=tuple(ties),
        tests_used=int(complete.sum()),
        stopped=stopped,
    )
