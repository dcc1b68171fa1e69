"""What all threads that sample from a model's servers share: connections, the bound on requests, what is known."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from coderm_eval.core.errors import ServerError
from coderm_eval.generation.models.api_client import clients
from coderm_eval.generation.models.concurrency import SharedLoop
from coderm_eval.generation.models.served import state_of
from coderm_eval.generation.models.servers import Server, Servers
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["GO_ON", "Connections"]

log = logging.getLogger(__name__)

GO_ON = "what was answered so far is stored: run the same command to go on"

_AT_START_S = 10.0
"""For each of several servers to say whether it serves the model, before the first request."""


class Connections:
    """The connections to the servers that `settings` name.

    Args:
        advice: what to do after any error, for the end of its sentence.

    Raises:
        SettingsError: `settings` lack the model or a server's address.
    """

    def __init__(self, settings: SamplingSettings, advice: str = "") -> None:
        self._settings = settings
        self._servers = [Server(client, settings.concurrency) for client in clients(settings, advice)]
        self._asked = len(self._servers) == 1  # the first request finds out
        self.limit = settings.concurrency * len(self._servers)
        """Most requests under way, at all servers together."""
        self.loop = SharedLoop(self._open)
        self.max_choices: int | None = None
        """Most choices that the servers give per request, once one has shown that."""

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Servers]:
        async with AsyncExitStack() as stack:
            for server in self._servers:
                server.session = await stack.enter_async_context(server.client.session())
            if not self._asked:
                await self._ask_all()
                self._asked = True
            yield Servers(self._servers)

    async def _ask_all(self) -> None:
        """Leave out the servers that are down.

        Raises:
            ServerError: one does not serve the model, or all are down.
        """
        states = await asyncio.gather(
            *(state_of(server.client, server.session, self._settings, _AT_START_S) for server in self._servers)
        )
        key = f"{self._settings.section}.base_url"
        for state in states:
            if state.answers and state.serves is False:
                raise ServerError(f"{key}: {state.fact}; {state.advice}, or leave that server out")
        if not any(state.answers for state in states):
            raise ServerError(f"{key}: no server answers: {'; '.join(state.fact for state in states)}; start them")
        for server, state in zip(self._servers, states, strict=True):
            if not state.answers:
                server.leave_out()
                server.say(state.fact)
