"""What a client is told in place of an answer: a status, and OpenAI's error object."""

from __future__ import annotations

from typing import Any

__all__ = ["BusyError", "RequestError", "UnauthorizedError", "UnavailableError", "UnknownModelError", "error_body"]


class RequestError(Exception):
    """A request that cannot be answered as it is.

    Args:
        message: one sentence, which shows the value and says what is expected.
        param: the field of the request that is meant.
        code: a word for programs.
    """

    status = 400
    kind = "invalid_request_error"
    retry_after_s: int | None = None
    """Seconds after which the same request may be answered; None where it never is."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class UnauthorizedError(RequestError):
    """A request without the server's key."""

    status = 401


class UnknownModelError(RequestError):
    """A request for a model that is not served."""

    status = 404


class _LaterError(RequestError):
    """A request that may be answered after some seconds."""

    reason = ""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message, code=self.reason)
        self.retry_after_s = retry_after_s


class BusyError(_LaterError):
    """A request that came while as many as may wait were waiting."""

    status = 429
    kind = "rate_limit_error"
    reason = "rate_limit_exceeded"


class UnavailableError(_LaterError):
    """A request that what stands behind this server could not serve, as a model's server that is down."""

    status = 503
    kind = "server_error"
    reason = "service_unavailable"


def error_body(message: str, kind: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """The JSON of an error."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
