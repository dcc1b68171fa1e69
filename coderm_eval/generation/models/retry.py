"""Retries with exponential backoff and jitter, or after as long as a server says."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import tenacity

__all__ = ["OnWait", "TransientError", "retry_after", "with_retries"]

T = TypeVar("T")

_backoff = tenacity.wait_random_exponential(multiplier=1, max=60)


class TransientError(Exception):
    """A failure that may not happen again: in `after` seconds, if the server said so."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


OnWait = Callable[[TransientError, int, float], None]
"""Told before each wait: what failed, how many tries there were, and in how many seconds the next one is."""


async def with_retries(
    retries: int,
    call: Callable[..., Awaitable[T]],
    *arguments: Any,
    on_wait: OnWait | None = None,
    give_up: Callable[[], bool] = lambda: False,
) -> T:
    """Return what `call` returns, tried again up to `retries` times; raise the last TransientError.

    Args:
        give_up: asked after each failure whether to leave it at that.
    """

    def before_sleep(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if on_wait and isinstance(error, TransientError) and state.next_action:
            on_wait(error, state.attempt_number, state.next_action.sleep)

    retrying = tenacity.AsyncRetrying(
        stop=lambda state: state.attempt_number > retries or give_up(),
        wait=_wait_s,
        retry=tenacity.retry_if_exception_type(TransientError),
        before_sleep=before_sleep,
        reraise=True,
    )
    return await retrying(call, *arguments)


def _wait_s(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    after = error.after if isinstance(error, TransientError) else None
    if after is None:
        return _backoff(state)
    return after * random.uniform(1, 1.1)  # clients that were turned away together do not come back together


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from the header Retry-After, a number or a date (RFC 9110, 10.2.3); None if there are none to read."""
    value = headers.get("Retry-After", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
