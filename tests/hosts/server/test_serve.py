"""`coderm-eval serve` over real HTTP: the picks of `rerank`, what a client is told, and what is refused."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from helpers.cli import coderm, rows
from helpers.processes import soon
from helpers.replaying import replaying
from helpers.serve import (
    Served,
    best_of_n_server,
    both_models,
    chat_body,
    choices_body,
    function_request,
    models_at,
    post,
)
from helpers.servers import Reply, refusing, serving

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.generation.sample import extract_program
from coderm_eval.hosts.server.replay import RecordedAnswers

DEMO = load_benchmark("demo", None).problems
QUICK = [problem for problem in DEMO if problem.task_id in ("demo/1", "demo/2", "demo/8")]
"""Three of which no candidate loops."""
RECORDED = {name: read_by_task(path, key) for name, path, key in (("p", SAMPLES, "solution"), ("t", TESTS, "test"))}
RIGHT = "```python\ndef f3(x):\n    return x + 3\n```"


@pytest.fixture(scope="module")
def seen() -> list[dict[str, Any]]:
    """What the policy and the test writer of the demo were asked."""
    return []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, seen: list[dict[str, Any]]) -> Iterator[Served]:
    """The demo's problems, with the recorded candidates and tests in place of models."""
    folder = tmp_path_factory.mktemp("demo")
    with replaying(RecordedAnswers(DEMO, RECORDED["p"], RECORDED["t"]), seen) as address:
        models = models_at(f"http://{address}/v1")
        with best_of_n_server(folder, *models, "--n", 16, "--num", 16, "--budget", "uniform") as served:
            yield served


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Small functions, four answers and three tests for each."""
    with serving(both_models) as (url, _):
        folder = tmp_path_factory.mktemp("small")
        with best_of_n_server(folder, *models_at(url), "--n", 4, "--num", 3, "--api-key", "sesame") as served:
            yield served


KEY = {"Authorization": "Bearer sesame"}


def picked_by_rerank(folder: Path, rule: str) -> list[str]:
    """The programs that `rerank` chooses from the same recorded files."""
    tasks = ["--task-ids", ",".join(problem.task_id for problem in QUICK), "--budget", "uniform"]
    command = ["rerank", "--benchmark", "demo", "--samples", SAMPLES, "--tests", TESTS, *tasks]
    done = coderm(*command, "--select", rule, "--out", rule, "--store", "store", "--no-report", cwd=folder)
    assert done.returncode == 0, done.stderr
    return [row["solution"] for row in rows(folder / rule / "chosen.jsonl")]


def program(text: str, problem: Problem) -> str:
    return extract_program(text, problem, "default", completes=False)


def test_the_picks_are_those_of_rerank_on_the_same_files(demo: Served, tmp_path: Path) -> None:
    def picks(model: str) -> list[str]:
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda p: post(demo.url, chat_body(p.request, model=model)).text, QUICK))
        return [program(text, problem) for text, problem in zip(answers, QUICK, strict=True)]

    assert picks("m") == picked_by_rerank(tmp_path, "evidence")
    assert picks("m@majority") == picked_by_rerank(tmp_path, "majority")
    assert picks("m@first") == [RECORDED["p"][problem.task_id][0] for problem in QUICK]


def test_an_answer_comes_as_the_policy_gave_it_and_again_at_no_cost(demo: Served, seen: list[dict[str, Any]]) -> None:
    """The second time neither model is asked, and the reply is the same but for its seconds."""
    request = chat_body(DEMO[0].request)
    first = post(demo.url, request)
    asked = len(seen)
    again = post(demo.url, request)
    assert len(seen) == asked
    assert again.text == first.text and first.text.startswith("```python\n")
    for body in (first.body, again.body):
        body["coderm"].pop("seconds")
    assert again.body == first.body


def test_answers_that_sample_drew_are_not_drawn_again(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    with replaying(RecordedAnswers(DEMO, RECORDED["p"], RECORDED["t"]), seen) as address:
        url = f"http://{address}/v1"
        policy = ["--model", "m", "--base-url", url, "--n", 16, "--store", "store"]
        done = coderm("sample", "--benchmark", "demo", *policy, "--out", "samples.jsonl", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        sampled = len(seen)
        with best_of_n_server(tmp_path, *policy, "--no-tests") as served:
            reply = post(served.url, chat_body(DEMO[0].request))
            majority = post(served.url, chat_body(DEMO[0].request, model="m@majority"))
    assert reply.status == 200 and len(seen) == sampled > 0
    assert majority.message == "no model is named 'm@majority'; served are m, m@first"
    assert reply.body["coderm"]["tests"]["written"] == 0


def test_what_a_client_is_told(small: Served) -> None:
    reply = post(small.url, chat_body(function_request(3), model="m"), KEY)
    details = reply.body["coderm"]
    assert (reply.status, reply.text, reply.body["model"]) == (200, RIGHT, "m")
    assert {key: details[key] for key in ("rule", "n", "chosen", "form", "entry_point", "fallback", "not_run")} == {
        **{"rule": "evidence", "n": 4, "chosen": 1, "form": "function", "entry_point": "f3"},
        **{"fallback": None, "not_run": 0},
    }
    assert [(p["samples"], p["votes"]) for p in details["programs"]] == [([0], 0), ([1], 2), ([2], 2), ([3], 0)]
    assert details["tests"] == {"written": 3, "usable": 3, "used": 3, "rejected": {}}
    assert details["tokens"] == {
        "policy": {"prompt": 10, "completion": 20},
        "tests": {"prompt": 10, "completion": 15},
    }
    assert reply.body["usage"] == {"prompt_tokens": 20, "completion_tokens": 35, "total_tokens": 55}
    assert reply.headers["x-coderm-rule"] == "evidence" and reply.headers["x-coderm-tests"] == "3"
    assert reply.headers["x-coderm-fallback"] == "none" and float(reply.headers["x-coderm-seconds"]) >= 0


def test_n_gives_the_n_best_and_repeated_programs_last(demo: Served) -> None:
    client = openai.OpenAI(base_url=demo.url, api_key="none", max_retries=0)
    problem = DEMO[2]
    message: Any = [{"role": "user", "content": problem.request}]
    reply: Any = client.chat.completions.create(model="m@majority", messages=message, n=16)
    programs = [program(choice.message.content, problem) for choice in reply.choices]
    distinct = len(set(programs))
    assert len(programs) == 16 and len(set(programs[:distinct])) == distinct < 16
    reward = {p["samples"][0]: p["reward"] for p in reply.coderm["programs"]}
    given = [reward[sample] for sample in reply.coderm["given"][:distinct]]
    assert given == sorted(given, reverse=True)
    assert sorted(reply.coderm["given"]) == list(range(16))


def test_a_stream_is_the_pick_once_known(small: Served) -> None:
    client = openai.OpenAI(base_url=small.url, api_key="sesame", max_retries=0)
    message: Any = [{"role": "user", "content": function_request(3)}]
    parts: list[Any] = list(client.chat.completions.create(model="m", messages=message, stream=True))
    assert "".join(choice.delta.content or "" for part in parts for choice in part.choices) == RIGHT
    assert all(part.choices for part in parts) and parts[-1].coderm["chosen"] == 1
    usage = {"include_usage": True}
    more: Any = {"model": "m@first", "messages": message, "stream": True, "stream_options": usage}
    last: Any = list(client.chat.completions.create(**more))[-1]
    assert (last.choices, last.usage.total_tokens, last.coderm["rule"]) == ([], 55, "first")
    assert [model.id for model in client.models.list()] == ["m", "m@first", "m@majority"]


def test_a_base_model_is_asked_to_go_on(tmp_path: Path) -> None:
    prompt = 'def f3(x):\n    """x plus 3"""\n'

    def bodies(body: dict[str, Any], before: int) -> Reply:
        if "messages" in body:
            return both_models(body, before)
        texts = ["    return x\n", "    return x + 3\n"]
        listed = [{"index": i, "text": texts[(body["seed"] + i) % 2]} for i in range(body["n"])]
        return 200, {}, choices_body(listed)

    with serving(bodies) as (url, seen), best_of_n_server(tmp_path, *models_at(url), "--n", 2, "--num", 3) as served:
        client = openai.OpenAI(base_url=served.url, api_key="none", max_retries=0)
        reply = client.completions.create(model="m", prompt=prompt, stop=["\nclass"], max_tokens=99, temperature=0.5)
    assert reply.choices[0].text == "    return x + 3\n"
    wanted = {"prompt": prompt, "stop": ["\nclass"], "max_tokens": 99, "temperature": 0.5, "seed": 0, "n": 2}
    assert {key: seen[0][key] for key in wanted} == wanted


def test_a_request_without_a_problem_gets_the_first_answer(small: Served) -> None:
    reply = post(small.url, chat_body("Sing a song."), KEY)
    assert (reply.status, reply.text) == (200, "I do not know.")
    details = reply.body["coderm"]
    assert (details["fallback"], details["chosen"], details["entry_point"]) == ("first", 0, None)
    assert details["reason"] == "no function and no program was found in the request and its answers"
    assert reply.headers["x-coderm-fallback"] == "first"


def test_without_usable_tests_agreement_decides(tmp_path: Path) -> None:
    """Three of four candidates agree on mutations of the call that the statement shows."""
    bodies = ["x", "x + 3", "3 + x", "x + 1 + 2"]

    def no_tests(body: dict[str, Any], before: int) -> Reply:
        message = body["messages"][-1]["content"]
        texts = [f"```python\ndef add(x):\n    return {code}\n```" for code in bodies]
        texts = ["no tests today"] if "unit test" in message.lower() else texts
        listed = [{"index": i, "message": {"content": texts[i % len(texts)]}} for i in range(body["n"])]
        return 200, {}, choices_body(listed)

    statement = 'Complete:\n```python\ndef add(x):\n    """Add three.\n\n    >>> add(4)\n    7\n    """\n```'
    with serving(no_tests) as (url, _), best_of_n_server(tmp_path, *models_at(url), "--n", 4, "--num", 2) as served:
        details = post(served.url, chat_body(statement)).body["coderm"]
        assert (details["fallback"], details["chosen"]) == ("agreement", 1)
        assert details["reason"].startswith("no test could be used (2 ")
        for model in ("m@first", "m@majority"):  # they do not look at how the candidates agree
            details = post(served.url, chat_body(statement, model=model)).body["coderm"]
            assert (details["fallback"], details["chosen"]) == ("first", 0)
        details = post(served.url, chat_body("Write a function `add(x)` that adds three.")).body["coderm"]
        assert (details["fallback"], details["chosen"]) == ("first", 0)


SAMPLING: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({}, {"temperature": 0.8, "top_p": 0.95, "max_tokens": 2048, "seed": 0}, []),
    ({"temperature": 1, "top_p": 0.5, "max_tokens": 7, "seed": 3}, {"temperature": 1, "top_p": 0.5, "seed": 6}, []),
    ({"max_completion_tokens": 7, "stop": "x", "top_k": 5}, {"max_tokens": 7, "stop": ["x"], "top_k": 5}, []),
    (
        {"temperature": 0, "top_p": 1},
        {"temperature": 0.8, "top_p": 0.95},
        [
            "temperature is 0, with which all 2 candidates would be equal: they are drawn with temperature 0.8 and "
            "top_p 0.95"
        ],
    ),
]


def test_the_request_says_how_its_answers_are_drawn(tmp_path: Path) -> None:
    with serving(both_models) as (url, seen), best_of_n_server(tmp_path, *models_at(url), "--n", 2) as served:
        for i, (fields, sent, notices) in enumerate(SAMPLING):
            reply = post(served.url, chat_body(f"Sing song {i}.", **fields))
            assert {key: seen[-1].get(key) for key in sent} == sent
            assert reply.body["coderm"]["notices"] == [*notices, "all 2 answers are equal"]
        log = served.log.read_text()
    assert log.count("temperature is 0, with which") == 1


def test_two_seeds_have_no_answer_in_common(tmp_path: Path) -> None:
    """So that a harness that draws a request several times, by consecutive seeds, has samples that are independent."""

    def named_after_its_seed(body: dict[str, Any], before: int) -> Reply:
        listed = [{"index": i, "message": {"content": f"song {body['seed'] + i}"}} for i in range(body["n"])]
        return 200, {}, choices_body(listed)

    with serving(named_after_its_seed) as (url, _), best_of_n_server(tmp_path, *models_at(url), "--n", 3) as served:
        replies = [post(served.url, chat_body("Sing.", seed=seed, n=3)).body["choices"] for seed in range(4)]
    songs = [choice["message"]["content"] for choices in replies for choice in choices]
    assert songs == [f"song {number}" for number in range(12)]


def test_what_is_run_is_what_is_given_where_the_policy_knows_no_stop(tmp_path: Path) -> None:
    texts = [f"def f3(x):\n    return {code}\n#END\ndef f3(x):\n    return None\n" for code in ("x - 3", "x + 3")]

    def heedless(body: dict[str, Any], before: int) -> Reply:
        if body["model"] == "t":
            return both_models(body, before)
        listed = [{"index": i, "message": {"content": texts[i]}} for i in range(2)]
        return 200, {}, choices_body(listed)

    with serving(heedless) as (url, _), best_of_n_server(tmp_path, *models_at(url), "--n", 2, "--num", 3) as served:
        reply = post(served.url, chat_body(function_request(3), stop=["#END"]))
    assert [found["votes"] for found in reply.body["coderm"]["programs"]] == [0, 2]
    assert reply.text == "def f3(x):\n    return x + 3\n"


def test_what_the_operator_fixed_stays(tmp_path: Path) -> None:
    config = {"policy": {"temperature": 0.3, "api": "chat", "backend_args": {"top_k": 9}}}
    with (
        serving(both_models) as (url, seen),
        best_of_n_server(tmp_path, *models_at(url), "--n", 1, config=config) as served,
    ):
        reply = post(served.url, chat_body("Sing.", temperature=0, top_k=1, min_p=0.1))
        assert {key: seen[-1][key] for key in ("temperature", "top_k", "min_p")} == {
            **{"temperature": 0.3, "top_k": 9, "min_p": 0.1}
        }
        assert reply.body["coderm"]["notices"] == [
            "temperature is 0.0 in the request, and 0.3 on this server",
            "top_k is fixed on this server",
        ]
        client = openai.OpenAI(base_url=served.url, api_key="none", max_retries=0)
        with pytest.raises(openai.BadRequestError, match="asked by /v1/chat/completions only"):
            client.completions.create(model="m", prompt="x")


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"model": "n"}, 404, "no model is named 'n'; served are m, m@first, m@majority"),
    ({"n": 5}, 400, "n is 5; expected at most 4, as that many answers are drawn"),
    ({"seed": -1}, 400, "the request: seed is -1: expected 0 or more"),
    ({"api_key": "x"}, 400, "'api_key' would be stored"),
    ({"messages": []}, 400, "messages is []"),
    ({"tools": [{"type": "function"}]}, 400, "tools are given: only text is served"),
]


@pytest.mark.parametrize(("fields", "status", "words"), BAD, ids=[words for _, _, words in BAD])
def test_a_request_that_cannot_be_served(small: Served, fields: dict[str, Any], status: int, words: str) -> None:
    reply = post(small.url, chat_body("Sing.", **fields), KEY)
    assert (reply.status, reply.body["error"]["type"]) == (status, "invalid_request_error")
    assert words in reply.message


def test_a_key_is_asked_for(small: Served) -> None:
    assert post(small.url, chat_body("Sing."), {"Authorization": "Bearer x"}).status == 401


def test_a_refusal_of_the_policy_is_the_clients_affair(tmp_path: Path) -> None:
    def strict(body: dict[str, Any], before: int) -> Reply:
        if "top_k" in body:
            return 400, {}, b'{"error": {"message": "top_k is not known"}}'
        if body["max_tokens"] > 5_000:
            return 400, {}, b'{"error": {"message": "the maximum context length is 4096 tokens"}}'
        return refusing(body, before)

    with serving(strict) as (url, _), best_of_n_server(tmp_path, *models_at(url)) as served:
        reply = post(served.url, chat_body("Sing.", top_k=1))
        quoted = '{"error": {"message": "top_k is not known"}}'
        assert reply.status == 400
        assert reply.message.startswith(f"policy: the server at {url} answered 400: {quoted}")
        assert "run the same command" not in reply.message
        reply = post(served.url, chat_body("Sing.", max_tokens=9_999))
        assert (reply.status, reply.body["error"]["code"]) == (400, "context_length_exceeded")
        assert reply.message == "the prompt and max_tokens (9999) do not fit into the context of m"
        reply = post(served.url, chat_body("Sing."))
        quoted = '{"error": {"message": "the model `m` does not exist"}}'
        assert reply.message == f"policy: the server at {url} answered 404: {quoted}"
        assert (reply.status, reply.body["error"]["code"]) == (404, "model_not_found")
        assert "Retry-After" not in reply.headers


def test_what_was_sampled_is_kept_where_the_test_writer_fails(tmp_path: Path) -> None:
    broken = threading.Event()
    broken.set()

    def models(body: dict[str, Any], before: int) -> Reply:
        is_test_writer = body["model"] == "t"
        return (500, {"Retry-After": "0"}, b"oops") if is_test_writer and broken.is_set() else both_models(body, before)

    config = {"tests": {"retries": 1}}
    with (
        serving(models) as (url, seen),
        best_of_n_server(tmp_path, *models_at(url), "--n", 4, "--num", 3, config=config) as served,
    ):
        reply = post(served.url, chat_body(function_request(3)))
        assert (reply.status, reply.message) == (
            503,
            f"tests: the server at {url} answered 500: oops (tried 2 times)",
        )
        broken.clear()
        reply = post(served.url, chat_body(function_request(3)))
        assert (reply.status, reply.text) == (200, RIGHT)
        assert [body["model"] for body in seen].count("m") == 1


class Slow:
    """A policy that answers when it is let."""

    def __init__(self) -> None:
        self.let = threading.Event()

    def __call__(self, body: dict[str, Any], before: int) -> Reply:
        self.let.wait(120)
        return both_models(body, before)


def test_more_than_may_wait_is_turned_away_and_equal_requests_are_one(tmp_path: Path) -> None:
    """Six requests, each sent twice, where two have room: the two that come first are answered, both times."""
    slow = Slow()
    with (
        serving(slow) as (url, seen),
        best_of_n_server(tmp_path, *models_at(url), "--concurrency", 1, "--queue", 1) as served,
        ThreadPoolExecutor(12) as threads,
    ):
        asked = [threads.submit(post, served.url, chat_body(f"Sing {i % 6}.")) for i in range(12)]
        assert soon(lambda: sum(future.done() for future in asked) == 8)
        refused = [future.result() for future in asked if future.done()]
        slow.let.set()
        assert sorted(future.result().status for future in asked) == [200] * 4 + [429] * 8
    assert len(seen) == 2
    assert {reply.body["error"]["type"] for reply in refused} == {"rate_limit_error"}
    assert all(int(reply.headers["Retry-After"]) > 0 for reply in refused)
    assert "2 requests are under way, which is as many as this server takes" in refused[0].message


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_ends_when_it_is_told_to_whatever_it_waits_for(tmp_path: Path, number: int) -> None:
    slow = Slow()
    with (
        serving(slow) as (url, seen),
        best_of_n_server(tmp_path, *models_at(url)) as served,
        ThreadPoolExecutor(1) as threads,
    ):
        asked = threads.submit(post, served.url, chat_body("Sing."))
        assert soon(lambda: len(seen) == 1)
        served.process.send_signal(number)
        assert served.process.wait(60) == 0
        slow.let.set()
        assert asked.exception()
    assert "Traceback" not in served.log.read_text()


@pytest.mark.parametrize(("flags", "warned"), [([], True), (["--api-key", "sesame"], False)])
def test_a_server_for_others_without_a_key_is_warned_of(tmp_path: Path, flags: list[str], warned: bool) -> None:
    models = models_at("http://127.0.0.1:9/v1")
    with best_of_n_server(tmp_path, *models, "--host", "0.0.0.0", *flags) as served:
        assert ("whoever reaches 0.0.0.0 can have this machine" in served.log.read_text()) == warned


MISTAKES = [
    (["--model", "m"], "no policy is named: give both --model and --base-url"),
    (["--model", "m", "--base-url", "http://h/v1"], "nobody writes tests: give both --tests-model and"),
    ([*models_at("http://h/v1")[:-2]], "nobody writes tests: give both --tests-model and --tests-base-url"),
    ([*models_at("http://h/v1"), "--api-key", ""], "the key is empty"),
    ([*models_at("http://h/v1"), "--select", "bset"], "select is 'bset'; known: aces"),
    ([*models_at("http://h/v1"), "--no-tests", "--select", "majority"], "select is 'majority', which picks by tests"),
    ([*models_at("http://h/v1"), "--host", "192.0.2.1"], "cannot serve on 192.0.2.1"),
]


@pytest.mark.parametrize(("flags", "words"), MISTAKES, ids=[words for _, words in MISTAKES])
def test_a_mistake_is_one_sentence(tmp_path: Path, flags: list[str], words: str) -> None:
    done = coderm("serve", "--port", 0, *flags, cwd=tmp_path)
    assert done.returncode == 2 and words in done.stderr.splitlines()[-1]


BAD_SETTINGS = [
    ("policy: {backend: vllm}", "policy.backend is 'vllm', which many requests cannot share: serve the model"),
    ("policy: {temperature: 0}", "policy.temperature is 0, with which all answers to a request are equal"),
    ("tests: {file: t.jsonl}", "tests.file is 't.jsonl', and no recorded test is one of a request's problem"),
]


@pytest.mark.parametrize(("config", "words"), BAD_SETTINGS, ids=[words for _, words in BAD_SETTINGS])
def test_settings_that_no_server_can_have(tmp_path: Path, config: str, words: str) -> None:
    (tmp_path / "c.yaml").write_text(config)
    models = ["--model", "m", "--base-url", "http://h/v1"]
    done = coderm("serve", "--port", 0, *models, "--config", "c.yaml", cwd=tmp_path)
    assert done.returncode == 2 and words in done.stderr.splitlines()[-1]
