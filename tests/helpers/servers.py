"""HTTP servers on loopback that behave as OpenAI-compatible servers do, well and badly."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], bytes]
Behaviour = Callable[[dict[str, Any], int], Reply | None]
"""(request body, how many requests this prompt had before) -> (status, headers, body); None resets the connection."""

TEST = "```python\nimport unittest\n\n\nclass TestF(unittest.TestCase):\n    def test_{}(self):\n        f({})\n```"


def answers(body: dict[str, Any], choices: int) -> Reply:
    """As a server with one text for each seed would answer."""
    listed = [
        {
            "index": i,
            "message": {"role": "assistant", "content": TEST.format(body["seed"] + i, body["seed"] + i)},
            "finish_reason": "stop",
        }
        for i in reversed(range(choices))  # the order on the wire is the server's business
    ]
    usage = {"prompt_tokens": 7, "completion_tokens": 10 * choices, "total_tokens": 7 + 10 * choices}
    content = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": listed, "usage": usage}
    return 200, {}, json.dumps(content).encode()


def well_behaved(body: dict[str, Any], before: int) -> Reply:
    return answers(body, body["n"])


def one_choice_only(body: dict[str, Any], before: int) -> Reply:
    return answers(body, 1)


def busy_at_first(body: dict[str, Any], before: int) -> Reply:
    return (429, {"Retry-After": "0"}, b"{}") if before < 2 else answers(body, body["n"])


def broken_at_first(body: dict[str, Any], before: int) -> Reply:
    return (500, {}, b"oops") if before < 2 else answers(body, body["n"])


def no_choices(body: dict[str, Any], before: int) -> Reply:
    return answers(body, 0)


def refusing(body: dict[str, Any], before: int) -> Reply:
    return 404, {}, b'{"error": {"message": "the model `m` does not exist"}}'


def html(body: dict[str, Any], before: int) -> Reply:
    return 200, {"Content-Type": "text/html"}, b"<html>login</html>"


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


@contextmanager
def listing(status: int, body: bytes) -> Iterator[str]:
    """A server that answers every question so, after the key that it was asked with, for `KEY` in the body: its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = body.replace(b"KEY", self.headers.get("Authorization", "").encode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with _running(Handler) as url:
        yield url


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes connections and never answers: its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # looks so often whether to end
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(behaviour: Behaviour, *, strict: bool = False) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server with this behaviour: its URL, and the requests that it gets; a strict one has OpenAI's paths only."""
    seen: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _elsewhere(self) -> bool:
            known = ("/v1/models", "/v1/completions", "/v1/chat/completions")
            return strict and self.path not in known

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self._elsewhere():
                self._send(404, {}, b"nothing here")
                return
            with lock:
                seen.append(body)
                prompt = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
                before, counts[prompt] = counts[prompt], counts[prompt] + 1
            reply = behaviour(body, before)
            if reply is None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            self._send(*reply)

        def do_GET(self) -> None:
            models = json.dumps({"object": "list", "data": [{"id": "m"}, {"id": "other"}]})
            self._send(404 if self._elsewhere() else 200, {}, models.encode())

        def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with _running(Handler) as url:
        yield url, seen
