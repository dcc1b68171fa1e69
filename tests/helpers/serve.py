"""`coderm-eval serve` in a process of its own, and a server that is policy and test writer for small functions."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from coderm_eval.generation.prompts import question_of_test_prompt
from helpers.cli import CLI
from helpers.processes import heed_interrupts, soon
from helpers.servers import Reply

__all__ = [
    "Served",
    "best_of_n_server",
    "both_models",
    "chat_body",
    "choices_body",
    "function_request",
    "models_at",
    "post",
]

PROGRAMS = ("return x - {k}", "return x + {k}", "return x + {k} + 0", "return x * {k}")
"""Bodies of the candidates, in the order of their seeds; the second and the third are right."""

CASES = ("self.assertEqual(f{k}(1), 1 + {k})", "self.assertEqual(f{k}(5), 5 + {k})", "self.assertEqual(f{k}(0), -1)")
"""What the tests check, in the order of their seeds; the last one is wrong."""


class Served(NamedTuple):
    """A server that runs."""

    url: str
    process: subprocess.Popen[str]
    log: Path


def models_at(url: str) -> list[str]:
    """Flags that name one server for both models."""
    return ["--model", "m", "--base-url", url, "--tests-model", "t", "--tests-base-url", url]


@contextmanager
def best_of_n_server(
    folder: Path, *flags: object, config: Mapping[str, Any] | None = None, workers: int = 1
) -> Iterator[Served]:
    """The server with these flags; it is ended with SIGTERM, unless it has ended."""
    (folder / "config.yaml").write_text(json.dumps({"execution": {"workers": workers}, **(config or {})}))
    command = [*CLI, "serve", "--port", "0", "--config", "config.yaml", *map(str, flags)]
    log = folder / "serve.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(command, cwd=folder, stderr=stderr, text=True, preexec_fn=heed_interrupts)
    try:
        assert soon(lambda: " on http://" in log.read_text() or process.poll() is not None)
        found = re.search(r" on (http://\S+)", log.read_text())
        assert found, log.read_text()
        yield Served(found[1], process, log)
    finally:
        process.terminate()
        process.wait(60)


def chat_body(content: str, **more: Any) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": content}], **more}).encode()


class Response(NamedTuple):
    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return str(self.body["choices"][0]["message"]["content"])

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])


def post(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """What a server answers to chat/completions."""
    request = urllib.request.Request(f"{url}/chat/completions", data=body, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=300) as reply:
            return Response(reply.status, json.loads(reply.read()), dict(reply.headers))
    except urllib.error.HTTPError as error:
        return Response(error.code, json.loads(error.read()), dict(error.headers))


def function_request(k: int, words: str = "") -> str:
    """A harness's request for the function that adds k."""
    return f"Write a Python function `f{k}(x)` that returns x plus {k}. {words}\nAnswer with code only."


def both_models(body: dict[str, Any], before: int) -> Reply:
    """Answer a request of `function_request`, or one for tests of its function; to others there is nothing to say."""
    message = body["messages"][-1]["content"]
    found = re.search(r"\bf(\d+)\b", message)
    texts = _texts(found[1], question_of_test_prompt(message) is not None) if found else ["I do not know."]
    choices = [
        {"index": i, "message": {"role": "assistant", "content": texts[(body["seed"] + i) % len(texts)]}}
        for i in range(body["n"])
    ]
    return 200, {}, choices_body(choices, prompt=10, completion=5 * body["n"])


def choices_body(choices: list[dict[str, Any]], prompt: int = 0, completion: int = 0) -> bytes:
    """The body of a model's reply."""
    usage = {"prompt_tokens": prompt, "completion_tokens": completion}
    ended = [{**choice, "finish_reason": "stop"} for choice in choices]
    return json.dumps({"choices": ended, "usage": usage, "model": "m"}).encode()


def _texts(k: str, tests: bool) -> list[str]:
    if tests:
        head = f"import unittest\n\nclass TestF{k}(unittest.TestCase):\n    def test_it(self):\n        "
        return [f"```python\n{head}{case.format(k=k)}\n```" for case in CASES]
    return [f"```python\ndef f{k}(x):\n    {body.format(k=k)}\n```" for body in PROGRAMS]
