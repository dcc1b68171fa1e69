"""What a user reads while a server is waited for: not once for each of many requests under way, but once for all."""

from __future__ import annotations

import logging
import time

__all__ = ["WaitNotice"]

log = logging.getLogger(__name__)

_QUIET_S = 30.0
"""Seconds for which the same is not said again."""


class WaitNotice:
    """Says that a request failed, which try that was, and when the next one is.

    Requests under way at the same time fail for the same reason. Of those only one that was tried more often than any
    before is worth a line, or one after a while.
    """

    def __init__(self, tries: int) -> None:
        self._tries = tries
        self._tried = 0
        self._said_at = -_QUIET_S

    def __call__(self, what: str, tried: int, wait_s: float) -> None:
        """Say it, unless it was just said.

        Args:
            what: the failure, as a sentence without its end.
            tried: how often the request was tried.
            wait_s: seconds until it is tried again.
        """
        now = time.monotonic()
        if tried > self._tried or now - self._said_at >= _QUIET_S:
            self._tried, self._said_at = tried, now
            log.warning("%s (try %d of %d); the next try is in %.0f s", what, tried, self._tries, max(1.0, wait_s))
