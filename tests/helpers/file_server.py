"""A server of files on loopback that keeps to HTTP's rules on parts, and can be told to break them."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

__all__ = ["FileServer", "serving_files"]


@dataclass
class FileServer:
    """What it serves, how it behaves, and what it was asked for."""

    files: Mapping[str, bytes]
    """By path, without the first slash."""
    url: str = ""
    breaks_after: list[int] = field(default_factory=list)
    """Of each answer in turn, after how many bytes the connection is reset; later ones are whole."""
    knows_parts: bool = True
    """Whether it answers a question for a part with that part."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and part of each request."""


@contextmanager
def serving_files(files: Mapping[str, bytes]) -> Iterator[FileServer]:
    """A server of these files, until the block ends."""
    served = FileServer(files)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, part = unquote(self.path.lstrip("/")), self.headers.get("Range")
            served.asked.append((path, part))
            content = served.files.get(path)
            start = int(re.findall(r"\d+", part)[0]) if part and served.knows_parts else 0
            if content is None or start > len(content) or (part and served.knows_parts and start == len(content)):
                self._send(404 if content is None else 416, {}, b"")
                return
            given = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
            self._send(206 if start else 200, given, content[start:])

        def _send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            end = served.breaks_after.pop(0) if content and served.breaks_after else None
            self.wfile.write(content[:end])
            if end is not None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
