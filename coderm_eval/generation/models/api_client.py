"""A client of one server with OpenAI's API: its address and key, retries, and errors in one sentence."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import Any, NamedTuple

import aiohttp
from yarl import URL

from coderm_eval.core.errors import RequestRefusedError, ServerError, SettingsError
from coderm_eval.core.messages import single_line
from coderm_eval.core.secrets import masked
from coderm_eval.generation.models.api_address import (
    CONNECT_S,
    address_hint,
    other_roots,
    reason,
    served_models,
    server_root,
)
from coderm_eval.generation.models.retry import TransientError, retry_after, with_retries
from coderm_eval.generation.models.wait_notice import WaitNotice
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["KEY_VARIABLE", "ApiClient", "ApiReply"]

log = logging.getLogger(__name__)

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
        self._settings = settings
        self._url = server_root(settings.base_url, f"{settings.section}.base_url")
        self._key = os.environ.get(KEY_VARIABLE)
        self._advice = advice
        self._notice = WaitNotice(settings.retries + 1)
        self._answered = False

    def session(self) -> aiohttp.ClientSession:
        """Open connections, as many as there may be requests under way; close them by `async with`."""
        return aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._key}"} if self._key and not URL(self._url).user else {},
            connector=aiohttp.TCPConnector(limit=self._settings.concurrency),
            timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s, sock_connect=CONNECT_S),
            trust_env=True,
        )

    async def post(self, session: aiohttp.ClientSession, task_id: str, path: str, body: dict[str, Any]) -> ApiReply:
        """Send a request, with the retries that the settings allow; any final status is a reply.

        Raises:
            ServerError: the server could not be reached, was busy or was broken, each time; or cannot ever be reached.
        """

        def on_wait(error: TransientError, tried: int, wait_s: float) -> None:
            self._notice(f"{task_id}: the server at {self.address} {error}", tried, wait_s)

        try:
            reply = await with_retries(self._settings.retries, self._post_once, session, path, body, on_wait=on_wait)
            log.debug("%s: %s answered %d in %.1f s", task_id, self.address, reply.status, reply.seconds)
            return reply
        except TransientError as error:
            raise self.error(task_id, f"{error} (tried {self._settings.retries + 1} times)") from error
        except aiohttp.ClientError as error:
            raise self.error(task_id, f"could not be reached ({reason(error)}); {address_hint(error)}") from error

    async def _post_once(self, session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> ApiReply:
        started = time.monotonic()
        try:
            async with session.post(f"{self._url}/{path}", json=body) as response:
                text = (await response.read()).decode("utf-8", "replace")
        except aiohttp.ClientError as error:  # also where there was no connection in time
            if address_hint(error) and not self._answered:
                raise
            raise TransientError(f"could not be reached ({reason(error)})") from error
        except asyncio.TimeoutError as error:
            raise TransientError(f"did not answer within {self._settings.timeout_s:g} s") from error
        self._answered = True
        if response.status in _TRANSIENT_STATUSES or response.status >= 500:
            raise TransientError(f"answered {response.status}: {self.quote(text)}", retry_after(response.headers))
        return ApiReply(response.status, text, time.monotonic() - started)

    async def ask_once(
        self, session: aiohttp.ClientSession, path: str, within_s: float, body: dict[str, Any] | None = None
    ) -> ApiReply:
        """Ask with a bound on the time; raises aiohttp.ClientError, or asyncio.TimeoutError."""
        started = time.monotonic()
        bound = aiohttp.ClientTimeout(within_s, sock_connect=within_s)
        method = "GET" if body is None else "POST"
        async with session.request(method, f"{self._url}/{path}", json=body, timeout=bound) as response:
            text = (await response.read()).decode("utf-8", "replace")
        return ApiReply(response.status, text, time.monotonic() - started)

    def error(self, task_id: str, what: str, kind: type[ServerError] = ServerError) -> ServerError:
        """The error for what the server did; its address is shown without a user's name and password."""
        did = f"the server at {self.address} {what}"
        message = "; ".join(filter(None, [f"{task_id}: {did}", self._advice]))
        return kind(message, fault=f"{self._settings.section}: {did}")

    @property
    def address(self) -> str:
        """The server's address, without a user's name, a password or a token."""
        return masked(str(URL(self._url).with_user(None)))

    async def refusal(
        self, session: aiohttp.ClientSession, task_id: str, reply: ApiReply, otherwise: str = ""
    ) -> ServerError:
        """The error for a status that is not 200, with a hint; `otherwise` is the hint where the server gives none."""
        hint = await self.hint(session, reply.status) or otherwise
        what = f"answered {reply.status}: {self.quote(reply.text)}"
        kind = RequestRefusedError if reply.status in (400, 422) else ServerError
        return self.error(task_id, "; ".join(filter(None, [what, hint])), kind)

    async def hint(self, session: aiohttp.ClientSession, status: int) -> str:
        """Advice on a refusal, as far as the server helps to find it out."""
        if status in (401, 403):
            return f"set {KEY_VARIABLE} to a key that it accepts"
        served = await served_models(session, self._url)
        if served is None:
            return await self._other_root(session) if status in (404, 405) else ""
        return "" if self._settings.model in served else f"it serves {', '.join(served) or 'no model'}"

    async def _other_root(self, session: aiohttp.ClientSession) -> str:
        """Advice on an address that lacks /v1, or has a part too many."""
        key = f"{self._settings.section}.base_url"
        for root in other_roots(self._url):
            if await served_models(session, root) is not None:
                return f"set {key} to {URL(root).with_user(None)}, where it has OpenAI's API"
        return f"check {key}, to which the paths of OpenAI's API are added: most servers have it at /v1"

    def quote(self, text: str) -> str:
        """A server's words on one line, without the key, which some servers repeat."""
        return single_line(text.replace(self._key, "***") if self._key else text)
