"""Trying again: how often, how long after, and what a server may say about it."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import pytest

from coderm_eval.generation.models.retry import TransientError, retry_after, with_retries

HEADERS: list[tuple[dict[str, str], float | None]] = [
    ({}, None),
    ({"Retry-After": "7"}, 7),
    ({"Retry-After": "0.5"}, 0.5),
    ({"Retry-After": "-3"}, 0),
    ({"Retry-After": "soon"}, None),
    ({"Retry-After": ""}, None),
    ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
]


@pytest.mark.parametrize(("headers", "seconds"), HEADERS)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_may_be_a_date() -> None:
    seconds = retry_after({"Retry-After": formatdate(time.time() + 60, usegmt=True)})
    assert seconds is not None and 55 < seconds <= 60


class Flaky:
    """Fails so often before it answers."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures = failures
        self.error = error
        self.calls = 0

    async def ask(self, answer: str) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return answer


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_it_is_tried_again_until_it_goes_well(failures: int) -> None:
    flaky = Flaky(failures, TransientError("busy", after=0))
    assert asyncio.run(with_retries(3, flaky.ask, "yes")) == "yes"
    assert flaky.calls == failures + 1


def test_after_all_tries_the_last_failure_is_what_is_said() -> None:
    flaky = Flaky(9, TransientError("busy", after=0))
    with pytest.raises(TransientError, match="busy"):
        asyncio.run(with_retries(2, flaky.ask, "yes"))
    assert flaky.calls == 3


def test_what_will_not_go_better_is_not_tried_again() -> None:
    flaky = Flaky(1, ValueError("no such model"))
    with pytest.raises(ValueError, match="no such model"):
        asyncio.run(with_retries(5, flaky.ask, "yes"))
    assert flaky.calls == 1
