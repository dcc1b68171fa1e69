"""The test writer's client against real HTTP servers that behave as servers do."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from coderm_eval.config import TestSettings
from coderm_eval.errors import ServerError, SettingsError
from coderm_eval.generation.answers import Answer, Question
from coderm_eval.generation.openai_server import OpenAIServer
from coderm_eval.generation.sources import ModelTests
from coderm_eval.store import Store

Reply = tuple[int, dict[str, str], bytes]
Behaviour = Callable[[dict[str, Any], int], Reply]
"""(request body, how many requests this prompt had before) -> (status, headers, body)."""

TEST = "```python\nimport unittest\n\n\nclass TestF(unittest.TestCase):\n    def test_{}(self):\n        f({})\n```"


def answers(body: dict[str, Any], choices: int) -> Reply:
    """As a server with one text for each seed would answer."""
    listed = [
        {
            "index": i,
            "message": {"role": "assistant", "content": TEST.format(body["seed"] + i, body["seed"] + i)},
            "finish_reason": "stop",
        }
        for i in reversed(range(choices))  # the order on the wire is the server's business
    ]
    usage = {"prompt_tokens": 7, "completion_tokens": 10 * choices, "total_tokens": 7 + 10 * choices}
    content = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": listed, "usage": usage}
    return 200, {}, json.dumps(content).encode()


def well_behaved(body: dict[str, Any], before: int) -> Reply:
    return answers(body, body["n"])


def one_choice_only(body: dict[str, Any], before: int) -> Reply:
    return answers(body, 1)


def busy_at_first(body: dict[str, Any], before: int) -> Reply:
    return (429, {"Retry-After": "0"}, b"{}") if before < 2 else answers(body, body["n"])


def broken_at_first(body: dict[str, Any], before: int) -> Reply:
    return (500, {}, b"oops") if before < 2 else answers(body, body["n"])


def no_choices(body: dict[str, Any], before: int) -> Reply:
    return answers(body, 0)


def refusing(body: dict[str, Any], before: int) -> Reply:
    return 404, {}, b'{"error": {"message": "the model `m` does not exist"}}'


def html(body: dict[str, Any], before: int) -> Reply:
    return 200, {"Content-Type": "text/html"}, b"<html>login</html>"


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server with this behaviour: its URL, and the requests that it gets."""
    seen: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                seen.append(body)
                prompt = body["messages"][0]["content"]
                before, counts[prompt] = counts[prompt], counts[prompt] + 1
            status, headers, content = behaviour(body, before)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings(url: str, **more: Any) -> TestSettings:
    return TestSettings(**{"model": "m", "base_url": url, "retries": 3, **more})


def written(url: str, *questions: Question, **more: Any) -> list[Answer]:
    return sorted(OpenAIServer(settings(url, **more)).write(questions), key=lambda a: (a.task_id, a.sample))


def test_all_samples_of_a_problem_come_from_one_request() -> None:
    with serving(well_behaved) as (url, seen):
        got = written(url, Question("a", "ask", range(4)))
    assert [answer.sample for answer in got] == [0, 1, 2, 3]
    assert [request["n"] for request in seen] == [4]


def test_a_request_carries_the_papers_sampling_settings_unless_told_otherwise() -> None:
    with serving(well_behaved) as (url, seen):
        written(url, Question("a", "ask", range(1)))
        written(url, Question("a", "ask", range(1)), temperature=0.3, max_tokens=9, seed=100)
    sampling = [{k: r[k] for k in ("temperature", "top_p", "max_tokens", "seed")} for r in seen]
    assert sampling[0] == {"temperature": 0.8, "top_p": 0.95, "max_tokens": 2048, "seed": 0}
    assert sampling[1] == {"temperature": 0.3, "top_p": 0.95, "max_tokens": 9, "seed": 100}


@pytest.mark.parametrize("behaviour", [well_behaved, one_choice_only])
def test_sample_i_has_seed_base_plus_i_however_many_choices_a_server_gives(behaviour: Behaviour) -> None:
    with serving(behaviour) as (url, _):
        got = written(url, Question("a", "ask", range(2, 6)), seed=10)
    assert [TEST.format(10 + i, 10 + i) for i in range(2, 6)] == [answer.text for answer in got]


@pytest.mark.parametrize("behaviour", [busy_at_first, broken_at_first])
def test_a_server_that_is_busy_or_broken_for_a_while_costs_nothing(behaviour: Behaviour) -> None:
    with serving(behaviour) as (url, seen):
        got = written(url, Question("a", "ask", range(3)))
    assert len(got) == 3
    assert len(seen) == 3


def test_tokens_are_counted_once() -> None:
    with serving(well_behaved) as (url, _):
        got = written(url, Question("a", "ask", range(3)))
    assert sum(answer.tokens for answer in got) == 30
    assert sum(answer.prompt_tokens for answer in got) == 7


UNUSABLE: list[tuple[Behaviour, str]] = [
    (no_choices, "it has no choices"),
    (refusing, "404: .*the model `m` does not exist"),
    (html, "not one of OpenAI's API: '<html>login</html>'"),
    (lambda body, before: (200, {}, b'{"choices": [{"index": 0}]}'), "not one of OpenAI's API"),
    (lambda body, before: (503, {"Retry-After": "0"}, b"down"), r"503 \(tried 2 times\)"),
]


@pytest.mark.parametrize(("behaviour", "said"), UNUSABLE)
def test_a_server_that_cannot_be_used_is_one_sentence_that_names_the_problem(behaviour: Behaviour, said: str) -> None:
    with serving(behaviour) as (url, _), pytest.raises(ServerError, match=said) as caught:
        written(url, Question("demo/3", "ask", range(2)), retries=1)
    assert "demo/3" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(ServerError, match=r"http://127\.0\.0\.1:9/v1 could not be reached \(tried 1 times\)"):
        written("http://127.0.0.1:9/v1", Question("a", "ask", range(1)), retries=0)


def test_a_server_that_hangs_is_given_up_after_the_deadline() -> None:
    release = threading.Event()

    def hanging(body: dict[str, Any], before: int) -> Reply:
        release.wait(30)
        return answers(body, 1)

    with serving(hanging) as (url, _):
        with pytest.raises(ServerError, match=r"did not answer within 0\.3 s"):
            written(url, Question("a", "ask", range(1)), timeout_s=0.3, retries=0)
        release.set()


def test_what_other_requests_still_bring_is_kept_when_one_fails() -> None:
    def failing_for_b(body: dict[str, Any], before: int) -> Reply:
        return refusing(body, before) if body["messages"][0]["content"] == "b" else well_behaved(body, before)

    got: list[Answer] = []
    with serving(failing_for_b) as (url, _), pytest.raises(ServerError, match=r"^b: "):
        got.extend(OpenAIServer(settings(url)).write([Question(t, t, range(2)) for t in "bacd"]))
    assert sorted(answer.task_id for answer in got) == ["a", "a", "c", "c", "d", "d"]


@pytest.mark.parametrize("missing", ["model", "base_url"])
def test_a_test_writer_without_name_or_address_is_a_settings_error(missing: str) -> None:
    with pytest.raises(SettingsError, match=rf"tests\.{missing} is not set"):
        OpenAIServer(settings("http://127.0.0.1:9/v1", **{missing: None}))


def source(url: str, store: Store, **more: Any) -> ModelTests:
    return ModelTests(
        OpenAIServer(settings(url, **more)),
        store.table("answers"),
        prompts={"a": "ask a", "b": "ask b"},
        entry_points={"a": "f", "b": "f", "c": "f"},
        how="default",
        progress=lambda answers, total: answers,
    )


def test_only_what_the_store_lacks_is_asked_for(tmp_path: Path) -> None:
    with serving(well_behaved) as (url, seen):
        with Store(tmp_path) as store:
            first = source(url, store)({"a": range(3)})
        with Store(tmp_path) as store:
            again = source(url, store)({"a": range(5), "b": range(2)})
    assert [(r["messages"][0]["content"], r["seed"], r["n"]) for r in seen[1:]] == [("ask a", 3, 2), ("ask b", 0, 2)]
    assert again["a"][:3] == first["a"]


@pytest.mark.parametrize("changed", [{"temperature": 0.5}, {"seed": 1}, {"model": "other"}, {"max_tokens": 5}])
def test_a_changed_setting_never_meets_an_old_answer(tmp_path: Path, changed: dict[str, Any]) -> None:
    with serving(well_behaved) as (url, seen), Store(tmp_path) as store:
        source(url, store)({"a": range(1)})
        source(url, store, **changed)({"a": range(1)})
    assert len(seen) == 2


def test_a_problem_without_a_prompt_is_not_asked_about(tmp_path: Path) -> None:
    with serving(well_behaved) as (url, seen), Store(tmp_path) as store:
        assert source(url, store)({"c": range(3)}) == {}
    assert seen == []


def test_answers_without_a_test_are_counted_by_reason(tmp_path: Path) -> None:
    def talking(body: dict[str, Any], before: int) -> Reply:
        status, headers, content = answers(body, body["n"])
        return status, headers, content.replace(b"class TestF", b"class_TestF")

    with serving(talking) as (url, _), Store(tmp_path) as store:
        tests = source(url, store)
        assert tests({"a": range(2)}) == {"a": []}
    assert tests.tally.samples == 2
    assert sum(tests.tally.rejected.values()) == 2
