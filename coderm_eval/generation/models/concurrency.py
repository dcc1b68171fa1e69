"""Keeping a server busy: so many requests under way, and the next one as soon as one is answered."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Generic, TypeVar

__all__ = ["iterate_in_thread", "map_concurrently"]

Item = TypeVar("Item")
Result = TypeVar("Result")


async def map_concurrently(
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


T = TypeVar("T")


def iterate_in_thread(items: AsyncIterator[T]) -> Iterator[T]:
    """The items as they come, made by a thread; what the iterator raises is raised here.

    A caller that stops, by an exception or by closing this, cancels what is under way.
    """
    runner = _Runner(items)
    runner.start()
    try:
        while (item := runner.made.get()) is not _END:
            yield item  # type: ignore[misc]  # mypy does not know that the mark is gone
    finally:
        runner.cancel()
        runner.join()
    if runner.error:
        raise runner.error


_END = object()


class _Runner(threading.Thread, Generic[T]):
    def __init__(self, items: AsyncIterator[T]) -> None:
        super().__init__(daemon=True)
        self._items = items
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._make())
        self.made: queue.SimpleQueue[T | object] = queue.SimpleQueue()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except Exception as error:
            self.error = error
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self.made.put(_END)

    async def _make(self) -> None:
        async for item in self._items:
            self.made.put(item)

    def cancel(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has come to its end by itself
            self._loop.call_soon_threadsafe(self._task.cancel)
