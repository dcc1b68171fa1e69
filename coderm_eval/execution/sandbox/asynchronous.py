"""Coroutines and asynchronous generators: a program runs them to their end, and a test gets some that are done."""

from __future__ import annotations

import types
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from coderm_eval.execution.wire.encoding import MOST_ITEMS

__all__ = ["ASYNCHRONOUS", "DONE", "finished", "is_coroutine_function"]

ASYNCHRONOUS = frozenset({types.CoroutineType, types.AsyncGeneratorType})


_CO_COROUTINE = 0x80
"""As in `inspect`, which takes 10 ms to import."""


def is_coroutine_function(value: object) -> bool:
    """Return whether it is defined by `async def`, and yields nothing."""
    return isinstance(value, types.FunctionType) and bool(value.__code__.co_flags & _CO_COROUTINE)


def finished(running: Any) -> Any:
    """Return what a coroutine returns, or an iterator of what an asynchronous generator yields."""
    import asyncio  # 20 ms of a process, which few programs need

    return asyncio.run(_iterated(running) if isinstance(running, types.AsyncGeneratorType) else running)


async def _iterated(generator: AsyncIterator[Any]) -> Iterator[Any]:
    items: list[Any] = []
    async for item in generator:
        items.append(item)
        if len(items) > MOST_ITEMS:
            break
    return iter(items)


async def _coroutine(result: Callable[[], Any]) -> Any:
    return result()


async def _async_generator(result: Callable[[], Any]) -> AsyncIterator[Any]:
    for item in result():
        yield item


DONE: dict[str, Callable[[Callable[[], Any]], Any]] = {"coroutine": _coroutine, "async_generator": _async_generator}
"""By type: what makes one that returns or yields what a function returns, or raises what it raises."""
