"""Answers from any server with OpenAI's API: vLLM's, SGLang's, Ollama's, a vendor's."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from coderm_eval.core.errors import ServerError, SettingsError
from coderm_eval.core.messages import single_line
from coderm_eval.generation.models.base import Completion, SampleRequest, context_overflow
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.models.concurrency import iterate_in_thread, map_concurrently
from coderm_eval.generation.models.retry import TransientError, retry_after, with_retries
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["KEY_VARIABLE", "OpenAIServer"]

Said = TypeVar("Said")

KEY_VARIABLE = "OPENAI_API_KEY"

_PASSING = frozenset({408, 409, 425, 429})
"""Statuses, beside 5xx, that say: later."""

_TOO_LONG = re.compile(r"context|too long|max_new_tokens|maximum.{0,20}length", re.IGNORECASE)
_ABOUT_CHOICES = re.compile(r"(?:\bn\b|best_of|choices|candidate_?count)\D{0,60}(\d+)?", re.IGNORECASE)


class OpenAIServer:
    """Asks for all of a question's samples in one request (`n`), so that the server shares the prompt's prefix.

    A server that answers fewer choices than asked, or refuses so many, is asked for no more than that at a time
    from then on. The key is the variable OPENAI_API_KEY.

    Raises:
        SettingsError: `settings` do not say which model, or where.
    """

    def __init__(self, settings: SamplingSettings) -> None:
        if not settings.model or not settings.base_url:
            where = settings.section
            missing = f"{where}.model" if not settings.model else f"{where}.base_url"
            recorded = ", or recorded tests (tests.file)" if where == "tests" else ""
            raise SettingsError(
                f"{missing} is not set: name the model and its server ({where}.model, {where}.base_url){recorded}"
            )
        if not re.match(r"https?://[^/]", settings.base_url):
            raise SettingsError(
                f"{settings.section}.base_url is {settings.base_url!r}: expected a URL such as http://127.0.0.1:8001/v1"
            )
        self._settings = settings
        self._url = settings.base_url.rstrip("/")
        self._key = os.environ.get(KEY_VARIABLE)
        self._most: int | None = None
        """Choices that the server gives in one request, once it has shown that."""

    def sample(self, questions: Iterable[SampleRequest]) -> Iterator[list[Completion]]:
        return iterate_in_thread(self._answers(iter(questions)))

    async def _answers(self, questions: Iterator[SampleRequest]) -> AsyncIterator[list[Completion]]:
        """The answers of each request; what is in flight when one has failed for good may still be answered."""
        owed: deque[SampleRequest] = deque()
        failure: ServerError | None = None
        async with (
            self._session() as session,
            aclosing(
                map_concurrently(
                    take=lambda: None if failure else self._next(owed, questions),
                    ask=lambda question: self._ask(session, question),
                    most=self._settings.concurrency,
                )
            ) as finished,
        ):
            async for question, task in finished:
                try:
                    answers = task.result()
                except ServerError as error:
                    failure = failure or error
                    continue
                if rest := question.samples[len(answers) :]:
                    owed.append(replace(question, samples=rest))
                if answers:
                    yield answers
        if failure:
            raise failure

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._key}"} if self._key and not URL(self._url).user else {},
            connector=aiohttp.TCPConnector(limit=self._settings.concurrency),
            timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s),
            trust_env=True,
        )

    def _next(self, owed: deque[SampleRequest], questions: Iterator[SampleRequest]) -> SampleRequest | None:
        """A question that the server will answer in one request, as far as is known."""
        question = owed.popleft() if owed else next(questions, None)
        if question and self._most and len(question.samples) > self._most:
            owed.appendleft(replace(question, samples=question.samples[self._most :]))
            question = replace(question, samples=question.samples[: self._most])
        return question

    async def _ask(self, session: aiohttp.ClientSession, question: SampleRequest) -> list[Completion]:
        """Answers to the first samples of the question; none if the server has to be asked for fewer at a time."""
        return await self._patiently(self._request, session, question)

    async def _patiently(
        self,
        ask: Callable[[aiohttp.ClientSession, SampleRequest], Awaitable[Said]],
        session: aiohttp.ClientSession,
        question: SampleRequest,
    ) -> Said:
        """What `ask` gives, tried again as the settings say; a ServerError once that is used up."""
        try:
            return await with_retries(self._settings.retries, ask, session, question)
        except TransientError as error:
            raise self._error(question, f"{error} (tried {self._settings.retries + 1} times)") from error

    async def _post(self, session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> tuple[int, str]:
        """The status and the text of an answer; TransientError where another try may help."""
        try:
            async with session.post(f"{self._url}/{path}", json=body) as response:
                said = (await response.read()).decode("utf-8", "replace")
        except asyncio.TimeoutError as error:
            raise TransientError(f"did not answer within {self._settings.timeout_s:g} s") from error
        except aiohttp.ClientError as error:
            raise TransientError(f"could not be reached ({single_line(error)})") from error
        if response.status in _PASSING or response.status >= 500:
            raise TransientError(f"answered {response.status}: {self._shown(said)}", retry_after(response.headers))
        return response.status, said

    async def _request(self, session: aiohttp.ClientSession, question: SampleRequest) -> list[Completion]:
        started = time.monotonic()
        path = "chat/completions" if self._settings.api == "chat" else "completions"
        status, said = await self._post(session, path, self._body(question))
        if status != 200:
            return await self._refused(session, question, status, said)
        try:
            return _read(question, json.loads(said), time.monotonic() - started)
        except (ValueError, LookupError, TypeError, AttributeError) as error:  # a login page, say
            what = f"gave an answer that is not one of OpenAI's API: {self._shown(said)!r}"
            raise self._error(question, what) from error

    def _body(self, question: SampleRequest) -> dict[str, Any]:
        s = self._settings
        sampling = {"temperature": s.temperature, "top_p": s.top_p, "max_tokens": s.max_tokens}
        counted = {"n": len(question.samples), "seed": s.seed + question.samples[0]}
        stop = {"stop": list(s.stop)} if s.stop else {}
        asked = {"messages": messages(s, question.prompt)} if s.api == "chat" else {"prompt": text(s, question.prompt)}
        return {"model": s.model, **asked, **sampling, **stop, **counted, **s.backend_args}

    async def _refused(
        self, session: aiohttp.ClientSession, question: SampleRequest, status: int, said: str
    ) -> list[Completion]:
        """What a refusal means: too long a prompt, too many choices, or the end."""
        wanted = len(question.samples)
        about_choices = _ABOUT_CHOICES.search(said) if wanted > 1 else None
        if status in (400, 413, 422) and _TOO_LONG.search(said):
            return [context_overflow(question.task_id, sample) for sample in question.samples]
        if status in (400, 422) and about_choices:
            self._most = min(int(about_choices[1] or 1) or 1, wanted - 1)
            return []
        raise self._error(question, f"answered {status}: {self._shown(said)}{await self._hint(session, status)}")

    async def _hint(self, session: aiohttp.ClientSession, status: int) -> str:
        """What to do about a refusal, as far as the server helps to find out."""
        if status in (401, 403):
            return f"; set {KEY_VARIABLE} to a key that it accepts"
        try:
            async with session.get(f"{self._url}/models") as response:
                served = [str(model["id"]) for model in (await response.json(content_type=None))["data"]]
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, LookupError, TypeError):
            return ""
        return "" if self._settings.model in served else f"; it serves {', '.join(served) or 'no model'}"

    def _error(self, question: SampleRequest, what: str) -> ServerError:
        where = URL(self._url).with_user(None)
        return ServerError(
            f"{question.task_id}: the server at {where} {what}; "
            "what was answered so far is stored: run the same command to go on"
        )

    def _shown(self, said: str) -> str:
        """A server's words on one line, without the key that some repeat."""
        if self._key:
            said = said.replace(self._key, "***")
        return single_line(said)


def _read(question: SampleRequest, reply: dict[str, Any], seconds: float) -> list[Completion]:
    """A reply's choices as answers to the first of the question's samples.

    Raises:
        ValueError, LookupError, TypeError or AttributeError: it is no reply of this API.
    """
    choices = sorted(reply["choices"], key=lambda choice: int(choice.get("index", 0)))[: len(question.samples)]
    if not choices:
        raise ValueError("no choices")
    usage = reply.get("usage") or {}
    tokens = _shares(int(usage.get("completion_tokens") or 0), len(choices))
    model = "@".join(filter(None, (reply.get("model"), reply.get("system_fingerprint"))))
    return [
        Completion(
            task_id=question.task_id,
            sample=question.samples[position],
            text=_text(choice),
            finish_reason=str(choice.get("finish_reason") or ""),
            tokens=tokens[position],
            prompt_tokens=0 if position else int(usage.get("prompt_tokens") or 0),
            seconds=0.0 if position else seconds,
            model=model,
        )
        for position, choice in enumerate(choices)
    ]


def _text(choice: dict[str, Any]) -> str:
    """The answer without the reasoning before it; some servers take a whole answer for reasoning."""
    message = choice.get("message")
    said = choice["text"] if message is None else message.get("content") or ""
    if message is not None and not said.strip() and choice.get("finish_reason") == "stop":
        said = message.get("reasoning_content") or message.get("reasoning") or ""
    return str(said).encode("utf-8", "replace").decode()  # half a surrogate pair can be sent, but not written


def _shares(total: int, parts: int) -> Sequence[int]:
    """`total` as `parts` whole numbers that add up to it: servers count tokens per request, not per choice."""
    each, rest = divmod(total, parts)
    return [each + (index < rest) for index in range(parts)]
