"""Servers of the same model: which one gets a request, and who gets it when that one fails.

The least busy one gets it, by the requests under way; of equals the first in the list. A server that fails is left out
while another one is up, and is tried again by one request after a while. An answer brings it back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import aiohttp

from coderm_eval.core.errors import ServerError
from coderm_eval.generation.models.api_client import ApiClient, ApiReply, UnansweredError

__all__ = ["Elsewhere", "Server", "Servers"]

log = logging.getLogger(__name__)

T = TypeVar("T")

Elsewhere = Callable[[], bool]
"""Whether another server is up that a request may go to, so that it need not be tried again at this one."""

_LONGEST_PAUSE_S = 60.0
"""Between two tries of a server that fails; the first pause is a second, and each is twice the one before."""

_QUIET_S = 30.0
"""Seconds for which it is not said again that a server is left out."""


class Server:
    """One server: its client, the requests under way, and whether it answers.

    Args:
        limit: most requests under way.
    """

    session: aiohttp.ClientSession
    """Its connections, while they are open."""

    def __init__(self, client: ApiClient, limit: int) -> None:
        self.client = client
        self.understood = False
        """Whether it has answered as OpenAI's API does."""
        self.in_flight = 0
        self._limit = limit
        self._failures = 0
        self._not_before = 0.0
        self._said_at = -_QUIET_S

    async def post(self, task_id: str, path: str, body: dict[str, Any], elsewhere: Elsewhere) -> ApiReply:
        """Send a request, as `ApiClient.post` does."""
        try:
            reply = await self.client.post(self.session, task_id, path, body, elsewhere)
        except UnansweredError as error:
            self.leave_out(error.after)
            raise
        self._failures = 0
        return reply

    @property
    def up(self) -> bool:
        """Whether it answered last, and did not ask to be left alone."""
        return not self._failures and self.pause_s <= 0

    @property
    def pause_s(self) -> float:
        """Seconds until it may be tried again."""
        return self._not_before - time.monotonic()

    @property
    def has_room(self) -> bool:
        return self.in_flight < self._limit

    def leave_out(self, after: float | None = None) -> None:
        """Note a failure; `after` are the seconds for which a busy server asks to be left alone."""
        if after is not None:
            self._not_before = max(self._not_before, time.monotonic() + after)
        elif self.pause_s <= 0:  # requests that were under way together fail together, which counts once
            self._not_before = time.monotonic() + min(2.0**self._failures, _LONGEST_PAUSE_S)
            self._failures += 1

    def say(self, failure: str) -> None:
        """Say that it is left out, unless that was just said."""
        if time.monotonic() - self._said_at >= _QUIET_S:
            self._said_at = time.monotonic()
            pause = max(1.0, self.pause_s)
            log.warning("%s; requests go to the other servers, and it is tried again in %.0f s", failure, pause)


class Servers:
    """Servers with open connections; used on one event loop."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._servers = servers
        self._released = asyncio.Event()

    async def ask(self, task_id: str, call: Callable[[Server, Elsewhere], Awaitable[T]]) -> T:
        """Return what `call` makes of the least busy server, or of another one if that fails.

        Each server is tried once, the last one that is up with all retries. What waits for a server has no time limit
        yet.

        Raises:
            ServerError: no server answers, with the last error of each; or as `call` raises it.
        """
        failed: dict[Server, UnansweredError] = {}
        while True:
            server = await self._least_busy(failed)
            server.in_flight += 1
            try:
                return await call(server, lambda tried=server: self._elsewhere({*failed, tried}))  # type: ignore[misc]
            except UnansweredError as error:
                failed[server] = error
                if len(failed) == len(self._servers):
                    raise _nobody(task_id, failed) from error
                server.say(error.did)
            finally:
                server.in_flight -= 1
                self._released.set()
                self._released = asyncio.Event()

    async def _least_busy(self, failed: Collection[Server]) -> Server:
        """Wait until there is a server to ask, which has not failed at this request."""
        while True:
            left = [server for server in self._servers if server not in failed]
            out = [server for server in left if not server.up] if self._elsewhere(failed) else []
            idle = [server for server in out if not server.in_flight]
            ready = [s for s in left if s.has_room and (s not in out or (s in idle and s.pause_s <= 0))]
            if ready:
                return min(ready, key=lambda server: server.in_flight)
            pause_s = min((server.pause_s for server in idle), default=None)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._released.wait(), pause_s)

    def _elsewhere(self, tried: Collection[Server]) -> bool:
        return any(server.up for server in self._servers if server not in tried)


def _nobody(task_id: str, failed: Mapping[Server, UnansweredError]) -> ServerError:
    """The error for a request that no server answered."""
    errors = list(failed.values())
    if len(errors) == 1:
        return errors[0]
    client = next(iter(failed)).client
    return client.no_answer(task_id, [error.did for error in errors])
