"""Chance in a process of a program, the same in every run: no answer depends on what ran before.

The program server restarts it before it serves, and whatever it or a child imports for a program is followed by another
restart. Nothing else draws there, so that a child finds it restarted: to do that itself would cost it 65 microseconds.
"""

from __future__ import annotations

import random
import sys

__all__ = ["restart_chance"]

_SEED = 0
"""Of `random` and numpy at the start of each run."""


def restart_chance() -> None:
    """Have `random` begin anew, and numpy's chance if it is loaded."""
    random.seed(_SEED)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(_SEED)
