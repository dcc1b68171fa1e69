"""Many requests at once: equal ones are worked on once, a bounded number at a time, and too many are turned away."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from coderm_eval.hosts.server.protocol.errors import BusyError

__all__ = ["Desk"]

Result = TypeVar("Result")

_LONGEST_WAIT_S = 60
"""Most seconds after which a client that was turned away is asked to come back."""


class Desk(Generic[Result]):
    """Has work done by threads; used on one event loop.

    A thread that waits for a model cannot be stopped, so the threads are no reason for the process to go on living.

    Args:
        concurrency: most that is worked on at a time.
        queue: most that waits.
    """

    def __init__(self, concurrency: int, queue: int) -> None:
        self._concurrency = concurrency
        self._most = concurrency + queue
        self._slots = asyncio.Semaphore(concurrency)
        self._under_way: dict[Hashable, asyncio.Task[Result]] = {}
        self._mean_s = 1.0

    async def get(self, key: Hashable, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, or raise what it raises; for equal keys it is done once at a time.

        A client that goes away stops nothing: others may wait for the same, and its result goes to the store.

        Raises:
            BusyError: as many as may wait are waiting.
        """
        task = self._under_way.get(key)
        if task is None:
            self._require_room()
            task = asyncio.create_task(self._done(work))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: Hashable, done: asyncio.Task[Result]) -> None:
        del self._under_way[key]
        if not done.cancelled():
            done.exception()  # else it is printed where all who waited have gone away

    def _require_room(self) -> None:
        if len(self._under_way) >= self._most:
            wait_s = self._mean_s * self._most / self._concurrency / 2  # when half of those who wait are served
            raise BusyError(
                f"{self._most} requests are under way, which is as many as this server takes; come back later",
                max(1, min(_LONGEST_WAIT_S, math.ceil(wait_s))),
            )

    async def _done(self, work: Callable[[], Result]) -> Result:
        async with self._slots:
            started = time.monotonic()
            try:
                return await _in_thread(work)
            finally:
                self._mean_s += (time.monotonic() - started - self._mean_s) / 10


def _in_thread(work: Callable[[], Result]) -> asyncio.Future[Result]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def tell(say: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the server has ended meanwhile
            loop.call_soon_threadsafe(lambda: None if future.done() else say())

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            failure = error
            tell(lambda: future.set_exception(failure))
        else:
            tell(lambda: future.set_result(result))

    threading.Thread(target=run, daemon=True).start()
    return future
