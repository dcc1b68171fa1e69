"""Keeping a server busy: so many requests under way, and the next one as soon as one is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["in_flight"]

Item = TypeVar("Item")
Result = TypeVar("Result")


async def in_flight(
    take: Callable[[], Item | None], ask: Callable[[Item], Coroutine[Any, Any, Result]], most: int
) -> AsyncGenerator[tuple[Item, asyncio.Task[Result]], None]:
    """Each item with its finished task, as they finish; those under way are cancelled when this is closed.

    Args:
        take: gives the next item whenever there is room, or None if there is none for now.
        ask: what to do with an item.
        most: items under way.
    """
    asking: dict[asyncio.Task[Result], Item] = {}
    try:
        while True:
            while len(asking) < most and (item := take()) is not None:
                asking[asyncio.create_task(ask(item))] = item
            if not asking:
                return
            done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield asking.pop(task), task
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
