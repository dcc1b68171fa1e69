"""A server on loopback that costs next to nothing, for a process of its own: it prints its port and serves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

__all__ = ["response", "serve"]


def response(content: bytes) -> bytes:
    """A complete HTTP response with this JSON in it."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


async def serve(answer: Callable[[bytes], Awaitable[bytes]]) -> None:
    """Serve until the process ends; `answer` turns the body of a request into a complete response."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                headers = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(headers.partition(b"content-length:")[2].split()[0])
                writer.write(await answer(await reader.readexactly(length)))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    os.write(1, f"{server.sockets[0].getsockname()[1]}\n".encode())
    await server.serve_forever()
