"""Whether servers answer, and serve the model that is to be asked: short questions with a bound on their time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from coderm_eval.core.messages import abbreviated
from coderm_eval.generation.models.api_address import address_hint, reason
from coderm_eval.generation.models.api_client import KEY_VARIABLE, ApiClient, ApiReply, clients
from coderm_eval.generation.models.chat import messages, text
from coderm_eval.generation.settings import SamplingSettings

__all__ = ["ServerState", "ask_servers", "state_of"]


class ServerState(NamedTuple):
    """What is known of a server once it was asked."""

    serves: bool | None
    """Whether requests for the model will be answered; None: it answers, and does not say which models it has."""
    fact: str
    advice: str = ""
    """What to do; empty where it serves the model."""
    answers: bool = True
    """Whether it can be reached and is ready."""


def ask_servers(settings: SamplingSettings, within_s: float) -> list[ServerState]:
    """Ask each server that `settings` name, in their order, as `state_of` does.

    Raises:
        SettingsError: the settings lack the model or a server's address, or that is none.
    """
    return asyncio.run(_ask_all(clients(settings), settings, within_s))


async def _ask_all(asked: Sequence[ApiClient], settings: SamplingSettings, within_s: float) -> list[ServerState]:
    async def ask(client: ApiClient) -> ServerState:
        async with client.session() as session:
            return await state_of(client, session, settings, within_s)

    return await asyncio.gather(*map(ask, asked))


async def state_of(
    client: ApiClient, session: aiohttp.ClientSession, settings: SamplingSettings, within_s: float
) -> ServerState:
    """Ask a server for its list of models, and a model that is not on it for one token.

    Args:
        within_s: seconds for an answer.
    """
    try:
        state = await _state(client, session, settings, within_s)
    except asyncio.TimeoutError:  # first: a connection that takes too long is a ClientError as well
        fact = f"{client.address} did not answer within {within_s:g} s"
        state = ServerState(False, fact, "start it, or check base_url", answers=False)
    except aiohttp.ClientError as error:
        fact = f"{client.address} could not be reached ({reason(error)})"
        state = ServerState(False, fact, address_hint(error) or "check base_url", answers=False)
    return state if state.serves else state._replace(advice=state.advice + _about_proxy(URL(client.address)))


def _about_proxy(address: URL) -> str:
    """What to add where a proxy may have answered in place of the server."""
    host = address.host or ""
    if address.scheme not in getproxies() or proxy_bypass(host):
        return ""
    return f"; {address.scheme.upper()}_PROXY is set, so a proxy is asked: to ask the server, add {host} to NO_PROXY"


async def _state(
    client: ApiClient, session: aiohttp.ClientSession, settings: SamplingSettings, within_s: float
) -> ServerState:
    reply = await client.ask_once(session, "models", within_s)
    if reply.status != 200:
        return await _refused(client, session, reply)
    served, model = _listed(reply), str(settings.model)
    if served is None:
        fact = f"{client.address} gave an answer that is not one of OpenAI's API: {client.quote(reply.text)[:80]!r}"
        return ServerState(False, fact, "a login page may have answered: check base_url")
    if model in served or f"{model}:latest" in served:  # as Ollama names it
        return ServerState(True, f"{client.address} serves {model}")
    names = abbreviated(served) or "no model"
    path, body = _smallest_request(settings)
    if (await client.ask_once(session, path, within_s, body)).status == 200:
        return ServerState(True, f"{client.address} lists {names}, and answers for {model}")
    advice = f"set {settings.section}.model to one that it serves, or serve {model}"
    return ServerState(False, f"{client.address} serves {names}, not {model}", advice)


def _listed(reply: ApiReply) -> Sequence[str] | None:
    """The names of the models in a reply; None if it is no list of models."""
    try:
        return [str(entry["id"]) for entry in json.loads(reply.text)["data"]]
    except (ValueError, LookupError, TypeError):
        return None


def _smallest_request(settings: SamplingSettings) -> tuple[str, dict[str, Any]]:
    model = {"model": settings.model, "max_tokens": 1, **settings.backend_args}
    if settings.api == "chat":
        return "chat/completions", {**model, "messages": messages(settings, "1")}
    return "completions", {**model, "prompt": text(settings, "1")}


async def _refused(client: ApiClient, session: aiohttp.ClientSession, reply: ApiReply) -> ServerState:
    fact = f"{client.address} answered {reply.status}: {client.quote(reply.text)[:80]}"
    if reply.status in (401, 403):
        return ServerState(False, fact, f"export {KEY_VARIABLE}=KEY, with a key that it accepts")
    if reply.status in (404, 405):
        advice = await client.hint(session, reply.status)
        return ServerState(False if advice.startswith("set ") else None, fact, advice)
    return ServerState(False, fact, "wait until it is ready, or look at its log", answers=False)
