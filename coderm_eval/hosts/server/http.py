"""The life of a web server: its socket, and how long it runs."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http import HttpProcessingError

from coderm_eval.core.errors import ServerError
from coderm_eval.core.messages import single_line

__all__ = ["listen", "running", "serve_until_interrupted"]

_BACKLOG = 1024
"""Connections that wait to be taken: a harness may open hundreds at once."""

_GRACE_S = 1.0
"""Seconds that requests in progress have when the server is stopped."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections over IPv4; port 0 takes a free one.

    Raises:
        ServerError: the port is in use, or the host is not this machine's.
    """
    if not host:  # which would be every address of this machine
        raise ServerError("--host is empty; give 127.0.0.1 for this machine alone, or 0.0.0.0 for all of its addresses")
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        others = (errno.EADDRNOTAVAIL, socket.EAI_NONAME, socket.EAI_ADDRFAMILY)
        foreign = getattr(error, "errno", None) in others
        advice = "give an address of this machine after --host, such as 127.0.0.1" if foreign else "give another --port"
        raise ServerError(f"cannot serve on {host}:{port} ({single_line(error)}); {advice}") from error


def serve_until_interrupted(app: web.Application, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; calls `started` once clients can connect."""

    async def serve() -> None:
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        async with running(app, listener):
            started()
            await ended.wait()

    asyncio.run(serve())


@asynccontextmanager
async def running(app: web.Application, listener: socket.socket) -> AsyncIterator[None]:
    """The application is served by the current event loop meanwhile; `listener` is closed in the end.

    Bodies come as they were sent: a compressed one is not decoded.
    """
    runner = web.AppRunner(
        app, access_log=None, logger=_log_of_aiohttp(), auto_decompress=False, shutdown_timeout=_GRACE_S
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener, backlog=_BACKLOG).start()
        yield
    finally:
        await runner.cleanup()


def _log_of_aiohttp() -> logging.Logger:
    """Where aiohttp says what went wrong: what a client sends that is no HTTP is one line, without a traceback."""
    log = logging.getLogger(f"{__name__}.aiohttp")
    log.addFilter(_shorten)  # once, however many servers there are
    return log


def _shorten(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args, record.exc_info = f"{record.getMessage()}: {single_line(error)}", (), None
    return True
