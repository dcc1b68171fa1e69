"""A client of one server with OpenAI's API: its address and key, retries, and errors in one sentence."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import aiohttp
from yarl import URL

from coderm_eval.core.errors import NotServedError, RequestRefusedError, ServerError, SettingsError
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

__all__ = ["KEY_VARIABLE", "ApiClient", "ApiReply", "UnansweredError", "clients"]

log = logging.getLogger(__name__)

KEY_VARIABLE = "OPENAI_API_KEY"

_REFUSALS = {400: RequestRefusedError, 404: NotServedError, 422: RequestRefusedError}
"""What a status says of a request that is not tried again; any other is a ServerError."""

_TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which another try may succeed."""


class ApiReply(NamedTuple):
    """A server's reply to one request."""

    status: int
    text: str
    seconds: float
    """Wall seconds of the last try."""


class UnansweredError(ServerError):
    """A server could not be reached, was busy or was broken, each time that a request was tried.

    Args:
        did: what the server did, without the task and without what to do.
        after: seconds after which it asked to be tried again, if it was busy and said so.
    """

    def __init__(self, message: str, fault: str, *, did: str, after: float | None) -> None:
        super().__init__(message, fault)
        self.did = did
        self.after = after


def clients(settings: SamplingSettings, advice: str = "") -> list[ApiClient]:
    """A client for each of the servers that `settings` name; arguments are those of `ApiClient`.

    Raises:
        SettingsError: `settings` lack the model or a server's address, or have an address that is none, or one twice.
    """
    section, addresses = settings.section, settings.base_urls
    if not settings.model or not addresses:
        missing = f"{section}.model" if not settings.model else f"{section}.base_url"
        recorded = ", or recorded tests (tests.file)" if section == "tests" else ""
        raise SettingsError(
            f"{missing} is not set: name the model and its server ({section}.model, {section}.base_url){recorded}"
        )
    made = [ApiClient(settings, server_root(address, f"{section}.base_url"), advice) for address in addresses]
    roots = [client.address for client in made]
    if twice := next((root for root in roots if roots.count(root) > 1), None):
        raise SettingsError(f"{section}.base_url names {twice} twice: give each server once")
    return made


class ApiClient:
    """Sends requests to a server, with the key in the variable OPENAI_API_KEY.

    Args:
        settings: a model, and how patient to be.
        root: the server's address, as `server_root` gives it.
        advice: what to do after any error, for the end of its sentence.
    """

    def __init__(self, settings: SamplingSettings, root: str, advice: str = "") -> None:
        self._settings = settings
        self._url = root
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

    async def post(
        self,
        session: aiohttp.ClientSession,
        task_id: str,
        path: str,
        body: dict[str, Any],
        give_up: Callable[[], bool] = lambda: False,
    ) -> ApiReply:
        """Send a request, with the retries that the settings allow; any final status is a reply.

        Args:
            give_up: asked after each failure whether to leave it at that.

        Raises:
            UnansweredError: the server could not be reached, was busy or was broken, each time; or cannot ever be
                reached.
        """
        tries = 0

        async def send() -> ApiReply:
            nonlocal tries
            tries += 1
            return await self._post_once(session, path, body)

        def on_wait(error: TransientError, tried: int, wait_s: float) -> None:
            self._notice(f"{task_id}: the server at {self.address} {error}", tried, wait_s)

        try:
            reply = await with_retries(self._settings.retries, send, on_wait=on_wait, give_up=give_up)
            log.debug("%s: %s answered %d in %.1f s", task_id, self.address, reply.status, reply.seconds)
            return reply
        except TransientError as error:
            raise self._unanswered(task_id, f"{error} (tried {tries} times)", error.after) from error
        except aiohttp.ClientError as error:
            what = f"could not be reached ({reason(error)}); {address_hint(error)}"
            raise self._unanswered(task_id, what) from error

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
        return kind(*self._sentences(task_id, did))

    def no_answer(self, task_id: str, dids: Sequence[str]) -> ServerError:
        """The error for a request that none of several servers answered; `dids` say what each of them did."""
        return ServerError(*self._sentences(task_id, f"no server answers: {'; '.join(dids)}"))

    def _unanswered(self, task_id: str, what: str, after: float | None = None) -> UnansweredError:
        did = f"the server at {self.address} {what}"
        return UnansweredError(*self._sentences(task_id, did), did=did, after=after)

    def _sentences(self, task_id: str, did: str) -> tuple[str, str]:
        """An error's message and its fault."""
        message = "; ".join(filter(None, [f"{task_id}: {did}" if task_id else did, self._advice]))
        return message, f"{self._settings.section}: {did}"

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
        kind = _REFUSALS.get(reply.status, ServerError)
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
