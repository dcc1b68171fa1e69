"""Coroutines, asynchronous generators and endless generators as what a program returns. With real processes."""

from __future__ import annotations

import textwrap

import pytest
from helpers.execution import verdicts_by_name

from coderm_eval.core.records import Verdict

RIGHT = """
import asyncio


async def tide(hour):
    await asyncio.sleep(0)
    if hour < 0:
        raise ValueError("no such hour")
    return hour * 3


async def tides(hours):
    for hour in range(hours):
        yield hour * 3


async def fill(pools):
    pools.append(3)


def waves(height):
    while True:
        yield height
        height += 3


class Tide:
    def __init__(self):
        self.heights = []

    async def __aenter__(self):
        self.heights.append(3)
        return self

    async def __aexit__(self, *raised):
        return True

    async def rise(self, by):
        await asyncio.sleep(0)
        self.heights.append(by * 3)
        return sum(self.heights)
"""
WRONG = RIGHT.replace("3", "4")

BODIES = {
    "run": "assert asyncio.run(tide(2)) == 6",
    "run by a loop": "loop = asyncio.new_event_loop()\nassert loop.run_until_complete(tide(2)) == 6\nloop.close()",
    "awaited": "assert await tide(2) == 6",
    "gathered": "assert await asyncio.gather(tide(2), tide(3)) == [6, 9]",
    "a task": "assert await asyncio.wait_for(asyncio.create_task(tide(2)), 5) == 6",
    "raises where it is awaited": "later = tide(-1)\nwith self.assertRaises(ValueError): await later\n"
    "assert await tide(1) == 3",
    "one of several raises": "found = await asyncio.gather(tide(1), tide(-1), return_exceptions=True)\n"
    "assert found[0] == 3 and isinstance(found[1], ValueError)",
    "a coroutine": "c = tide(2)\nassert asyncio.iscoroutine(c) and inspect.iscoroutinefunction(tide)\n"
    "assert await c == 6",
    "a generator": "assert [height async for height in tides(3)] == [0, 3, 6]",
    "changes its argument": "pools = []\nawait fill(pools)\nassert pools == [3]",
    "methods": "t = Tide()\nawait t.rise(1)\nassert await t.rise(2) == 9",
    "a block": "async with Tide() as t: assert await t.rise(1) == 6",
    "a block that fails": "async with Tide() as t: await t.rise(1)\nassert t.heights == [3, 3]",
    "a generator without end": "assert list(itertools.islice(waves(1), 3)) == [1, 4, 7]",
    "its next item": "w = waves(1)\nassert (next(w), next(w)) == (1, 4)",
}
"""What a test does with them, by kind."""

SWALLOWED = {
    "a block swallows": "async with Tide() as t: assert await t.rise(1) == 5",
    "not awaited": "assert tide(2) == 6",
    "read for ever": "with self.assertRaises(Exception): list(waves(1))",
}
"""Tests that fail for the right program, too."""


def _test(body: str) -> str:
    head = "import asyncio\nimport inspect\nimport itertools\nimport unittest\n\n\n"
    is_async = "await" in body or "async" in body.replace("asyncio", "")
    case = "class TestIt(unittest.IsolatedAsyncioTestCase):\n" if is_async else "class TestIt(unittest.TestCase):\n"
    method = f"    {'async ' * is_async}def test_it(self):\n"
    return head + case + method + textwrap.indent(body, " " * 8) + "\n"


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], Verdict]:
    tests = {name: _test(body) for name, body in {**BODIES, **SWALLOWED}.items()}
    return verdicts_by_name({"right": RIGHT, "wrong": WRONG}, tests, "tide")


@pytest.mark.parametrize("name", BODIES)
def test_a_right_coroutine_passes_and_a_wrong_one_fails(found: dict[tuple[str, str], Verdict], name: str) -> None:
    assert (found["right", name], found["wrong", name]) == (Verdict.PASSED, Verdict.FAILED)


@pytest.mark.parametrize("name", SWALLOWED)
def test_what_is_not_awaited_or_never_ends_is_no_pass(found: dict[tuple[str, str], Verdict], name: str) -> None:
    assert found["right", name] == Verdict.FAILED
