"""Measure the client of OpenAI-compatible servers by itself, against peers and the same server in the same run.

    python -m perf.client --requests 5000

The server, a process of its own, answers every request at once. Peers: openai's AsyncOpenAI, which has the same work to
do, and a bare aiohttp session, which reads no answer (a bound).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from coderm_eval.generation.models.base import SampleRequest
from coderm_eval.generation.models.openai_server import OpenAIServer
from coderm_eval.generation.settings import TestSettings
from perf._common import argument_parser, interleaved, median, print_table, seconds, served
from perf.loopback import response, serve

IN_FLIGHT = 64
PROMPT = "Write tests. " * 150
ANSWER = "```python\nimport unittest\n\nclass TestF(unittest.TestCase):\n    def test_f(self):\n        f()\n```" * 6


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve_at_once())
        return
    with served("perf.client", "--serve") as url:
        report(url, options.requests, options.repeats)


def report(url: str, count: int, repeats: int) -> None:
    clients: dict[str, Callable[[], object]] = {
        "this client": partial(ours, url, count),
        "openai AsyncOpenAI": lambda: asyncio.run(openai_client(url, count)),
        "bare aiohttp (bound)": lambda: asyncio.run(bare(url, count)),
    }
    taken = interleaved({name: partial(seconds, client) for name, client in clients.items()}, repeats)
    rates = {name: count / median(values) for name, values in taken.items()}
    base = rates["openai AsyncOpenAI"]
    print(f"{count} requests, {IN_FLIGHT} in flight, medians of {repeats} runs\n")
    print_table(["", "requests/s", "ratio"], ([name, f"{r:.0f}", f"{r / base:.1f}"] for name, r in rates.items()))
    print("\nMiB of this process at each tenth of a run of this client:", *memory(url, 10 * count))


def ours(url: str, count: int) -> None:
    assert sum(1 for _ in answered(url, count)) == count


def answered(url: str, count: int) -> Iterator[Any]:
    client = OpenAIServer(TestSettings(model="m", base_url=url, concurrency=IN_FLIGHT))
    return client.sample(SampleRequest(str(n), PROMPT, range(1)) for n in range(count))


def memory(url: str, count: int) -> list[int]:
    """Read this process's memory during a longer run, whose answers are thrown away as they come."""
    seen = []
    for number, _ in enumerate(answered(url, count), 1):
        if number % (count // 10) == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            seen.append(pages * resource.getpagesize() >> 20)
    return seen


def body() -> dict[str, Any]:
    sampling = {"n": 1, "temperature": 0.8, "top_p": 0.95, "max_tokens": 2048, "seed": 0}
    return {"model": "m", "messages": [{"role": "user", "content": PROMPT}], **sampling}


async def openai_client(url: str, count: int) -> None:
    import openai

    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:
        await in_flight(count, lambda: client.chat.completions.create(**body()))


async def bare(url: str, count: int) -> None:
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

        async def ask() -> None:
            async with session.post(f"{url}/chat/completions", json=body()) as response:
                await response.read()

        await in_flight(count, ask)


async def in_flight(count: int, ask: Callable[[], Awaitable[Any]]) -> None:
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one() -> None:
        async with gate:
            await ask()

    await asyncio.gather(*(one() for _ in range(count)))


async def serve_at_once() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 300, "completion_tokens": 200, "total_tokens": 500}
    said = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    whole = response(json.dumps(said).encode())

    async def answer(body: bytes) -> bytes:
        return whole

    await serve(answer)


if __name__ == "__main__":
    main()
