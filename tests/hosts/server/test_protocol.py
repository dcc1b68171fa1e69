"""OpenAI's API over real HTTP: what is answered, what is refused, and a server that goes on after either."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from helpers.cli import coderm, said
from helpers.replaying import replaying, served

from coderm_eval.benchmarks.demo import SAMPLES
from coderm_eval.core.errors import ServerError
from coderm_eval.core.records import Problem
from coderm_eval.hosts.server.http import listen
from coderm_eval.hosts.server.protocol.app import openai_app
from coderm_eval.hosts.server.protocol.replies import Answer, Reply
from coderm_eval.hosts.server.protocol.requests import Asked, parse_chat
from coderm_eval.hosts.server.replay import RecordedAnswers

PROBLEM = Problem("demo/7", "knots", "def knots(n):\n", "Count knots.", "Write knots.")


def recording() -> RecordedAnswers:
    return RecordedAnswers([PROBLEM], {"demo/7": ["knots = abs", "knots = len"]}, {})


@pytest.fixture
def seen() -> list[dict[str, Any]]:
    """The bodies of all requests."""
    return []


@pytest.fixture
def url(seen: list[dict[str, Any]]) -> Iterator[str]:
    with replaying(recording(), seen) as address:
        yield f"http://{address}/v1"


def post(url: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers or {})) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


GOOD: dict[str, Any] = {"messages": [{"role": "user", "content": "Write knots."}], "seed": 1}


def chat(url: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return post(f"{url}/chat/completions", json.dumps(GOOD | more).encode())


def test_a_chat_reply_has_the_fields_that_clients_read(url: str) -> None:
    status, reply = chat(url, n=2)
    assert (status, reply["object"], reply["model"]) == (200, "chat.completion", "recorded")
    assert [choice["index"] for choice in reply["choices"]] == [0, 1]
    assert all(choice["finish_reason"] == "stop" for choice in reply["choices"])
    assert reply["choices"][0]["message"] == {"role": "assistant", "content": "```python\nknots = len\n```"}
    assert reply["usage"] == {"prompt_tokens": 2, "completion_tokens": 10, "total_tokens": 12}


def test_content_may_come_in_parts_and_a_prompt_as_a_batch_of_one(url: str) -> None:
    parts = [{"type": "text", "text": "Write "}, {"type": "text", "text": "knots."}]
    assert chat(url, messages=[{"role": "user", "content": parts}])[0] == 200
    body = {"prompt": ["def knots(n):\n"], "seed": 0, "stop": "abs"}
    status, reply = post(f"{url}/completions/", json.dumps(body).encode())
    assert (status, reply["choices"][0]["text"]) == (200, "\nknots = ")


def test_the_hook_sees_each_body_before_it_is_answered(url: str, seen: list[dict[str, Any]]) -> None:
    chat(url, temperature=0.8)
    chat(url, n="many")
    assert seen == [GOOD | {"temperature": 0.8}, GOOD | {"n": "many"}]


MALFORMED = [
    (b"not JSON", "the request's body is not JSON (Expecting value"),
    (b"", "the request's body is not JSON (Expecting value"),
    (b"\xff", "the request's body is not JSON ("),
    (b"[" * 100_000, "the request's body is not JSON ("),
    (b"[" * 900 + b"]" * 900, "the request's body has more than 64 lists and objects inside each other"),
    (b'{"x": ' + b"[" * 300 + b"]" * 300 + b"}", "the request's body has more than 64 lists and objects"),
    (b'{"x": ' * 66 + b"0" + b"}" * 66, "the request's body has more than 64 lists and objects inside each other"),
    (b'{"x": NaN}', "the request holds NaN, Infinity or a number as large, which JSON does not have"),
    (b'{"x": [-Infinity]}', "the request holds NaN, Infinity or a number as large"),
    (b'{"temperature": 1e999}', "the request holds NaN, Infinity or a number as large"),
    (b"[]", "the request's body is []; expected a JSON object"),
    (b"{}", 'messages is null; expected a list such as [{"role": "user", "content": "..."}]'),
    (b'{"messages": []}', "messages is []; expected a list such as"),
    (b'{"messages": ["x"]}', 'messages is ["x"]; expected a list such as'),
    (b'{"messages": [{"content": 3}]}', "messages[0].content is 3; expected a text, or a list of parts with texts"),
    (b'{"messages": [{"content": ["x"]}]}', 'messages[0].content is ["x"]; expected a text, or a list of parts'),
    (b'{"messages": [{"content": [{"type": "text"}]}]}', "messages[0].content.text is null; expected a text"),
    (b'{"messages": [{"content": [{"type": "image_url"}]}]}', 'messages[0].content has a part of the type "image_url"'),
    (b'{"messages": [{"content": [{"type": "input_audio"}]}]}', "messages[0].content has a part of the type"),
    (b'{"messages": [{"content": "x"}]}', "messages[0].role is null; expected one of system, developer, user, assis"),
    (b'{"messages": [{"role": "tool", "content": "x"}]}', 'messages[0].role is "tool"; expected one of'),
    (b'{"messages": [{"role": "assistant", "tool_calls": [{}]}]}', "messages[0] calls a tool: tools are not served"),
    (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', "the request holds half of a surrogate pair"),
]


@pytest.mark.parametrize(("body", "message"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_body_is_a_400_and_the_server_goes_on(url: str, body: bytes, message: str) -> None:
    status, reply = post(f"{url}/chat/completions", body)
    assert status == 400
    assert reply["error"]["type"] == "invalid_request_error"
    assert reply["error"]["message"].startswith(message)
    assert chat(url)[0] == 200


BAD_FIELDS = [
    ({"n": 0}, "n is 0; expected a whole number from 1"),
    ({"n": "two"}, 'n is "two"; expected a whole number from 1'),
    ({"seed": 0.5}, "seed is 0.5; expected a whole number"),
    ({"n": True}, "n is true; expected a whole number from 1"),
    ({"stop": [1]}, "stop is [1]; expected a text or a list of texts"),
    ({"model": 3}, "model is 3; expected a name"),
    ({"temperature": -1}, "temperature is -1; expected a number from 0"),
    ({"temperature": 10**400}, f"temperature is 1{'0' * 59}; expected a number from 0"),
    ({"top_p": 10**400}, f"top_p is 1{'0' * 59}; expected a number above 0, at most 1"),
    ({"temperature": "hot"}, 'temperature is "hot"; expected a number from 0'),
    ({"top_p": 0}, "top_p is 0; expected a number above 0, at most 1"),
    ({"max_tokens": 0}, "max_tokens is 0; expected a whole number from 1"),
    ({"max_completion_tokens": 0.5}, "max_completion_tokens is 0.5; expected a whole number from 1"),
    ({"stream": 1}, "stream is 1; expected true or false"),
    ({"stream_options": 1}, 'stream_options is 1; expected an object such as {"include_usage": true}'),
    ({"stream_options": {"include_usage": 1}}, "include_usage is 1; expected true or false"),
    ({"tools": [{"type": "function"}]}, "tools are given: only text is served; leave them out"),
    ({"functions": [{"name": "f"}]}, "functions are given: only text is served; leave them out"),
    ({"logprobs": True}, "logprobs is true: probabilities are not served; leave it out"),
    ({"logprobs": 0}, "logprobs is 0: probabilities are not served; leave it out"),
    ({"top_logprobs": 3}, "top_logprobs is 3: probabilities are not served; leave it out"),
    (
        {"response_format": {"type": "json_object"}},
        'response_format is {"type": "json_object"}; expected {"type": "text"}, or none',
    ),
    ({"modalities": ["audio"]}, 'modalities is ["audio"]; expected ["text"], or none'),
    ({"echo": True}, "echo is true; expected false, or none"),
    (
        {"best_of": 5},
        "best_of is 5; expected n, or none: name how many answers are drawn where the server is started",
    ),
]


@pytest.mark.parametrize(("field", "message"), BAD_FIELDS, ids=[message for _, message in BAD_FIELDS])
def test_a_field_that_cannot_be_used_is_shown(url: str, field: dict[str, Any], message: str) -> None:
    status, reply = chat(url, **field)
    assert (status, reply["error"]["message"]) == (400, message)


DEFAULTS: dict[str, Any] = {
    **{"tools": None, "functions": [], "logprobs": False, "response_format": {"type": "text"}, "modalities": ["text"]},
    **{"stream": None, "stream_options": None, "stop": None, "temperature": 0, "top_p": 1, "best_of": 1, "user": "me"},
}


def test_fields_with_the_values_that_they_have_by_default_are_served(url: str) -> None:
    assert chat(url, **DEFAULTS) == chat(url)


def test_errors_have_the_fields_of_openais(url: str) -> None:
    assert chat(url, n=0)[1] == {
        "error": {
            "message": "n is 0; expected a whole number from 1",
            "type": "invalid_request_error",
            "param": "n",
            "code": None,
        }
    }


def asked(**more: Any) -> Asked:
    return parse_chat(GOOD | more)


def test_a_lone_message_of_a_user_is_its_text() -> None:
    """So `coderm-eval sample` and a client who asks for the same find the same stored answers."""
    assert asked().prompt == "Write knots."
    system = [{"role": "system", "content": "Be brief."}, *GOOD["messages"]]
    assert asked(messages=system).prompt == (("system", "Be brief."), ("user", "Write knots."))
    assert asked(messages=GOOD["messages"][:1] * 2).last_text == "Write knots."


def test_what_does_not_change_answers_does_not_change_the_sampling() -> None:
    same = [{}, DEFAULTS, {"frequency_penalty": 0, "logit_bias": {}}, {"top_p": 1, "temperature": 0}]
    assert [asked(**more).sampling.more for more in same] == [{}] * len(same)
    assert asked(top_k=5, min_p=None).sampling.more == {"top_k": 5}
    assert asked(max_tokens=7, max_completion_tokens=9).sampling.max_tokens == 9


@pytest.fixture
def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=url, api_key="none", max_retries=0)


def test_a_stream_gives_the_same_texts_as_a_whole_reply(client: openai.OpenAI) -> None:
    message: Any = GOOD["messages"]
    whole = client.chat.completions.create(model="m", messages=message, n=2, seed=0)
    texts, ends = ["", ""], ["", ""]
    for part in client.chat.completions.create(model="m", messages=message, n=2, seed=0, stream=True):
        assert part.id == whole.id and part.usage is None
        for choice in part.choices:
            texts[choice.index] += choice.delta.content or ""
            ends[choice.index] += choice.finish_reason or ""
    assert texts == [choice.message.content for choice in whole.choices] and ends == ["stop", "stop"]


def test_a_stream_of_completions_ends_with_its_usage(client: openai.OpenAI) -> None:
    prompt: Any = {"model": "m", "prompt": PROBLEM.prompt, "seed": 1}
    whole = client.completions.create(**prompt)
    parts = list(client.completions.create(**prompt, stream=True, stream_options={"include_usage": True}))
    assert "".join(choice.text for part in parts for choice in part.choices) == whole.choices[0].text
    assert [part.usage for part in parts] == [None, None, whole.usage]


KEYS = [({}, "the request has no key"), ({"Authorization": "Bearer no"}, "the request's key is not this server's")]


@pytest.mark.parametrize(("headers", "message"), KEYS)
def test_a_server_with_a_key_answers_those_who_have_it(headers: dict[str, str], message: str) -> None:
    async def answer(_: Asked) -> Reply:
        return Reply("m", [Answer("x")], 1, 1)

    with served(openai_app(["m"], answer, api_key="sesame")) as address:
        url = f"http://{address}/v1"
        status, reply = post(f"{url}/chat/completions", json.dumps(GOOD).encode(), headers)
        assert (status, reply["error"]["code"]) == (401, "invalid_api_key")
        assert reply["error"]["message"] == f"{message}: send the header `Authorization: Bearer KEY`"
        key = {"Authorization": "Bearer sesame"}
        assert post(f"{url}/chat/completions", json.dumps(GOOD).encode(), key)[0] == 200


def test_a_fault_of_the_server_ends_one_request_only() -> None:
    async def answer(asked: Asked) -> Reply:
        return Reply("m", [Answer("x" * (1 // (asked.n - 1)))], 1, 1)

    with served(openai_app(["m"], answer)) as address:
        url = f"http://{address}/v1"
        status, reply = chat(url, n=1)
        assert (status, reply["error"]["type"]) == (500, "server_error")
        assert chat(url, n=2)[0] == 200


def test_a_body_of_more_than_16_mib_is_a_413(url: str) -> None:
    status, reply = post(f"{url}/chat/completions", b" " * (16 * 1024 * 1024 + 1))
    assert status == 413
    assert "16777216" in reply["error"]["message"]
    assert chat(url)[0] == 200


def test_an_unknown_path_is_a_404_that_names_it(url: str) -> None:
    status, reply = post(f"{url}/embeddings", b"{}")
    assert (status, reply["error"]["message"]) == (404, "no such path: /v1/embeddings")


def test_a_method_that_a_path_does_not_have_is_a_405(url: str) -> None:
    request = urllib.request.Request(f"{url}/chat/completions", method="OPTIONS")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert (refused.value.code, refused.value.headers["Allow"]) == (405, "POST")
    message = json.loads(refused.value.read())["error"]["message"]
    assert message == "/v1/chat/completions is asked by POST; got OPTIONS"


def test_a_compressed_body_is_refused_and_not_unpacked(url: str) -> None:
    status, reply = post(f"{url}/chat/completions", b"x", {"Content-Encoding": "gzip"})
    assert (status, reply["error"]["message"]) == (415, "Content-Encoding is 'gzip'; send the body as it is")


_HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
NO_HTTP = [
    (_HEAD + b"Content-Length: 1000\r\n\r\n{", "400: the client went away before its request was there"),
    (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nzz", "Invalid character in chunk size"),
    (b"GET / HTTP/9.9\r\n\r\n", "Invalid HTTP version"),
    (b"GET /a%0Ab%1b HTTP/1.1\r\nHost: x\r\n\r\n", "404: no such path: /a%0Ab%1b"),
]


@pytest.mark.parametrize(("sent", "words"), NO_HTTP, ids=[words for _, words in NO_HTTP])
def test_what_a_client_does_wrong_is_one_line_of_the_log(
    url: str, caplog: pytest.LogCaptureFixture, sent: bytes, words: str
) -> None:
    host, port = url.removeprefix("http://").removesuffix("/v1").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):  # until the server has closed the connection
            pass
    assert chat(url)[0] == 200
    assert any(words in record.getMessage() for record in caplog.records)
    assert not any(record.exc_info or "\n" in record.getMessage() for record in caplog.records)


def test_a_port_that_is_in_use_is_one_sentence(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        message = said(ServerError, listen, "127.0.0.1", port)
        assert message.startswith(f"cannot serve on 127.0.0.1:{port} (") and message.endswith("; give another --port")
        done = coderm("replay", "--samples", SAMPLES, "--port", port, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, f"coderm-eval: {message}\n")


FOREIGN = "give an address of this machine after --host, such as 127.0.0.1"
NOT_SERVED = [
    ("127.0.0.1", 70_000, "give another --port"),
    ("no.such.host.invalid", 0, FOREIGN),
    ("192.0.2.1", 0, FOREIGN),
    ("::1", 0, FOREIGN),
]


@pytest.mark.parametrize(("host", "port", "advice"), NOT_SERVED)
def test_an_address_that_cannot_be_served_is_one_sentence(host: str, port: int, advice: str) -> None:
    message = said(ServerError, listen, host, port)
    assert message.startswith(f"cannot serve on {host}:{port} (") and message.endswith(f"; {advice}")


def test_an_empty_host_serves_no_other_machines_by_accident() -> None:
    assert said(ServerError, listen, "", 0).startswith("--host is empty; give 127.0.0.1 for this machine alone")


def test_a_socket_is_closed_with_its_server() -> None:
    with replaying(recording()) as address:
        host, _, port = address.partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
