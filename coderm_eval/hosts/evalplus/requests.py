"""Requests of EvalPlus's providers, which would send again without end what is refused or never answered."""

from __future__ import annotations

import functools
import pkgutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from coderm_eval.core.errors import ServerError
from coderm_eval.core.messages import single_line

__all__ = ["GO_ON", "bounded_requests"]

GO_ON = "samples drawn so far are kept, and the same command goes on from them"

_SENDERS = {
    "openai": ("evalplus.gen.util.openai_request", "make_request"),
    "anthropic": ("anthropic.resources.messages:Messages", "create"),
    "google": ("evalplus.provider.google", "make_request"),
}
"""What sends one request, by EvalPlus's name of the backend: where it is, and what it is called there."""

_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_KEY", "google": "GOOGLE_API_KEY"}

_TRANSIENT = (408, 409, 429)
"""Statuses below 500 after which another try may succeed."""

_PATIENCE_S = 300
"""Seconds in which one request may fail again and again, once a server was there: about as long as this project tries
its own."""


class _EndedError(BaseException):
    """Ends a request; no Exception, since EvalPlus's loops catch each of those and send the request again."""


@contextmanager
def bounded_requests(backend: str | None) -> Iterator[None]:
    """Let a provider's requests end: at once if they are refused, and else after minutes without any answer.

    Args:
        backend: EvalPlus's name of it. A model in this process sends no requests.

    Raises:
        ServerError: names the last answer, and what to type.
        ImportError: the backend needs a package that is not installed.
    """
    if backend not in _SENDERS:
        yield
        return
    place, name = _SENDERS[backend]
    owner = pkgutil.resolve_name(place)
    send = getattr(owner, name)
    setattr(owner, name, _bounded(send, backend))
    try:
        yield
    except _EndedError as ended:
        raise ServerError(f"evalplus.codegen: {ended}; {GO_ON}") from ended.__cause__
    finally:
        setattr(owner, name, send)


def _bounded(send: Callable[..., Any], backend: str) -> Callable[..., Any]:
    """`send`, which ends EvalPlus's loop around it when the next try would end as this one did."""
    failing_since: float | None = None
    answered = False

    @functools.wraps(send)
    def send_or_end(*arguments: Any, **named: Any) -> Any:
        nonlocal answered, failing_since
        try:
            reply = send(*arguments, **named)
        except Exception as error:
            failing_since = failing_since or time.monotonic()
            answered = answered or not _is_unconnected(error)
            patience_s = _PATIENCE_S if answered else 0
            if reason := _reason_to_end(error, time.monotonic() - failing_since, patience_s, backend):
                signal.alarm(0)  # EvalPlus's own, whose handler would raise an error elsewhere
                raise _EndedError(reason) from error
            raise
        failing_since, answered = None, True
        return reply

    return send_or_end


def _is_unconnected(error: Exception) -> bool:
    """Whether no server took the connection; httpx, by which the providers' packages send, has a class for that."""
    return type(error.__cause__).__name__ == "ConnectError"


def _reason_to_end(error: Exception, failing_s: float, patience_s: float, backend: str) -> str | None:
    """Why the request is not sent again, and what to do about it; None if it may succeed."""
    if isinstance(error, TypeError | AttributeError):
        what = f"the installed package of --backend {backend} does not take EvalPlus's requests ({single_line(error)})"
        return f"{what}; install an earlier version of it"
    status = int(getattr(error, "status_code", None) or getattr(error, "code", None) or 0)
    if 400 <= status < 500 and status not in _TRANSIENT:
        return f"the server refused a request ({single_line(error)}); {_advice(status, backend)}"
    if failing_s < patience_s:
        return None
    if _is_unconnected(error):
        return f"no server could be reached ({single_line(error.__cause__)}); start it, or check --base-url"
    return f"the server gave no answer for {failing_s:.0f} s ({single_line(error)}); check --base-url and the server"


def _advice(status: int, backend: str) -> str:
    if status in (401, 403):
        return f"set {_KEYS[backend]} to a key that it accepts"
    if status in (404, 405):
        return "check --model, and --base-url, which most servers have at /v1"
    return "check --model, --temperature and --bs, which is how many samples a request asks for"
