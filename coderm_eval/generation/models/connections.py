"""What all threads that sample from one server share: its connections, how many requests it gets, what it has shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from coderm_eval.generation.models.api_client import ApiClient
from coderm_eval.generation.models.concurrency import SharedLoop
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["Connections", "OpenConnections"]

_GO_ON = "what was answered so far is stored: run the same command to go on"


@dataclass(frozen=True)
class OpenConnections:
    """The connections while they are open."""

    session: aiohttp.ClientSession
    slots: asyncio.Semaphore
    """One for each request that may be under way. What waits for a slot has no time limit yet."""


class Connections:
    """The connections to the server that `settings` name.

    Raises:
        SettingsError: `settings` lack the model or the server's address.
    """

    def __init__(self, settings: SamplingSettings) -> None:
        self.client = ApiClient(settings, advice=_GO_ON)
        self.limit = settings.concurrency
        self.loop = SharedLoop(self._open)
        self.max_choices: int | None = None
        """Most choices that the server gives per request, once it has shown that."""
        self.understood = False
        """Whether the server has answered as OpenAI's API does."""

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[OpenConnections]:
        async with self.client.session() as session:
            yield OpenConnections(session, asyncio.Semaphore(self.limit))
