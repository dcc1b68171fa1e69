"""What is odd about a policy's answers, which no later stage sees: one line each."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from coderm_eval.generation.extraction.reasoning import ends_in_reasoning

__all__ = ["AnswerTally"]

log = logging.getLogger(__name__)


class AnswerTally:
    """Counts answers of one problem after the other, and prints what is odd about all of them."""

    def __init__(self) -> None:
        self._answers = self._cut_off = self._unfinished = 0
        self._repeated: list[float] = []
        """For each problem with several answers, the share that repeat another one."""

    def add(self, answers: Sequence[str], cut_off: int = 0) -> None:
        """Count the answers of a problem.

        Args:
            cut_off: those of which the model said that the limit of tokens ended them.
        """
        self._answers += len(answers)
        self._cut_off += cut_off
        self._unfinished += sum(map(ends_in_reasoning, answers))
        if len(answers) > 1:
            self._repeated.append(1 - len(set(answers)) / len(answers))

    def warn(self) -> None:
        """Print what is odd."""
        if self._cut_off:
            log.warning("%d of %d answers were cut off by the limit of tokens", self._cut_off, self._answers)
        if self._unfinished:
            log.warning(
                "%d of %d answers end before their reasoning does: raise the limit of tokens",
                self._unfinished,
                self._answers,
            )
        repeated = sum(self._repeated) / max(1, len(self._repeated))
        if repeated > 0.5:  # N is then not what it seems
            log.warning(
                "%.0f %% of the samples repeat another sample of their problem: the temperature is 0 or nearly so, "
                "or the server gives one answer whatever the seed",
                100 * repeated,
            )
