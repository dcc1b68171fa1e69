"""A real browser, driven over its own protocol: https://chromedevtools.github.io/devtools-protocol/."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from helpers.processes import soon

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

_WAIT_S = 120
"""For an answer, on however busy a machine."""
_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0"),
)


class Page:
    """One tab. `errors` has what its console said of errors, and every exception."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[Any]) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._happened: list[dict[str, Any]] = []
        self.errors: list[str] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol, and return its result."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self._next()
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])

    async def open(self, path: Path) -> None:
        """Open a file and wait until it has loaded."""
        for domain in ("Page", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        await self._load("Page.navigate", url=path.resolve().as_uri())

    async def reload(self) -> None:
        """Load the page again and wait until it has loaded."""
        await self._load("Page.reload")

    async def _load(self, method: str, **parameters: Any) -> None:
        before = len(self._happened)
        await self.call(method, **parameters)
        while not any(message.get("method") == "Page.loadEventFired" for message in self._happened[before:]):
            await self._next()

    async def run(self, script: str) -> Any:
        """Return the value of an expression; a promise is waited for."""
        found = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until an expression is true, looked at whenever the page paints."""
        await self.run(f"new Promise(r => (function look() {{ ({condition}) ? r() : setTimeout(look, 20) }})())")

    async def size(self, width: int, height: int) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    async def dark(self) -> None:
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    async def pdf(self) -> bytes:
        return base64.b64decode((await self.call("Page.printToPDF"))["data"])

    async def screenshot(self, path: Path) -> None:
        found = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    async def _next(self) -> dict[str, Any]:
        message = dict(json.loads((await self._socket.receive(_WAIT_S)).data))
        self._happened.append(message)
        kind, told = message.get("method"), message.get("params", {})
        if kind == "Runtime.exceptionThrown":
            self.errors.append(told["exceptionDetails"]["exception"].get("description", "an exception"))
        elif kind == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.errors.append(told["entry"]["text"])
        elif kind == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert"):
            self.errors.append(str(told["args"]))
        return message


def in_browser(page: Path, profile: Path, look: Callable[[Page], Awaitable[Any]]) -> Any:
    """Return what `look` finds on a page with a table of problems, on which no error may have happened."""

    async def visit() -> Any:
        async with browsing(profile) as browser:
            await browser.size(1200, 900)
            await browser.open(page)
            await browser.until("document.querySelectorAll('#problems tbody tr').length > 0")
            found = await look(browser)
            assert browser.errors == []
            return found

    return asyncio.run(visit())


@asynccontextmanager
async def browsing(profile: Path) -> AsyncIterator[Page]:
    """Start a browser with an empty profile, and end it."""
    assert CHROMIUM
    command = [CHROMIUM, *_ARGUMENTS, f"--user-data-dir={profile}", "about:blank"]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port_file = profile / "DevToolsActivePort"
        soon(lambda: port_file.exists() and port_file.read_text().count("\n") == 1)
        port = port_file.read_text().split()[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as reply:
                [tab] = [tab for tab in await reply.json() if tab["type"] == "page"]
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        browser.kill()
        browser.wait()
