"""Compare `coderm-eval serve` with sampling alone: requests per second of the same policy, N answers to each.

    python -m perf.serving

The policy and the test writer are servers, each a process of its own, with a few slots, as a GPU has room for a few
requests; a request takes a slot for a fixed time. Both are equally fast. "Sampling alone" sends the requests to the
policy; "serve" sends them to a server of this project in front of both, with an empty store. Its programs are run in
the real sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import aiohttp

from perf._common import argument_parser, interleaved, median, print_table, seconds, served
from perf.loopback import response, serve

PROGRAM = "```python\ndef f{k}(values):\n    return sum(values) + {wrong_by}\n```"
"""Of five answers two are right, in the same way; the others are wrong in ways of their own."""

TEST = """```python
import unittest


class TestF(unittest.TestCase):
    def test_{seed}(self):
        self.assertEqual(f{k}([{seed}, 1]), {seed} + 1)
        self.assertEqual(f{k}([]), 0)
```"""


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--requests", type=int, default=120)
    parser.add_argument("--answers", type=int, default=20, help="to each request")
    parser.add_argument("--tests", type=int, default=20, help="for each request")
    parser.add_argument("--slots", type=int, default=4, help="requests that a model works on at a time")
    parser.add_argument("--seconds", type=float, default=4, help="that a model takes for a request")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--serve", nargs=2, type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve_slots(int(options.serve[0]), options.serve[1]))
        return
    model = ("perf.serving", "--serve", str(options.slots), str(options.seconds))
    with served(*model) as policy, served(*model) as tests:
        report(policy, tests, options)


def report(policy: str, tests: str, options: argparse.Namespace) -> None:
    ways = {
        "sampling alone": partial(seconds, partial(ask_all, policy, options.answers, options.requests)),
        "serve": partial(through_serve, policy, tests, options),
    }
    taken = interleaved(ways, options.repeats)
    alone = median(taken["sampling alone"])
    print(f"{options.requests} requests, {options.answers} answers and {options.tests} tests each\n")
    print_table(
        ["", "s", "requests/s", "over sampling alone"],
        (
            [name, " / ".join(f"{s:.1f}" for s in runs), f"{options.requests / median(runs):.2f}", over(runs, alone)]
            for name, runs in taken.items()
        ),
    )


def over(runs: Sequence[float], alone: float) -> str:
    return f"{100 * (median(runs) / alone - 1):+.1f} %"


def through_serve(policy: str, tests: str, options: argparse.Namespace) -> float:
    """Return the seconds of all requests, with the server started and its store empty."""
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--model", "m", "--base-url", policy, "--tests-model", "m", "--tests-base-url", tests]
        sizes = ["--n", str(options.answers), "--num", str(options.tests), "--budget", "uniform"]
        with best_of_n([*flags, *sizes, "--port", "0", "--store", folder]) as url:
            return seconds(partial(ask_all, url, 1, options.requests))


@contextmanager
def best_of_n(flags: Sequence[str]) -> Iterator[str]:
    command = [sys.executable, "-m", "coderm_eval.cli", "serve", *flags]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            yield server.stderr.readline().split()[-1]
        finally:
            server.terminate()


def ask_all(url: str, n: int, count: int) -> None:
    async def ask() -> None:
        timeout, connector = aiohttp.ClientTimeout(600), aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            await asyncio.gather(*(one(session, k) for k in range(count)))

    async def one(session: aiohttp.ClientSession, k: int) -> None:
        words = f"Write a function `f{k}(values)` that returns the sum of its values."
        body = {"model": "m", "messages": [{"role": "user", "content": words}], "n": n, "seed": 0}
        async with session.post(f"{url}/chat/completions", json=body) as reply:
            answer = await reply.json()
            assert reply.status == 200, answer
            assert answer.get("coderm", {}).get("fallback") is None

    asyncio.run(ask())


async def serve_slots(slots: int, seconds_a_request: float) -> None:
    room = asyncio.Semaphore(slots)

    async def answer(body: bytes) -> bytes:
        asked = json.loads(body)
        async with room:
            await asyncio.sleep(seconds_a_request)
        return response(json.dumps(reply(asked)).encode())

    await serve(answer)


def reply(asked: dict[str, Any]) -> dict[str, Any]:
    message = asked["messages"][-1]["content"]
    found = re.search(r"\bf(\d+)\b", message)
    k = found[1] if found else "0"
    seeds = range(asked["seed"], asked["seed"] + asked["n"])
    is_for_tests = "unittest" in message or "unit test" in message
    texts = [TEST.format(k=k, seed=s) if is_for_tests else PROGRAM.format(k=k, wrong_by=wrong_by(s)) for s in seeds]
    choices = [
        {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for i, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 100, "completion_tokens": 100 * len(texts), "total_tokens": 100 * (1 + len(texts))}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": choices, "usage": usage}


def wrong_by(seed: int) -> int:
    return 0 if seed % 5 < 2 else seed


if __name__ == "__main__":
    main()
