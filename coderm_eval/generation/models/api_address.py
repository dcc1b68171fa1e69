"""The address of a server with OpenAI's API: what is wrong with one, and what to type instead."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
from collections.abc import Iterator, Sequence

import aiohttp
from yarl import URL

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import single_line

__all__ = ["CONNECT_S", "address_hint", "other_roots", "reason", "served_models", "server_root"]

_PATHS = ("/chat/completions", "/completions", "/embeddings", "/models")
"""Paths of the API, which are added to an address."""


CONNECT_S = 30.0
"""Seconds for a connection: an address that nobody has is silent for longer."""

_QUESTION = aiohttp.ClientTimeout(10)
"""For a question that only makes a message better."""


def server_root(base_url: str, key: str) -> str:
    """The address without a slash at its end; `key` is the setting that gives it.

    Raises:
        SettingsError: it is no URL, or one of the API's paths stands in it already.
    """
    root = base_url.strip().rstrip("/")
    if not re.match(r"https?://[^/]", root) or not _is_url(root):
        raise SettingsError(f"{key} is {base_url!r}: expected a URL such as http://127.0.0.1:8001/v1")
    path = next((path for path in _PATHS if root.endswith(path)), None)
    if path:
        raise SettingsError(f"{key} is {base_url!r}, to which {path} is added: give {root.removesuffix(path)!r}")
    return root


def _is_url(text: str) -> bool:
    try:
        return bool(URL(text).host)
    except ValueError:  # as for a port above 65535
        return False


def reason(error: Exception) -> str:
    """Why a connection failed, in the system's words."""
    if isinstance(error, aiohttp.ServerTimeoutError):  # whose own words have the whole address, with any password
        return f"no connection within {CONNECT_S:g} s"
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else None
    if cause is None or not cause.errno:
        return single_line(error)
    return str(cause.strerror) if isinstance(cause, socket.gaierror) else os.strerror(cause.errno)


def address_hint(error: Exception) -> str:
    """What to do about an error that no other try can mend, if the server never answered; empty if one may."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted: name that of its authority in SSL_CERT_FILE"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return "it does not speak TLS there: write http:// in place of https:// in base_url"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return "that is the proxy which HTTP_PROXY or HTTPS_PROXY names: unset it, or add the server's host to NO_PROXY"
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else None
    if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME:
        return "no host has that name: check base_url"
    if isinstance(error, aiohttp.ServerTimeoutError) or (cause and cause.errno == errno.ECONNREFUSED):
        return "no server is there: start it, or check base_url"
    return "check base_url" if isinstance(error, aiohttp.InvalidURL) else ""


def other_roots(root: str) -> Iterator[str]:
    """Addresses that may have been meant: with /v1, or without the last parts of the path."""
    url = URL(root)
    yield f"{root}/v1"
    for _ in range(2):
        if len(url.parts) > 1:
            url = url.parent
            yield str(url).rstrip("/")
            yield f"{str(url).rstrip('/')}/v1"


async def served_models(session: aiohttp.ClientSession, root: str) -> Sequence[str] | None:
    """The models that a server lists; None if it does not answer as the API does."""
    try:
        async with session.get(f"{root}/models", timeout=_QUESTION) as response:
            if response.status != 200:
                return None
            return [str(model["id"]) for model in (await response.json(content_type=None))["data"]]
    except (aiohttp.ClientError, asyncio.TimeoutError, ValueError, LookupError, TypeError):
        return None
