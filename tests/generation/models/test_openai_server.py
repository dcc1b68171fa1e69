"""The client of OpenAI-compatible servers, against real HTTP servers that behave as such servers do."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import socket
import threading
import time
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from helpers.servers import (
    TEST,
    Behaviour,
    Reply,
    answers,
    broken_at_first,
    busy_at_first,
    html,
    no_choices,
    one_choice_only,
    refusing,
    serving,
    well_behaved,
)
from helpers.stores import stored
from yarl import URL

from coderm_eval.core.errors import ServerError, SettingsError
from coderm_eval.core.store import Store, open_store
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.api_client import KEY_VARIABLE
from coderm_eval.generation.models.base import CONTEXT_OVERFLOW, Completion, SampleRequest
from coderm_eval.generation.models.openai_server import OpenAIServer
from coderm_eval.generation.settings import PolicySettings, TestSettings
from coderm_eval.generation.test_sources import PROMPT_TOO_LONG, ModelTests


def settings(url: str, **more: Any) -> TestSettings:
    return TestSettings(**{"model": "m", "base_url": url, "retries": 3, **more})


def sampled(url: str, *requests: SampleRequest, **more: Any) -> list[Completion]:
    completions = chain.from_iterable(OpenAIServer(settings(url, **more)).sample(requests))
    return sorted(completions, key=lambda a: (a.task_id, a.sample))


def test_all_samples_of_a_prompt_come_from_one_request() -> None:
    with serving(well_behaved) as (url, seen):
        got = sampled(url, SampleRequest("a", "ask", range(4)))
    assert [answer.sample for answer in got] == [0, 1, 2, 3]
    assert [request["n"] for request in seen] == [4]


def test_a_request_carries_the_papers_sampling_by_default() -> None:
    with serving(well_behaved) as (url, seen):
        sampled(url, SampleRequest("a", "ask", range(1)))
        sampled(url, SampleRequest("a", "ask", range(1)), temperature=0.3, max_tokens=9, seed=100)
    sampling = [{k: r[k] for k in ("temperature", "top_p", "max_tokens", "seed")} for r in seen]
    assert sampling[0] == {"temperature": 0.8, "top_p": 0.95, "max_tokens": 2048, "seed": 0}
    assert sampling[1] == {"temperature": 0.3, "top_p": 0.95, "max_tokens": 9, "seed": 100}


@pytest.mark.parametrize("behaviour", [well_behaved, one_choice_only])
def test_sample_i_has_seed_base_plus_i_however_many_choices_a_server_gives(behaviour: Behaviour) -> None:
    with serving(behaviour) as (url, _):
        got = sampled(url, SampleRequest("a", "ask", range(2, 6)), seed=10)
    assert [TEST.format(10 + i, 10 + i) for i in range(2, 6)] == [answer.text for answer in got]


@pytest.mark.parametrize("behaviour", [busy_at_first, broken_at_first])
def test_a_server_that_is_busy_or_broken_for_a_while_costs_nothing(behaviour: Behaviour) -> None:
    with serving(behaviour) as (url, seen):
        got = sampled(url, SampleRequest("a", "ask", range(3)))
    assert len(got) == 3
    assert len(seen) == 3


def test_tokens_are_counted_once() -> None:
    with serving(well_behaved) as (url, _):
        got = sampled(url, SampleRequest("a", "ask", range(3)))
    assert sum(answer.tokens for answer in got) == 30
    assert sum(answer.prompt_tokens for answer in got) == 7


UNUSABLE: list[tuple[Behaviour, str]] = [
    (no_choices, "not one of OpenAI's API"),
    (refusing, "404: .*the model `m` does not exist"),
    (lambda body, before: (200, {}, b"\xff\xfe"), "not one of OpenAI's API"),
    (lambda body, before: (200, {}, b"[]"), "not one of OpenAI's API"),
    (html, "not one of OpenAI's API: '<html>login</html>'"),
    (lambda body, before: (200, {}, b'{"choices": [{"index": 0}]}'), "not one of OpenAI's API"),
    (lambda body, before: (503, {"Retry-After": "0"}, b"down"), r"503: down \(tried 2 times\)"),
]


@pytest.mark.parametrize(("behaviour", "said"), UNUSABLE)
def test_an_unusable_server_is_one_sentence_with_the_task(behaviour: Behaviour, said: str) -> None:
    with serving(behaviour) as (url, _), pytest.raises(ServerError, match=said) as caught:
        sampled(url, SampleRequest("demo/3", "ask", range(2)), retries=1)
    assert "demo/3" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_vanishes_in_the_middle_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    with serving(well_behaved) as (url, _):
        model = OpenAIServer(settings(url, retries=1))
        assert list(model.sample([SampleRequest("a", "ask", range(1))]))
    with pytest.raises(ServerError, match=rf"{url} could not be reached \(Connection refused\) \(tried 2 times\)"):
        list(model.sample([SampleRequest("b", "ask", range(1))]))
    assert "(try 1 of 2)" in caplog.messages[0]


def test_a_server_that_hangs_is_given_up_after_the_deadline() -> None:
    release = threading.Event()

    def hanging(body: dict[str, Any], before: int) -> Reply:
        release.wait(30)
        return answers(body, 1)

    with serving(hanging) as (url, _):
        with pytest.raises(ServerError, match=r"did not answer within 0\.3 s"):
            sampled(url, SampleRequest("a", "ask", range(1)), timeout_s=0.3, retries=0)
        release.set()


def test_completions_under_way_are_kept_when_a_request_fails() -> None:
    def failing_for_b(body: dict[str, Any], before: int) -> Reply:
        return refusing(body, before) if body["messages"][0]["content"] == "b" else well_behaved(body, before)

    got: list[Completion] = []
    with serving(failing_for_b) as (url, _):
        sampling = OpenAIServer(settings(url)).sample([SampleRequest(t, t, range(2)) for t in "bacd"])
        with pytest.raises(ServerError, match=r"^b: "):
            got.extend(answer for together in sampling for answer in together)
    assert sorted(answer.task_id for answer in got) == ["a", "a", "c", "c", "d", "d"]


@pytest.mark.parametrize("missing", ["model", "base_url"])
def test_a_test_writer_without_name_or_address_is_a_settings_error(missing: str) -> None:
    with pytest.raises(SettingsError, match=rf"tests\.{missing} is not set"):
        OpenAIServer(settings("http://127.0.0.1:9/v1", **{missing: None}))


def source(url: str, store: Store, **more: Any) -> ModelTests:
    given = settings(url, **more)
    return ModelTests(
        CachedModel(OpenAIServer(given), given, store.table("answers"), "writing tests"),
        prompts={"a": ["ask a"], "b": ["ask b"]},
        entry_points={"a": "f", "b": "f", "c": "f"},
        extraction="default",
    )


def test_only_samples_that_are_not_stored_are_requested(tmp_path: Path) -> None:
    with serving(well_behaved) as (url, seen):
        with open_store(tmp_path) as store:
            first = dict(source(url, store)({"a": range(3)}))
        with open_store(tmp_path) as store:
            again = dict(source(url, store)({"a": range(5), "b": range(2)}))
    asked = sorted((r["messages"][0]["content"], r["seed"], r["n"]) for r in seen[1:])
    assert asked == [("ask a", 3, 2), ("ask b", 0, 2)]
    assert again["a"][:3] == first["a"]


@pytest.mark.parametrize("changed", [{"temperature": 0.5}, {"seed": 1}, {"model": "other"}, {"max_tokens": 5}])
def test_a_changed_setting_never_meets_an_old_answer(tmp_path: Path, changed: dict[str, Any]) -> None:
    with serving(well_behaved) as (url, seen), open_store(tmp_path) as store:
        list(source(url, store)({"a": range(1)}))
        list(source(url, store, **changed)({"a": range(1)}))
    assert len(seen) == 2


def test_a_problem_without_a_prompt_is_not_requested(tmp_path: Path) -> None:
    with serving(well_behaved) as (url, seen), open_store(tmp_path) as store:
        assert list(source(url, store)({"c": range(3)})) == []
    assert seen == []


def test_answers_without_a_test_are_counted_by_reason(tmp_path: Path) -> None:
    def talking(body: dict[str, Any], before: int) -> Reply:
        status, headers, content = answers(body, body["n"])
        return status, headers, content.replace(b"class TestF", b"class_TestF")

    with serving(talking) as (url, _), open_store(tmp_path) as store:
        tests = source(url, store)
        assert list(tests({"a": range(2)})) == [("a", [])]
    assert tests.stats.samples == 2
    assert sum(tests.stats.rejected.values()) == 2


# What servers differ in


def test_a_server_that_gives_fewer_choices_is_asked_for_no_more() -> None:
    """Of transformers' own, which reads no `n`, the samples of a prompt came one after another."""
    with serving(one_choice_only) as (url, seen):
        got = sampled(url, *(SampleRequest(task, task, range(4)) for task in "ab"), concurrency=1)
    assert len(got) == 8
    assert [request["n"] for request in seen] == [4] + [1] * 7


LIMITS: list[tuple[str, bytes]] = [
    ("a number", b'{"error": {"message": "n must be at most 2", "param": "n"}}'),
    ("no number", b'{"error": {"message": "best_of is not supported"}}'),
    ("more than one is refused", b'{"detail": "only n=1 is supported"}'),
]


@pytest.mark.parametrize(("name", "refusal"), LIMITS, ids=[name for name, _ in LIMITS])
def test_a_server_that_refuses_many_choices_is_asked_for_fewer(name: str, refusal: bytes) -> None:
    most = 2 if b"2" in refusal else 1

    def limited(body: dict[str, Any], before: int) -> Reply:
        return answers(body, body["n"]) if body["n"] <= most else (400, {}, refusal)

    with serving(limited) as (url, seen):
        got = sampled(url, *(SampleRequest(task, task, range(4)) for task in "ab"), concurrency=1)
    assert [answer.sample for answer in got] == [0, 1, 2, 3] * 2
    assert {answer.text for answer in got} == {TEST.format(i, i) for i in range(4)}
    assert [request["n"] for request in seen].count(4) == 1


TOO_LONG: list[bytes] = [
    b'{"error": {"message": "This model\'s maximum context length is 4096 tokens. However, you requested 5000"}}',
    b'{"error": {"code": "context_length_exceeded", "message": "too many"}}',
    b'{"message": "The input (5000 tokens) is longer than the model\'s context length (4096 tokens)."}',
    b'{"error": "`inputs` tokens + `max_new_tokens` must be <= 4096"}',
]


@pytest.mark.parametrize("refusal", TOO_LONG)
def test_a_prompt_that_is_too_long_costs_its_own_tests_and_no_others(tmp_path: Path, refusal: bytes) -> None:
    def short_of_breath(body: dict[str, Any], before: int) -> Reply:
        return (400, {}, refusal) if body["messages"][0]["content"] == "ask a" else well_behaved(body, before)

    with serving(short_of_breath) as (url, seen), open_store(tmp_path) as store:
        tests = source(url, store)
        found = dict(tests({"a": range(2), "b": range(2)}))
        assert list(tests({"a": range(2)})) == [("a", [])]  # and it is not asked again
    assert (len(found["a"]), len(found["b"])) == (0, 2)
    assert tests.stats.rejected == {PROMPT_TOO_LONG: 4}
    assert len(seen) == 2


def test_too_long_a_prompt_is_an_answer_without_text() -> None:
    with serving(lambda body, before: (400, {}, TOO_LONG[0])) as (url, _):
        (answer,) = sampled(url, SampleRequest("a", "ask", range(1)))
    assert (answer.text, answer.finish_reason, answer.tokens) == ("", CONTEXT_OVERFLOW, 0)


def test_a_model_that_is_not_served_is_answered_with_those_that_are() -> None:
    with serving(refusing) as (url, _), pytest.raises(ServerError, match="; it serves m, other;"):
        sampled(url, SampleRequest("a", "ask", range(1)), model="mm")


def test_a_refusal_for_want_of_a_key_names_the_variable_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "open-sesame")

    def locked(body: dict[str, Any], before: int) -> Reply:
        return 401, {}, b'{"error": {"message": "Incorrect API key provided: open-sesame"}}'

    with serving(locked) as (url, _), pytest.raises(ServerError, match=f"401.*set {KEY_VARIABLE}") as caught:
        sampled(url.replace("http://", "http://user:secret@"), SampleRequest("a", "ask", range(1)))
    assert "open-sesame" not in str(caught.value) and "secret" not in str(caught.value)


def test_nothing_that_is_stored_holds_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "open-sesame")
    with serving(well_behaved) as (url, _), open_store(tmp_path) as store:
        list(source(url, store)({"a": range(2)}))
    assert b"open-sesame" not in (tmp_path / "store.sqlite3").read_bytes()


def test_a_row_says_all_about_its_sample(tmp_path: Path) -> None:
    with serving(well_behaved) as (url, _), open_store(tmp_path) as store:
        list(source(url, store, seed=5)({"a": range(2)}))
    rows = stored(tmp_path, "answers")
    said = [(r["sample"], r["seed"], r["finish_reason"], r["tokens"], r["model"]) for r in rows]
    assert said == [(0, 5, "stop", 10, "m"), (1, 6, "stop", 10, "m")]
    assert {r["prompt_sha256"] for r in rows} == {hashlib.sha256(b"ask a").hexdigest()}
    assert json.loads(rows[0]["sampling"])["temperature"] == 0.8


def test_retry_after_is_waited_for() -> None:
    def later(body: dict[str, Any], before: int) -> Reply:
        return well_behaved(body, before) if before else (429, {"Retry-After": "1"}, b"{}")

    with serving(later) as (url, _):
        started = time.monotonic()
        sampled(url, SampleRequest("a", "ask", range(1)))
    assert time.monotonic() - started >= 1


MESSAGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("chat", {}, {"messages": [{"role": "user", "content": "ask"}]}),
    (
        "with a system prompt",
        {"system_prompt": "Be brief."},
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "ask"}]},
    ),
    ("a base model", {"api": "completions"}, {"prompt": "ask"}),
    ("a base model with an introduction", {"api": "completions", "system_prompt": "Go."}, {"prompt": "Go.\n\nask"}),
    ("stop", {"stop": ["\ndef "]}, {"stop": ["\ndef "]}),
    ("an argument of this server alone", {"backend_args": {"top_k": 20}}, {"top_k": 20}),
]


@pytest.mark.parametrize(("name", "given", "sent"), MESSAGES, ids=[name for name, *_ in MESSAGES])
def test_what_is_sent(name: str, given: dict[str, Any], sent: dict[str, Any]) -> None:
    with serving(well_behaved) as (url, seen):
        sampled(url, SampleRequest("a", "ask", range(1)), **given)
    assert {key: seen[0].get(key) for key in sent} == sent


def test_a_base_model_is_sent_the_stop_texts_and_no_messages() -> None:
    def completing(body: dict[str, Any], before: int) -> Reply:
        choice = {"index": 0, "text": "    return 1", "finish_reason": "stop", "logprobs": None}
        return 200, {}, json.dumps({"choices": [choice]}).encode()

    with serving(completing) as (url, seen):
        given = PolicySettings(model="m", base_url=url, api="completions", stop=("\ndef ",))
        [[answer]] = OpenAIServer(given).sample([SampleRequest("a", "def f():\n", range(1))])
    assert answer.text == "    return 1"
    assert "\ndef " in seen[0]["stop"] and "messages" not in seen[0]


def saying(message: dict[str, Any], finish_reason: str = "stop") -> Behaviour:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish_reason}
    return lambda body, before: (200, {}, json.dumps({"choices": [choice]}).encode())


SAID: list[tuple[str, Behaviour, str]] = [
    ("content", saying({"content": "tests"}), "tests"),
    ("content after reasoning", saying({"content": "tests", "reasoning_content": "hm"}), "tests"),
    ("an answer that a server takes for reasoning", saying({"content": None, "reasoning_content": "tests"}), "tests"),
    ("the same by another name", saying({"content": "", "reasoning": "tests"}), "tests"),
    ("reasoning that was cut off", saying({"content": None, "reasoning_content": "hm"}, "length"), ""),
    ("nothing", saying({"content": None}), ""),
    ("no content at all", saying({}), ""),
    (
        "content in parts",
        saying({"content": [{"type": "text", "text": "te"}, {"type": "text", "text": "sts"}]}),
        "tests",
    ),
    ("parts that are texts", saying({"content": ["te", "sts"]}), "tests"),
    ("a part of reasoning", saying({"content": [{"type": "thinking", "thinking": "hm"}, {"text": "tests"}]}), "tests"),
    ("an unknown part", saying({"content": [{"type": "refusal", "refusal": "no"}, None, {"text": "tests"}]}), "tests"),
    ("one part", saying({"content": {"type": "output_text", "text": "tests"}}), "tests"),
    (
        "a tool's call",
        saying({"content": None, "tool_calls": [{"function": {"arguments": "tests"}}]}, "tool_calls"),
        "tests",
    ),
    ("a function's call", saying({"function_call": {"name": "run", "arguments": "tests"}}, "function_call"), "tests"),
    ("calls without arguments", saying({"tool_calls": [{"function": {"name": "run"}}, {}, None]}, "tool_calls"), ""),
    ("a message that is a text", lambda body, _: (200, {}, b'{"choices": [{"message": "tests"}]}'), "tests"),
    ("half a surrogate pair", saying({"content": "a\ud800b"}), "a?b"),
    (
        "bytes that are no UTF-8",
        lambda body, _: (200, {}, b'{"choices": [{"message": {"content": "\xff"}}]}'),
        "\ufffd",
    ),
]


@pytest.mark.parametrize(("name", "behaviour", "text"), SAID, ids=[name for name, *_ in SAID])
def test_what_is_read(name: str, behaviour: Behaviour, text: str) -> None:
    with serving(behaviour) as (url, _):
        (answer,) = sampled(url, SampleRequest("a", "ask", range(1)))
    assert answer.text == text


@pytest.mark.parametrize("nothing", [b'{"choices": []}', b'{"choices": null}'])
def test_a_prompt_that_gets_no_choice_costs_its_own_answers_alone(nothing: bytes) -> None:
    """As where a filter stops it; a server that never gave any is one that cannot be used."""

    def filtered(body: dict[str, Any], before: int) -> Reply:
        return (200, {}, nothing) if body["messages"][0]["content"] == "b" else well_behaved(body, before)

    with serving(filtered) as (url, _):
        got = sampled(url, *(SampleRequest(task, task, range(2)) for task in "abc"), concurrency=1)
    assert [(answer.task_id, bool(answer.text)) for answer in got] == [(t, t != "b") for t in "aabbcc"]


def test_a_server_that_is_down_is_said_at_once_for_all_requests(caplog: pytest.LogCaptureFixture) -> None:
    """Twenty requests under way: one line a try, with which try it was and when the next one is."""
    requests = [SampleRequest(str(i), str(i), range(1)) for i in range(20)]
    with caplog.at_level(logging.WARNING), serving(lambda body, before: None) as (url, _), pytest.raises(ServerError):
        sampled(url, *requests, retries=2)
    tries = [re.search(r"\(try (\d) of 3\); the next try is in \d+ s$", line) for line in caplog.messages]
    assert [found and found[1] for found in tries] == ["1", "2"]
    assert re.search(rf"the server at {url} could not be reached \(.+\) \(try", caplog.messages[0])


def test_a_busy_server_is_said_to_be_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), serving(busy_at_first) as (url, _):
        sampled(url, SampleRequest("a", "ask", range(1)), retries=5)
    assert caplog.messages[0].startswith(
        f"a: the server at {url} answered 429: {{}} (try 1 of 6); the next try is in 1"
    )


NEVER = [
    ("https://127.0.0.1:{port}/v1", "does not speak TLS there: write http://"),
    ("http://no-such-host.invalid/v1", "no host has that name"),
    ("http://127.0.0.1:9/v1", r"\(Connection refused\); no server is there: start it, or check base_url"),
    ("http://localhost:9/v1", r"\(Connection refused\); no server is there"),
    ("https://127.0.0.1:9/v1", r"\(Connection refused\); no server is there"),
]


@pytest.mark.parametrize(("address", "words"), NEVER)
def test_an_address_that_can_never_do_is_tried_once(address: str, words: str, caplog: pytest.LogCaptureFixture) -> None:
    with serving(well_behaved) as (url, _), pytest.raises(ServerError, match=words):
        sampled(address.format(port=URL(url).port), SampleRequest("a", "ask", range(1)), retries=5)
    assert caplog.messages == []


def test_a_silent_address_is_tried_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """As that of a machine that is not there; here a queue of connections that is full."""
    monkeypatch.setattr("coderm_eval.generation.models.api_client.CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(4):
            connection = waiting.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(full.getsockname())
        with pytest.raises(ServerError, match=r"\(no connection within 30 s\); no server is there: start it"):
            sampled(f"http://127.0.0.1:{full.getsockname()[1]}/v1", SampleRequest("a", "ask", range(1)), retries=5)
    assert caplog.messages == []


ROOTS = [("", "/v1"), ("/v1/v1", "/v1"), ("/v1/openai", "/v1"), ("/api/v2", "/v1")]


@pytest.mark.parametrize(("given", "right"), ROOTS)
def test_a_wrong_path_of_the_address_is_answered_with_the_right_one(given: str, right: str) -> None:
    with serving(well_behaved, strict=True) as (url, _), pytest.raises(ServerError) as caught:
        sampled(url.removesuffix("/v1") + given, SampleRequest("a", "ask", range(1)), retries=0)
    root = url.removesuffix("/v1")
    assert f"answered 404: nothing here; set tests.base_url to {root}{right}, where it has" in str(caught.value)


def test_a_path_that_leads_nowhere_is_said_to_be_checked() -> None:
    with serving(well_behaved, strict=True) as (url, _), pytest.raises(ServerError, match=r"check tests\.base_url"):
        sampled(f"{url}/a/b/c/d", SampleRequest("a", "ask", range(1)), retries=0)


@pytest.mark.parametrize("path", ["/chat/completions", "/completions", "/chat/completions/", "/models"])
def test_a_path_of_the_api_is_no_part_of_the_address(path: str) -> None:
    with pytest.raises(SettingsError, match=r"is added: give 'http://host/v1'$"):
        OpenAIServer(settings(f"http://host/v1{path}"))


def test_a_page_in_place_of_an_answer_is_called_one() -> None:
    with serving(html) as (url, _), pytest.raises(ServerError, match="a proxy or a login page may have answered"):
        sampled(url, SampleRequest("a", "ask", range(1)), retries=0)


BAD_URLS = [
    *("127.0.0.1:8000/v1", "ftp://host/v1", "http://", "v1"),
    *("http://127.0.0.1:99999/v1", "http://host:port/v1", "http://[::1/v1", "http://:8000/v1"),
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_address_that_is_no_url_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError, match=r"tests\.base_url is .*expected a URL such as http://"):
        OpenAIServer(settings(url))


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    now, most, lock = 0, 0, threading.Lock()

    def slow(body: dict[str, Any], before: int) -> Reply:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return well_behaved(body, before)

    with serving(slow) as (url, _):
        sampled(url, *(SampleRequest(str(i), str(i), range(1)) for i in range(20)), concurrency=4)
    assert most == 4


def test_a_caller_with_an_event_loop_of_its_own_is_served_too() -> None:
    async def inside(url: str) -> list[Completion]:
        return sampled(url, SampleRequest("a", "ask", range(2)))

    with serving(well_behaved) as (url, _):
        assert len(asyncio.run(inside(url))) == 2


def test_a_caller_that_stops_leaves_no_thread_and_no_request_behind() -> None:
    release = threading.Event()

    def hanging(body: dict[str, Any], before: int) -> Reply:
        if body["messages"][0]["content"] != "first":
            release.wait(30)
        return well_behaved(body, before)

    with serving(hanging) as (url, _):
        threads = threading.active_count()
        sampling = OpenAIServer(settings(url)).sample([SampleRequest(t, t, range(1)) for t in ("first", "b", "c")])
        assert next(iter(sampling))[0].task_id == "first"
        sampling.close()  # type: ignore[attr-defined]  # it is a generator
        release.set()
        deadline = time.monotonic() + 10
        while threading.active_count() > threads and time.monotonic() < deadline:
            time.sleep(0.01)
        assert threading.active_count() <= threads
