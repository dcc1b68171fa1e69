"""A model on any server with OpenAI's API, or on several: vLLM's, SGLang's, Ollama's, a vendor's."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from coderm_eval.core.errors import ServerError
from coderm_eval.generation.models.api_client import ApiReply
from coderm_eval.generation.models.base import Completion, SampleRequest, context_overflow, no_answer
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.models.concurrency import map_concurrently
from coderm_eval.generation.models.connections import GO_ON, Connections
from coderm_eval.generation.models.servers import Elsewhere, Server, Servers
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["OpenAIServer"]

_REASONING_PARTS = ("thinking", "reasoning", "redacted_thinking", "tool_use", "image_url")

_ABOUT_LENGTH = re.compile(r"context|too long|max_new_tokens|maximum.{0,20}length", re.IGNORECASE)
_ABOUT_CHOICES = re.compile(r"(?:\bn\b|best_of|choices|candidate_?count)\D{0,60}(\d+)?", re.IGNORECASE)


class OpenAIServer:
    """Draws all samples of a prompt by one request (`n`), so that the server shares the work on the prompt.

    A server that gives fewer choices than requested, or refuses that many, is asked for no more than that per request
    from then on. Threads may sample at the same time: the settings' `concurrency` bounds what a server gets of them all
    together. Enter it to keep its connections open between calls.

    Args:
        connections: those of another one for the same servers, which samples in another way; by default new ones.

    Raises:
        SettingsError: `settings` lack the model or a server's address.
    """

    def __init__(self, settings: SamplingSettings, connections: Connections | None = None) -> None:
        self._settings = settings
        self._connections = connections or Connections(settings, GO_ON)

    def __enter__(self) -> OpenAIServer:
        self._connections.loop.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._connections.loop.__exit__()

    def sampling_with(self, settings: SamplingSettings) -> OpenAIServer:
        """The same servers, on the same connections, sampled in another way."""
        return OpenAIServer(settings, self._connections)

    def sample(self, requests: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        """Yield completions as `Model.sample` does."""
        remaining = iter(requests)
        return self._connections.loop.iterate(lambda servers: self._sample(servers, remaining))

    async def _sample(self, servers: Servers, requests: Iterator[SampleRequest]) -> AsyncIterator[list[Completion]]:
        """Yield the completions of each request. After a final failure none is sent, but those under way may answer."""
        remaining: deque[SampleRequest] = deque()
        failure: ServerError | None = None

        async def complete(request: SampleRequest) -> list[Completion]:
            async def at(server: Server, elsewhere: Elsewhere) -> list[Completion]:
                return [] if failure else await self._complete(server, request, elsewhere)

            return await servers.ask(request.task_id, at)

        async with aclosing(
            map_concurrently(
                take=lambda: None if failure else self._next_request(remaining, requests),
                call=complete,
                limit=self._connections.limit,
            )
        ) as finished:
            async for request, task in finished:
                try:
                    completions = task.result()
                except ServerError as error:
                    failure = failure or error
                    continue
                if rest := request.samples[len(completions) :]:
                    remaining.append(replace(request, samples=rest))
                    self._connections.max_choices = len(completions) or self._connections.max_choices
                if completions:
                    yield completions
        if failure:
            raise failure

    def _next_request(self, remaining: deque[SampleRequest], requests: Iterator[SampleRequest]) -> SampleRequest | None:
        """A request for no more choices than the server gives, as far as is known."""
        request = remaining.popleft() if remaining else next(requests, None)
        most = self._connections.max_choices
        if request and most and len(request.samples) > most:
            remaining.appendleft(replace(request, samples=request.samples[most:]))
            request = replace(request, samples=request.samples[:most])
        return request

    async def _complete(self, server: Server, request: SampleRequest, elsewhere: Elsewhere) -> list[Completion]:
        """Completions of the request's first samples; none where the server has to be asked for fewer at a time."""
        path = "chat/completions" if self._settings.api == "chat" else "completions"
        reply = await server.post(request.task_id, path, self._body(request), elsewhere)
        if reply.status != 200:
            return await self._refused(server, request, reply)
        try:
            content = json.loads(reply.text)
            if server.understood and not content["choices"]:  # a filter stopped this prompt, as some servers say it
                return [no_answer(request.task_id, sample) for sample in request.samples]
            completions = _parse_completions(request, content, reply.seconds)
        except (ValueError, LookupError, TypeError, AttributeError) as error:  # a login page, for example
            page = "; a proxy or a login page may have answered: check base_url and NO_PROXY"
            what = f"gave an answer that is not one of OpenAI's API: {server.client.quote(reply.text)!r}"
            what += page if reply.text.lstrip().startswith("<") else ""
            raise server.client.error(request.task_id, what) from error
        server.understood = True
        return completions

    def _body(self, request: SampleRequest) -> dict[str, Any]:
        s = self._settings
        prompt = request.prompt
        asked = {"messages": messages(s, prompt)} if s.api == "chat" else {"prompt": text(s, prompt)}
        sampling = {"temperature": s.temperature, "top_p": s.top_p, "max_tokens": s.max_tokens}
        stop = {"stop": list(s.stop)} if s.stop else {}
        drawn = {"n": len(request.samples), "seed": s.seed + request.samples[0]}
        return {"model": s.model, **asked, **sampling, **stop, **drawn, **s.backend_args}

    async def _refused(self, server: Server, request: SampleRequest, reply: ApiReply) -> list[Completion]:
        """Decide what a refusal is about: the prompt's length, the number of choices, or anything else, an error."""
        requested = len(request.samples)
        about_choices = _ABOUT_CHOICES.search(reply.text) if requested > 1 else None
        if reply.status in (400, 413, 422) and _ABOUT_LENGTH.search(reply.text):
            return [context_overflow(request.task_id, sample) for sample in request.samples]
        if reply.status in (400, 422) and about_choices:
            self._connections.max_choices = min(int(about_choices[1] or 1) or 1, requested - 1)
            return []
        raise await server.client.refusal(server.session, request.task_id, reply)


def _parse_completions(request: SampleRequest, reply: dict[str, Any], seconds: float) -> list[Completion]:
    """A reply's choices as completions of the request's first samples.

    Raises:
        ValueError, LookupError, TypeError or AttributeError: the reply does not follow the API.
    """
    choices = sorted(reply["choices"], key=lambda choice: int(choice.get("index") or 0))[: len(request.samples)]
    if not any("message" in choice or "text" in choice for choice in choices):
        raise ValueError("no choice has an answer")
    usage = reply.get("usage") or {}
    tokens = _even_shares(int(usage.get("completion_tokens") or 0), len(choices))
    model = "@".join(str(part) for part in (reply.get("model"), reply.get("system_fingerprint")) if part)
    return [
        Completion(
            task_id=request.task_id,
            sample=request.samples[position],
            text=_choice_text(choice),
            finish_reason=str(choice.get("finish_reason") or ""),
            tokens=tokens[position],
            prompt_tokens=0 if position else int(usage.get("prompt_tokens") or 0),
            seconds=0.0 if position else seconds,
            model=model,
        )
        for position, choice in enumerate(choices)
    ]


def _choice_text(choice: dict[str, Any]) -> str:
    """The answer without the reasoning before it; some servers take a whole answer for reasoning."""
    message = choice.get("message")
    if not isinstance(message, dict):
        answer = _joined(choice.get("text")) or _joined(message)
    else:
        answer = _joined(message.get("content")) or _arguments(message)
        if not answer.strip() and choice.get("finish_reason") == "stop":
            answer = _joined(message.get("reasoning_content") or message.get("reasoning"))
    return answer.encode("utf-8", "replace").decode()  # half a surrogate pair can be sent, but not written


def _joined(content: Any) -> str:
    """The text of an answer, which some servers send in parts; empty where it is missing."""
    if isinstance(content, list):
        return "".join(map(_joined, content))
    if isinstance(content, dict):
        return "" if content.get("type") in _REASONING_PARTS else _joined(content.get("text") or content.get("content"))
    return "" if content is None else str(content)


def _arguments(message: dict[str, Any]) -> str:
    """The arguments of the tools that a model calls in place of an answer, in which its code may stand."""
    calls = message.get("tool_calls") or [{"function": message.get("function_call")}]
    functions = [call.get("function") if isinstance(call, dict) else None for call in calls]
    return "\n".join(_joined(f["arguments"]) for f in functions if isinstance(f, dict) and "arguments" in f)


def _even_shares(total: int, parts: int) -> Sequence[int]:
    """`total` as `parts` whole numbers that add up to it: servers count tokens per request, not per choice."""
    share, rest = divmod(total, parts)
    return [share + (index < rest) for index in range(parts)]
