"""An asynchronous iterator as an ordinary one, whether or not the caller has an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar

__all__ = ["in_background"]

T = TypeVar("T")


def in_background(items: AsyncIterator[T]) -> Iterator[T]:
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
