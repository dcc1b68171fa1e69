"""A replay server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from coderm_eval.hosts.server.replay import RecordedAnswers, make_server

__all__ = ["replaying"]


@contextmanager
def replaying(recording: RecordedAnswers, seen: list[dict[str, Any]] | None = None) -> Iterator[str]:
    """The host:port of a replay server on loopback; the requests that it answers are added to `seen`."""
    server = make_server(recording, "127.0.0.1", 0)
    if seen is not None:
        _watch(server.RequestHandlerClass, seen)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _watch(handler: Any, seen: list[dict[str, Any]]) -> None:
    for name in ("_chat", "_complete"):
        answer = getattr(handler, name)

        def watching(self: Any, body: dict[str, Any], answer: Any = answer) -> Any:
            seen.append(body)
            return answer(self, body)

        setattr(handler, name, watching)
