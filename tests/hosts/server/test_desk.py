"""Work of many clients: done once for equal keys, also where clients go away, and never more than there is room for."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from coderm_eval.hosts.server.protocol.errors import BusyError
from coderm_eval.hosts.server.serve.desk import Desk


class Work:
    """Returns how often it was done, or raises, once it is let."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.started, self.let = threading.Event(), threading.Event()
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        self.started.set()
        self.let.wait(120)
        if self.failure:
            raise self.failure
        return self.times


def run(scene: Callable[[], Coroutine[Any, Any, None]]) -> list[dict[str, Any]]:
    """What the loop complains of while the scene is played."""
    complaints: list[dict[str, Any]] = []

    async def play() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        await scene()
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(play())
    return complaints


async def started(work: Work) -> None:
    await asyncio.get_running_loop().run_in_executor(None, work.started.wait)


def test_equal_keys_are_one_piece_of_work_while_it_is_under_way() -> None:
    async def scene() -> None:
        desk: Desk[int] = Desk(concurrency=2, queue=0)
        work = Work()
        asked = [asyncio.create_task(desk.get("key", work)) for _ in range(5)]
        await started(work)
        work.let.set()
        assert await asyncio.gather(*asked) == [1] * 5
        assert await desk.get("key", work) == 2

    assert run(scene) == []


@pytest.mark.parametrize("failure", [None, ValueError("broken")])
def test_clients_that_go_away_stop_nothing_and_nobody_hears_of_it(failure: Exception | None) -> None:
    async def scene() -> None:
        desk: Desk[int] = Desk(concurrency=1, queue=1)
        work = Work(failure)
        gone = asyncio.create_task(desk.get("key", work))
        await started(work)
        gone.cancel()
        follows = asyncio.create_task(desk.get("other", lambda: 7))
        work.let.set()
        assert await follows == 7
        assert (gone.cancelled(), work.times) == (True, 1)

    assert run(scene) == []


def test_a_failure_is_told_to_all_who_wait_and_the_next_tries_again() -> None:
    async def scene() -> None:
        desk: Desk[int] = Desk(concurrency=1, queue=0)
        work = Work(ValueError("broken"))
        work.let.set()
        results = await asyncio.gather(*(desk.get("key", work) for _ in range(3)), return_exceptions=True)
        assert [str(result) for result in results] == ["broken"] * 3
        work.failure = None
        assert await desk.get("key", work) == 2

    assert run(scene) == []


def test_past_the_queue_there_is_no_room_and_then_there_is_again() -> None:
    async def scene() -> None:
        desk: Desk[int] = Desk(concurrency=1, queue=1)
        work, waits = Work(), Work()
        waits.let.set()
        asked = [asyncio.create_task(desk.get(1, work)), asyncio.create_task(desk.get(2, waits))]
        await started(work)
        with pytest.raises(BusyError, match="2 requests are under way") as refused:
            await desk.get(3, waits)
        assert 1 <= (refused.value.retry_after_s or 0) <= 60
        assert waits.times == 0  # one at a time
        work.let.set()
        assert await asyncio.gather(*asked) == [1, 1]
        assert await desk.get(3, waits) == 2

    assert run(scene) == []
