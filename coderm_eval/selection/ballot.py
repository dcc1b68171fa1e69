"""A problem as a rule sees it: who passed what, and how often each candidate and each test was sampled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from coderm_eval.selection.groups import Groups, group_rows

__all__ = ["Ballot", "Scores"]

Scores = npt.NDArray[np.float64]
"""Shape (N,): the score of each candidate; the highest wins."""


@dataclass(frozen=True)
class Ballot:
    """N distinct candidates against M distinct tests; every cell was run."""

    passed: npt.NDArray[np.bool_]
    """Shape (N, M)."""
    multiplicity: npt.NDArray[np.int64]
    """Shape (N,): samples that are this very candidate."""
    test_multiplicity: npt.NDArray[np.int64]
    """Shape (M,): samples that are this very test."""
    outputs: npt.NDArray[np.int64]
    """Shape (N, M): equal within a column where candidates gave the test the same answers; NO_OUTPUT where one
    gave none."""
    first: npt.NDArray[np.int64]
    """Shape (N,): the lowest sample index of each candidate."""
    probes: npt.NDArray[np.int64]
    """Shape (N, P): equal within a column where candidates gave a probing input the same answer, or raised exceptions
    of one type; NO_OUTPUT where one did neither, or returns for no input at all. P is 0 without probing inputs."""

    @cached_property
    def groups(self) -> Groups:
        """Candidates that passed the same tests."""
        return group_rows(self.passed, self.multiplicity)

    @cached_property
    def output_groups(self) -> Groups:
        """Candidates that gave all tests the same answers, or none."""
        return group_rows(self.outputs, self.multiplicity)

    @cached_property
    def probe_groups(self) -> Groups:
        """Candidates that gave all probing inputs the same answers, or none; a single group without such inputs."""
        return group_rows(self.probes, self.multiplicity)

    @cached_property
    def behaviours(self) -> Groups:
        """Candidates that passed the same tests with the same answers; their rows hold `passed` and then `outputs`."""
        return group_rows(np.hstack([self.passed, self.outputs]), self.multiplicity)
