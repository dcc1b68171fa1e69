"""How a test, a call or a process ended: one letter each where it passes between processes."""

from __future__ import annotations

import enum

__all__ = ["TIMEOUTS", "UNANSWERED", "End"]


class End(str, enum.Enum):
    """Its value is the letter."""

    PASSED = "P"
    FAILED = "F"
    """The test did not pass, or the program could not be loaded."""
    OUT_OF_CPU = "T"
    """It used up its CPU seconds."""
    OUT_OF_TIME = "W"
    """It waited for longer than its wall limit allows, though it has CPU time left."""
    CRASHED = "C"
    """The process ended by itself, by a signal or an exit, or for want of memory."""
    FULL = "M"
    """The process ended because its answers take more room than there is."""


TIMEOUTS = frozenset({End.OUT_OF_CPU, End.OUT_OF_TIME})

UNANSWERED = TIMEOUTS | {End.CRASHED}
"""What stands in the place of an answer that a program did not live to give."""
