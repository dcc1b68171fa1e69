"""A replay server on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from coderm_eval.hosts.server.http import listen, running
from coderm_eval.hosts.server.replay import RecordedAnswers, replay_app

__all__ = ["replaying", "served"]


@contextmanager
def replaying(recorded: RecordedAnswers, seen: list[dict[str, Any]] | None = None) -> Iterator[str]:
    """The host:port of a replay server on loopback; the bodies of the requests to it are added to `seen`."""
    with served(replay_app(recorded, None if seen is None else seen.append)) as address:
        yield address


@contextmanager
def served(app: web.Application) -> Iterator[str]:
    """The host:port of a web application that is served on loopback by a thread."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        loop = asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            async with running(app, listener):
                await stop.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
        thread.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()
