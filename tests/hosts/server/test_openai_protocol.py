"""OpenAI's API over real HTTP: what is answered, what is refused, and a server that goes on after either."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, said
from helpers.replaying import replaying

from coderm_eval.benchmarks.demo import SAMPLES
from coderm_eval.core.errors import ServerError
from coderm_eval.core.records import Problem
from coderm_eval.hosts.server.http import listen
from coderm_eval.hosts.server.replay import RecordedAnswers

PROBLEM = Problem("demo/7", "knots", "def knots(n):\n", "Count knots.", "Write knots.")
ANSWERS = RecordedAnswers([PROBLEM], {"demo/7": ["knots = abs", "knots = len"]}, {})


@pytest.fixture
def seen() -> list[dict[str, Any]]:
    """The bodies of all requests."""
    return []


@pytest.fixture
def url(seen: list[dict[str, Any]]) -> Iterator[str]:
    with replaying(ANSWERS, seen) as address:
        yield f"http://{address}/v1"


def post(url: str, body: bytes) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body)) as reply:
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
    (b"[]", "the request's body is []; expected a JSON object"),
    (b"{}", 'messages is null; expected a list such as [{"role": "user", "content": "..."}]'),
    (b'{"messages": []}', "messages is []; expected a list such as"),
    (b'{"messages": ["x"]}', 'messages is ["x"]; expected a list such as'),
    (b'{"messages": [{"content": 3}]}', "content is 3; expected a text, or a list of parts with texts"),
    (b'{"messages": [{"content": ["x"]}]}', 'content is ["x"]; expected a text, or a list of parts'),
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
    ({"stop": [1]}, "stop is [1]; expected a text or a list of texts"),
]


@pytest.mark.parametrize(("field", "message"), BAD_FIELDS, ids=[message for _, message in BAD_FIELDS])
def test_a_field_that_cannot_be_used_is_shown(url: str, field: dict[str, Any], message: str) -> None:
    status, reply = chat(url, **field)
    assert (status, reply["error"]["message"]) == (400, message)


def test_a_body_of_more_than_16_mib_is_a_413(url: str) -> None:
    status, reply = post(f"{url}/chat/completions", b" " * (16 * 1024 * 1024 + 1))
    assert status == 413
    assert "16777216" in reply["error"]["message"]
    assert chat(url)[0] == 200


def test_an_unknown_path_is_a_404_that_names_it(url: str) -> None:
    status, reply = post(f"{url}/embeddings", b"{}")
    assert (status, reply["error"]["message"]) == (404, "no such path: /v1/embeddings")


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
]


@pytest.mark.parametrize(("host", "port", "advice"), NOT_SERVED)
def test_an_address_that_cannot_be_served_is_one_sentence(host: str, port: int, advice: str) -> None:
    message = said(ServerError, listen, host, port)
    assert message.startswith(f"cannot serve on {host}:{port} (") and message.endswith(f"; {advice}")


def test_an_empty_host_serves_no_other_machines_by_accident() -> None:
    assert said(ServerError, listen, "", 0).startswith("--host is empty; give 127.0.0.1 for this machine alone")


def test_a_socket_is_closed_with_its_server() -> None:
    with replaying(ANSWERS) as address:
        host, _, port = address.partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
