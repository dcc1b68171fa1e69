"""One server that many threads sample from: its connections, the bound on its requests, and conversations."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from helpers.replaying import served

from coderm_eval.core.errors import ServerError
from coderm_eval.core.store import open_store
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.base import Completion, Prompt, SampleRequest
from coderm_eval.generation.models.openai_server import OpenAIServer
from coderm_eval.generation.settings import PolicySettings


class Counting:
    """A server that answers what it was asked, and counts its connections and the requests under way."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.connections: set[Any] = set()
        self.under_way = self.most_under_way = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.connections.add(request.transport and request.transport.get_extra_info("peername"))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        body = await request.json()
        self.bodies.append(body)
        await asyncio.sleep(0.01)  # so that others come meanwhile
        self.under_way -= 1
        if body["messages"][-1]["content"] == "refuse":
            return web.json_response({"error": {"message": "no"}}, status=403)
        choices = [
            {"index": i, "message": {"content": f"{body['messages'][-1]['content']} {body['temperature']}"}}
            for i in range(body["n"])
        ]
        return web.json_response({"choices": choices})

    @contextmanager
    def served(self) -> Iterator[PolicySettings]:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self.answer)
        with served(app) as address:
            yield PolicySettings(model="m", base_url=f"http://{address}/v1", concurrency=3, retries=0)


def first(model: OpenAIServer, prompt: Prompt) -> Completion:
    [[completion]] = model.sample([SampleRequest("a", prompt, range(1))])
    return completion


def test_threads_share_connections_and_the_bound_on_requests() -> None:
    server = Counting()
    with server.served() as settings, OpenAIServer(settings) as model, ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda i: first(model, f"p{i}").text, range(60)))
    assert answers == [f"p{i} 0.8" for i in range(60)]
    assert server.most_under_way == 3
    assert len(server.connections) <= 3


def test_connections_are_closed_when_the_last_leaves_and_opened_again() -> None:
    server = Counting()
    with server.served() as settings:
        model = OpenAIServer(settings)
        before = threading.active_count()
        assert [first(model, "p").text for _ in range(2)] == ["p 0.8"] * 2
        assert threading.active_count() == before
    assert len(server.connections) == 2


def test_one_server_is_sampled_in_several_ways_on_the_same_connections() -> None:
    server = Counting()
    with server.served() as settings, OpenAIServer(settings) as model:
        warm = model.sampling_with(settings.model_copy(update={"temperature": 1.5}))
        assert [first(model, "p").text, first(warm, "p").text] == ["p 0.8", "p 1.5"]
    assert len(server.connections) == 1


def test_a_refusal_of_one_thread_is_no_failure_of_another() -> None:
    server = Counting()

    def text(prompt: str) -> str:
        try:
            return first(model, prompt).text
        except ServerError as error:
            return str(error)

    with server.served() as settings, OpenAIServer(settings) as model, ThreadPoolExecutor(8) as threads:
        texts = list(threads.map(text, ["p", "refuse"] * 10))
    assert texts[::2] == ["p 0.8"] * 10
    assert all("answered 403" in said for said in texts[1::2])


def test_a_caller_that_stops_leaves_the_others_alone() -> None:
    server = Counting()
    with server.served() as settings, OpenAIServer(settings) as model:
        stopped = model.sample([SampleRequest("a", f"p{i}", range(1)) for i in range(50)])
        next(iter(stopped))
        stopped.close()  # type: ignore[attr-defined]  # it is a generator
        assert first(model, "q").text == "q 0.8"
    assert len(server.bodies) < 50


CONVERSATION = (("system", "Be brief."), ("user", "1"), ("assistant", "2"), ("user", "3"))


@pytest.mark.parametrize("system_prompt", [None, "Be long."])
def test_a_conversation_is_sent_as_it_is(system_prompt: str | None) -> None:
    server = Counting()
    with server.served() as settings:
        model = OpenAIServer(settings.model_copy(update={"system_prompt": system_prompt}))
        first(model, CONVERSATION)
        first(model, CONVERSATION[1:])
    roles = [[message["role"] for message in body["messages"]] for body in server.bodies]
    whole = [role for role, _ in CONVERSATION]
    assert roles == [whole, whole if system_prompt else whole[1:]]
    assert server.bodies[0]["messages"][0]["content"] == "Be brief."


def test_a_conversation_is_stored_under_its_own_key(tmp_path: Path) -> None:
    server = Counting()
    prompts: list[Prompt] = ["3", CONVERSATION, CONVERSATION[1:], (("user", "1"), ("user", "3"))]
    requests = [SampleRequest(f"{i}", prompt, range(2)) for i, prompt in enumerate(prompts)]
    with server.served() as settings, open_store(tmp_path) as store:
        model = CachedModel(OpenAIServer(settings), settings, store.table("solutions"), None)
        assert len(list(model.sample(requests))) == 4
        assert list(model.sample(requests)) == requests
        assert model.completion(CONVERSATION, 1).text == "3 0.8"
        assert model.missing([SampleRequest("", (("user", "9"),), range(1))])
    assert len(server.bodies) == 4
