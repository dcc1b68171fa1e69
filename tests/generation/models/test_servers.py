"""Several servers of one model: who gets a request, and what becomes of servers that fail."""

from __future__ import annotations

import json
import logging
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import chain, count, takewhile
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import CLI, coderm
from helpers.processes import soon
from helpers.servers import TEST, Behaviour, Reply, answers, listing, serving, well_behaved

from coderm_eval.core.errors import ServerError, SettingsError
from coderm_eval.generation.models.base import Completion, SampleRequest
from coderm_eval.generation.models.openai_server import OpenAIServer
from coderm_eval.generation.settings import PolicySettings, TestSettings

DOWN = "http://127.0.0.1:9/v1"
"""Nobody listens there."""

PATIENCE_S = 60
"""For a thread to be waited for that only fails if the test does."""


def settings(*urls: str, **more: Any) -> TestSettings:
    return TestSettings.model_validate({"model": "m", "base_url": urls, "retries": 1, "concurrency": 1, **more})


def requests(number: int) -> list[SampleRequest]:
    return [SampleRequest(str(i), str(i), range(1)) for i in range(number)]


def sampled(given: TestSettings, asked: Sequence[SampleRequest]) -> list[Completion]:
    return list(chain.from_iterable(OpenAIServer(given).sample(asked)))


def together(number: int) -> Behaviour:
    """Servers that answer once so many requests are under way at all of them."""
    barrier = threading.Barrier(number)

    def behave(body: dict[str, Any], before: int) -> Reply:
        barrier.wait(PATIENCE_S)
        return well_behaved(body, before)

    return behave


def failing(*replies: Reply | None) -> Behaviour:
    """A server that replies so at first, and is well-behaved later."""
    left = list(replies)
    return lambda body, before: left.pop(0) if left else well_behaved(body, before)


BROKEN: Reply = (500, {}, b"oops")


def broken(body: dict[str, Any], before: int) -> Reply:
    return BROKEN


def test_a_request_goes_to_the_server_with_the_fewest_under_way() -> None:
    behave = together(8)
    with serving(behave) as (first, seen), serving(behave) as (second, more):
        assert len(sampled(settings(first, second, concurrency=4), requests(8))) == 8
    assert len(seen) == len(more) == 4


def test_of_servers_that_are_equally_busy_the_first_is_asked() -> None:
    with serving(well_behaved) as (first, seen), serving(well_behaved) as (second, more):
        model = OpenAIServer(settings(second, first))
        for request in requests(3):
            assert list(model.sample([request]))
    assert (len(seen), len(more)) == (0, 3)


def test_a_server_that_dies_leaves_its_requests_to_the_others() -> None:
    with serving(well_behaved) as (stays, seen), ExitStack() as stack:
        dies, more = stack.enter_context(serving(well_behaved))
        sampling = OpenAIServer(settings(dies, stays, seed=7)).sample(requests(20))
        got = list(next(iter(sampling)))
        stack.close()
        got += chain.from_iterable(sampling)
    assert sorted(int(answer.task_id) for answer in got) == [*range(20)]
    assert {answer.text for answer in got} == {TEST.format(7, 7)}
    assert more and len(seen) >= 17


FAILURES: list[tuple[str, Reply | None]] = [
    ("a status", BROKEN),
    ("a reset", None),
    ("a request to come back in an hour", (429, {"Retry-After": "3600"}, b"{}")),
]


@pytest.mark.parametrize(("name", "failure"), FAILURES, ids=[name for name, _ in FAILURES])
def test_a_failure_is_mended_by_another_server_without_a_wait(name: str, failure: Reply | None) -> None:
    """An hour would not pass here."""
    with serving(failing(*[failure] * 9)) as (fails, seen), serving(well_behaved) as (url, more):
        assert len(sampled(settings(fails, url, retries=9), requests(5))) == 5
    assert len(seen) >= 1 and len(more) == 5


def test_a_server_that_hangs_costs_one_deadline(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()

    def hanging(body: dict[str, Any], before: int) -> Reply:
        release.wait(PATIENCE_S)
        return answers(body, 1)

    with serving(hanging) as (hangs, seen), serving(well_behaved) as (url, _):
        assert len(sampled(settings(hangs, url, timeout_s=0.5, retries=9), requests(3))) == 3
        release.set()
    assert len(seen) == 1
    assert "did not answer within 0.5 s" in caplog.text and "requests go to the other servers" in caplog.text


def test_a_server_that_failed_is_tried_again_and_gets_requests_again() -> None:
    """There are requests until then."""
    back = threading.Event()
    fails = failing(BROKEN)

    def returning(body: dict[str, Any], before: int) -> Reply | None:
        reply = fails(body, before)
        if reply != BROKEN:
            back.set()
        return reply

    def slow(body: dict[str, Any], before: int) -> Reply:
        back.wait(0.05)
        return well_behaved(body, before)

    endless = (SampleRequest(str(i), str(i), range(1)) for i in count())
    with serving(returning) as (url, _), serving(slow) as (other, _):
        asked = takewhile(lambda _: not back.is_set(), endless)
        got = list(chain.from_iterable(OpenAIServer(settings(url, other)).sample(asked)))
    assert back.is_set() and len(got) > 2


def test_a_server_that_is_out_is_tried_by_one_request_at_a_time() -> None:
    now, most, lock, enough = 0, 0, threading.Lock(), threading.Event()
    with serving(well_behaved) as (url, _):

        def broken_and_slow(body: dict[str, Any], before: int) -> Reply:
            nonlocal now, most
            with lock:
                now, most = now + 1, max(most, now + 1)
            enough.wait(0.1)
            with lock:
                now -= 1
            return BROKEN

        with serving(broken_and_slow) as (fails, seen), OpenAIServer(settings(fails, url, concurrency=4)) as model:
            assert [*model.sample(requests(1))]
            assert soon(lambda: len([*model.sample(requests(8))]) == 8 and len(seen) >= 2)
    assert most == 1


def test_a_server_of_another_model_is_refused_by_name() -> None:
    others = b'{"data": [{"id": "n"}]}'
    with serving(well_behaved) as (url, seen), listing(200, others) as other, pytest.raises(ServerError) as caught:
        sampled(settings(url, other), requests(2))
    said = str(caught.value)
    assert said.startswith(f"tests.base_url: {other} serves n, not m; ") and said.endswith("or leave that server out")
    assert seen == []


def test_a_server_that_is_down_at_the_start_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), serving(well_behaved) as (url, _):
        assert len(sampled(settings(DOWN, url), requests(5))) == 5
    assert [line.startswith(f"{DOWN} could not be reached (Connection refused)") for line in caplog.messages] == [True]


def test_if_all_are_down_at_the_start_each_is_named_with_its_reason() -> None:
    with listing(503, b"loading") as url, pytest.raises(ServerError) as caught:
        sampled(settings(DOWN, url), requests(2))
    assert str(caught.value) == (
        f"tests.base_url: no server answers: {DOWN} could not be reached (Connection refused); "
        f"{url} answered 503: loading; start them"
    )


def test_if_all_fail_in_the_middle_each_is_named_with_its_last_error() -> None:
    resets = failing(*[None] * 9)
    with serving(broken) as (first, seen), serving(resets) as (second, more), pytest.raises(ServerError) as caught:
        sampled(settings(first, second), requests(1))
    said = str(caught.value)
    assert said.startswith(
        f"0: no server answers: the server at {first} answered 500: oops (tried 1 times); the server"
    )
    assert f"the server at {second} could not be reached" in said and "(tried 2 times); what was answered" in said
    assert "\n" not in said and (len(seen), len(more)) == (1, 2)


def test_a_request_that_no_server_can_answer_ends_the_run() -> None:
    def poisoned(body: dict[str, Any], before: int) -> Reply:
        return BROKEN if body["messages"][0]["content"] == "3" else well_behaved(body, before)

    twice = r"^3: no server answers: .*500: oops.*500: oops"
    with serving(poisoned) as (a, _), serving(poisoned) as (b, _), pytest.raises(ServerError, match=twice):
        sampled(settings(a, b), requests(6))


def test_a_server_that_is_named_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"tests\.base_url names http://a/v1 twice"):
        OpenAIServer(settings("http://a/v1", "http://a/v1/"))


@pytest.mark.parametrize("given", ["http://a/v1, http://b/v1", ["http://a/v1", "http://b/v1"]])
def test_servers_are_a_list_or_a_text_with_commas(given: str | list[str]) -> None:
    one = PolicySettings(model="m", base_url="http://a/v1")
    several = PolicySettings.model_validate({"model": "m", "base_url": given})
    assert several.base_urls == ("http://a/v1", "http://b/v1")
    assert several.identity() == one.identity()


# A whole command


def sample(folder: Path, *urls: str) -> list[object]:
    known = ["sample", "--benchmark", "demo", "--model", "m", "--n", 3, "--out", folder / "samples.jsonl"]
    return [*known, "--base-url", ",".join(urls)]


def texts_of(folder: Path, *urls: str) -> bytes:
    done = coderm(*sample(folder, *urls), cwd=folder)
    assert done.returncode == 0, done.stderr
    return (folder / "samples.jsonl").read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    def made(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    return made


def test_one_and_three_servers_write_the_same_bytes(folder: Callable[[str], Path]) -> None:
    with serving(well_behaved) as (a, _), serving(well_behaved) as (b, more), serving(broken) as (c, _):
        assert texts_of(folder("three"), a, b, c) == texts_of(folder("one"), a)
    assert more
    meta = json.loads((folder("none").parent / "three" / "samples.jsonl.meta.json").read_text())
    assert meta["policy"]["server"] == f"{a},{b},{c}"


def test_a_killed_run_goes_on_with_other_servers(folder: Callable[[str], Path]) -> None:
    """What was stored is not asked again: the answers of the first three requests."""
    release, slots = threading.Event(), threading.Semaphore(3)

    def three_answers(body: dict[str, Any], before: int) -> Reply:
        if not slots.acquire(blocking=False):
            release.wait(PATIENCE_S)
        return well_behaved(body, before)

    killed = folder("killed")
    with serving(three_answers) as (first, _), serving(three_answers) as (second, _):
        command = [*CLI, *map(str, sample(killed, first, second))]
        with subprocess.Popen(command, cwd=killed, stderr=subprocess.DEVNULL) as process:
            planned = [*sample(killed, first), "--dry-run"]
            assert soon(lambda: "(9 more are stored)" in coderm(*planned, cwd=killed).stdout)
            process.kill()
        release.set()
    with serving(well_behaved) as (a, seen), serving(well_behaved) as (b, more):
        again = texts_of(killed, a, b)
        assert len(seen) + len(more) == 14 - 3 and more
        assert again == texts_of(folder("whole"), a)
