"""Signs of life between our own processes, so that one that is stuck is told from one that works on something long.

Whoever waits for an untrusted process does so under limits and says every second that it is itself alive. Whoever
waits for one of our own processes gives it up after `silence_s` without a sign.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from coderm_eval.execution.limits import Limits

__all__ = ["Heartbeat", "silence_s"]

_PERIOD_S = 1.0
_START_S = 60
"""For starting an interpreter and importing the largest libraries on a busy machine, which gives no sign."""


def silence_s(limits: Limits) -> float:
    """Wall seconds without a sign of life after which a process under these limits is given up."""
    return _START_S + 10 * limits.wall_s


class Heartbeat:
    """Calls `say` once a second at most, however often it is called itself."""

    def __init__(self, say: Callable[[], None]) -> None:
        self._say = say
        self._last = time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._last >= _PERIOD_S:
            self._last = now
            self._say()
