"""A client of one server with OpenAI's API: its address and key, retries, and errors in one sentence."""

from __future__ import annotations

import asyncio
import os
import re
import time
from typing import Any, NamedTuple

import aiohttp
from yarl import URL

from coderm_eval.core.errors import ServerError, SettingsError
from coderm_eval.core.messages import single_line
from coderm_eval.generation.models.retry import TransientError, retry_after, with_retries
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["KEY_VARIABLE", "ApiClient", "ApiReply"]

KEY_VARIABLE = "OPENAI_API_KEY"

_TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which another try may succeed."""


class ApiReply(NamedTuple):
    """A server's reply to one request."""

    status: int
    text: str
    seconds: float
    """Wall seconds of the last try."""


class ApiClient:
    """Sends requests to the server that `settings` name, with the key in the variable OPENAI_API_KEY.

    Args:
        settings: a model, its server, and how patient to be.
        advice: what to do after any error, for the end of its sentence.

    Raises:
        SettingsError: `settings` lack the model or the server's address.
    """

    def __init__(self, settings: SamplingSettings, advice: str = "") -> None:
        if not settings.model or not settings.base_url:
            section = settings.section
            missing = f"{section}.model" if not settings.model else f"{section}.base_url"
            recorded = ", or recorded tests (tests.file)" if section == "tests" else ""
            raise SettingsError(
                f"{missing} is not set: name the model and its server ({section}.model, {section}.base_url){recorded}"
            )
        if not re.match(r"https?://[^/]", settings.base_url):
            raise SettingsError(
                f"{settings.section}.base_url is {settings.base_url!r}: expected a URL such as http://127.0.0.1:8001/v1"
            )
        self._settings = settings
        self._url = settings.base_url.rstrip("/")
        self._key = os.environ.get(KEY_VARIABLE)
        self._advice = advice

    def session(self) -> aiohttp.ClientSession:
        """Open connections, as many as there may be requests under way; close them by `async with`."""
        return aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._key}"} if self._key and not URL(self._url).user else {},
            connector=aiohttp.TCPConnector(limit=self._settings.concurrency),
            timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s),
            trust_env=True,
        )

    async def post(self, session: aiohttp.ClientSession, task_id: str, path: str, body: dict[str, Any]) -> ApiReply:
        """Send a request, with the retries that the settings allow; any final status is a reply.

        Raises:
            ServerError: the server could not be reached, was busy or was broken, each time.
        """
        try:
            return await with_retries(self._settings.retries, self._post_once, session, path, body)
        except TransientError as error:
            raise self.error(task_id, f"{error} (tried {self._settings.retries + 1} times)") from error

    async def _post_once(self, session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> ApiReply:
        started = time.monotonic()
        try:
            async with session.post(f"{self._url}/{path}", json=body) as response:
                text = (await response.read()).decode("utf-8", "replace")
        except asyncio.TimeoutError as error:
            raise TransientError(f"did not answer within {self._settings.timeout_s:g} s") from error
        except aiohttp.ClientError as error:
            raise TransientError(f"could not be reached ({single_line(error)})") from error
        if response.status in _TRANSIENT_STATUSES or response.status >= 500:
            raise TransientError(f"answered {response.status}: {self.quote(text)}", retry_after(response.headers))
        return ApiReply(response.status, text, time.monotonic() - started)

    def error(self, task_id: str, what: str) -> ServerError:
        """The error for what the server did; its address is shown without a user's name and password."""
        address = URL(self._url).with_user(None)
        return ServerError("; ".join(filter(None, [f"{task_id}: the server at {address} {what}", self._advice])))

    async def refusal(
        self, session: aiohttp.ClientSession, task_id: str, reply: ApiReply, otherwise: str = ""
    ) -> ServerError:
        """The error for a status that is not 200, with a hint; `otherwise` is the hint where the server gives none."""
        hint = await self._hint(session, reply.status) or otherwise
        what = f"answered {reply.status}: {self.quote(reply.text)}"
        return self.error(task_id, "; ".join(filter(None, [what, hint])))

    async def _hint(self, session: aiohttp.ClientSession, status: int) -> str:
        """Advice on a refusal, as far as the server helps to find it out."""
        if status in (401, 403):
            return f"set {KEY_VARIABLE} to a key that it accepts"
        try:
            async with session.get(f"{self._url}/models") as response:
                served = [str(model["id"]) for model in (await response.json(content_type=None))["data"]]
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, LookupError, TypeError):
            return ""
        return "" if self._settings.model in served else f"it serves {', '.join(served) or 'no model'}"

    def quote(self, text: str) -> str:
        """A server's words on one line, without the key, which some servers repeat."""
        return single_line(text.replace(self._key, "***") if self._key else text)
