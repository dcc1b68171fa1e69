"""The web application: paths, keys, and errors in OpenAI's shape, whatever goes wrong."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.typedefs import Handler

from coderm_eval.hosts.server.protocol.errors import RequestError, UnauthorizedError, error_body
from coderm_eval.hosts.server.protocol.replies import Reply, parts_of_stream, reply_body
from coderm_eval.hosts.server.protocol.requests import Asked, parse_body, parse_chat, parse_completion

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware  # which older versions of aiohttp do not have

__all__ = ["AnswerRequest", "Seen", "openai_app"]

log = logging.getLogger(__name__)

_MAX_BODY = 16 * 1024 * 1024
"""Bytes of a request. LiveCodeBench's longest prompts take less than a hundredth of it."""

_BODY_S = 60.0
"""Seconds in which a request has to arrive."""

AnswerRequest = Callable[[Asked], Awaitable[Reply]]
"""What stands behind the server: answers a request, or raises RequestError."""

Seen = Callable[[dict[str, Any]], object]
"""Called with the body of each request, before it is answered."""


def openai_app(
    models: Sequence[str], answer: AnswerRequest, *, api_key: str | None = None, seen: Seen | None = None
) -> web.Application:
    """A web application that serves `answer`.

    Args:
        models: the names that are listed; whether others are refused is for `answer` to say.
        api_key: what a request has to give as its bearer token.
    """

    async def list_models(_: web.Request) -> web.Response:
        listed = [{"id": model, "object": "model", "created": 0, "owned_by": "coderm-eval"} for model in models]
        return web.json_response({"object": "list", "data": listed})

    def answering(parse: Callable[[Mapping[str, Any]], Asked]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = parse_body(await _content(request))
            if seen:
                seen(body)
            asked = parse(body)
            reply = await answer(asked)
            if asked.stream:
                return await _streamed(request, asked, reply)
            return web.json_response(reply_body(asked, reply), headers=reply.headers)

        return handle

    app = web.Application(client_max_size=_MAX_BODY, middlewares=[_errors_as_json, _require_key(api_key)])
    for slash in ("", "/"):  # clients write base URLs either way
        app.router.add_get(f"/v1/models{slash}", list_models)
        app.router.add_post(f"/v1/chat/completions{slash}", answering(parse_chat))
        app.router.add_post(f"/v1/completions{slash}", answering(parse_completion))
    return app


async def _content(request: web.Request) -> bytes:
    """The request's body; raises HTTPException, or RequestError where the client goes away before it is there."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding != "identity":  # `running` has none decoded
        raise web.HTTPUnsupportedMediaType(text=f"Content-Encoding is {encoding!r:.60}; send the body as it is")
    try:
        return await asyncio.wait_for(request.read(), _BODY_S)
    except (ConnectionError, web.RequestPayloadError):
        raise RequestError("the client went away before its request was there") from None
    except asyncio.TimeoutError:
        raise web.HTTPRequestTimeout(text=f"the request did not arrive within {_BODY_S:g} s") from None


async def _streamed(request: web.Request, asked: Asked, reply: Reply) -> web.StreamResponse:
    """Send the reply as server-sent events; a client that has gone away is no news."""
    response = web.StreamResponse(headers={**reply.headers, "Cache-Control": "no-cache"})
    response.content_type = "text/event-stream"
    with suppress(ConnectionError):
        await response.prepare(request)
        for part in parts_of_stream(asked, reply):
            await response.write(b"data: " + json.dumps(part).encode() + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
    return response


def _require_key(api_key: str | None) -> Middleware:
    expected = f"Bearer {api_key}".encode()

    @web.middleware
    async def require_key(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if api_key is not None and not hmac.compare_digest(given, expected):
            what = "the request's key is not this server's" if given else "the request has no key"
            raise UnauthorizedError(f"{what}: send the header `Authorization: Bearer KEY`", code="invalid_api_key")
        return await handler(request)

    return require_key


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RequestError as error:
        retry = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
        body = error_body(str(error), error.kind, error.param, error.code)
        return _refusal(error.status, body, retry)
    except web.HTTPNotFound:
        return _refusal(404, error_body(f"no such path: {request.rel_url.raw_path}", RequestError.kind))
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"{request.rel_url.raw_path} is asked by {allowed}; got {request.method}"
        return _refusal(405, error_body(message, RequestError.kind), {"Allow": allowed})
    except web.HTTPException as error:  # such as a body that is too large
        return _refusal(error.status, error_body(error.text or error.reason, RequestError.kind))
    except Exception:  # a fault of this program: it ends this request, and no other
        log.exception("%s could not be answered", request.path)
        return _refusal(500, error_body("the server failed; its log says how", "server_error"))


def _refusal(status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> web.Response:
    log.warning("%d: %s", status, body["error"]["message"])
    return web.json_response(body, status=status, headers=headers)
