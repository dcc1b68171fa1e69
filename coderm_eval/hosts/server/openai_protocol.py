"""The part of OpenAI's HTTP API that evaluation harnesses use: requests parsed, replies and errors as JSON.

    GET  /v1/models
    POST /v1/chat/completions   messages, n, seed, stop
    POST /v1/completions        prompt, n, seed, stop

Other fields of a request are ignored. Replies are not streamed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from coderm_eval.generation.models.base import truncate_at_stop

__all__ = ["Answerer", "RequestError", "Seen", "openai_app"]

log = logging.getLogger(__name__)

_MAX_BODY = 16 * 1024 * 1024
"""Bytes of a request. LiveCodeBench's longest prompts take less than a hundredth of it."""


Seen = Callable[[dict[str, Any]], object]
"""Called with the body of each request, before it is answered."""


class Answerer(Protocol):
    """What stands behind the server; both methods return `n` texts, or raise RequestError."""

    def chat(self, message: str, n: int, seed: int | None) -> Sequence[str]:
        """Answer the last message of a conversation."""

    def complete(self, prompt: str, n: int, seed: int | None) -> Sequence[str]:
        """Continue a prompt."""


class RequestError(Exception):
    """A request that cannot be answered; the client gets the message with the status."""

    status = 400


def openai_app(model: str, answerer: Answerer, seen: Seen | None = None) -> web.Application:
    """A web application that serves `answerer` under the name `model`."""

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": model, "object": "model"}]})

    async def chat(request: web.Request) -> web.Response:
        asked = _parse_chat(await body_of(request))
        texts = answerer.chat(asked.prompt, asked.n, asked.seed)
        return web.json_response(_chat_reply(model, asked, texts))

    async def complete(request: web.Request) -> web.Response:
        asked = _parse_completion(await body_of(request))
        texts = answerer.complete(asked.prompt, asked.n, asked.seed)
        return web.json_response(_completion_reply(model, asked, texts))

    async def body_of(request: web.Request) -> dict[str, Any]:
        body = _parse_body(await request.read())
        if seen:
            seen(body)
        return body

    app = web.Application(client_max_size=_MAX_BODY, middlewares=[_errors_as_json])
    for slash in ("", "/"):  # clients write base URLs either way
        app.router.add_get(f"/v1/models{slash}", models)
        app.router.add_post(f"/v1/chat/completions{slash}", chat)
        app.router.add_post(f"/v1/completions{slash}", complete)
    return app


# Requests


@dataclass(frozen=True)
class _Asked:
    """What a request asks for."""

    prompt: str
    n: int
    seed: int | None
    stops: Sequence[str]


def _parse_body(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"the request's body is not JSON ({error})") from None
    if not isinstance(body, dict):
        raise RequestError(f"the request's body is {json.dumps(body):.60}; expected a JSON object")
    return body


def _parse_chat(body: dict[str, Any]) -> _Asked:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], dict):
        raise _malformed(body, "messages", 'a list such as [{"role": "user", "content": "..."}]')
    content = messages[-1].get("content")
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        content = "".join(str(part.get("text", "")) for part in content)
    if not isinstance(content, str):
        raise _malformed(messages[-1], "content", "a text, or a list of parts with texts")
    return _parse_common(content, body)


def _parse_completion(body: dict[str, Any]) -> _Asked:
    prompt = body.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:  # lm-eval sends a batch of one
        [prompt] = prompt
    if not isinstance(prompt, str):
        raise _malformed(body, "prompt", "a text, or a list of one")
    return _parse_common(prompt, body)


def _parse_common(prompt: str, body: dict[str, Any]) -> _Asked:
    n, seed, stop = body.get("n"), body.get("seed"), body.get("stop") or []
    if n is not None and (not isinstance(n, int) or n < 1):
        raise _malformed(body, "n", "a whole number from 1")
    if seed is not None and not isinstance(seed, int):
        raise _malformed(body, "seed", "a whole number")
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or not all(isinstance(each, str) for each in stops):
        raise _malformed(body, "stop", "a text or a list of texts")
    return _Asked(prompt, n or 1, seed, stops)


def _malformed(body: dict[str, Any], key: str, expected: str) -> RequestError:
    return RequestError(f"{key} is {json.dumps(body.get(key)):.60}; expected {expected}")


# Replies


def _chat_reply(model: str, asked: _Asked, texts: Sequence[str]) -> dict[str, Any]:
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": truncate_at_stop(text, asked.stops)},
            "finish_reason": "stop",
        }
        for index, text in enumerate(texts)
    ]
    return _reply("chat.completion", model, choices, asked.prompt, texts)


def _completion_reply(model: str, asked: _Asked, texts: Sequence[str]) -> dict[str, Any]:
    choices = [
        {"index": index, "text": truncate_at_stop(text, asked.stops), "finish_reason": "stop", "logprobs": None}
        for index, text in enumerate(texts)
    ]
    return _reply("text_completion", model, choices, asked.prompt, texts)


def _reply(kind: str, model: str, choices: list[dict[str, Any]], prompt: str, texts: Sequence[str]) -> dict[str, Any]:
    """Tokens are counted as words, since no tokenizer is known."""
    prompt_tokens, completion_tokens = len(prompt.split()), sum(len(text.split()) for text in texts)
    return {
        "id": model,
        "object": kind,
        "created": 0,
        "model": model,
        "choices": choices,
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RequestError as error:
        return _error_reply(error.status, str(error))
    except web.HTTPNotFound:
        return _error_reply(404, f"no such path: {request.path}")
    except web.HTTPException as error:  # a method that a path does not have, or a body that is too large
        return _error_reply(error.status, error.text or error.reason)


def _error_reply(status: int, message: str) -> web.Response:
    log.warning("%s", message)
    return web.json_response({"error": {"message": message, "type": "invalid_request_error"}}, status=status)
