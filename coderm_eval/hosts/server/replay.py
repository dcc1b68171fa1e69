"""An OpenAI-compatible server that answers with recorded candidates and tests instead of a model.

    /v1/models   /v1/chat/completions   /v1/completions      n, seed, stop and usage work as on a real server

A published run can so be repeated through the real harness. Sample i of a request with seed s is the
recorded one with index (s + i) modulo their number; without a seed, requests take turns. The prompts that
it knows are the project's own: anything else gets a 404 that says what is recorded.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from coderm_eval.core.records import Problem
from coderm_eval.generation.models.base import truncate_at_stop
from coderm_eval.generation.prompts import question_of_test_prompt

__all__ = ["MODEL", "RecordedAnswers", "UnknownPromptError", "make_server"]

log = logging.getLogger(__name__)

MODEL = "recorded"


class UnknownPromptError(Exception):
    """A prompt for which nothing is recorded; the message shows its first line and what is."""


@dataclass(frozen=True)
class _Reply:
    """All recorded answers to one prompt."""

    key: str
    texts: Sequence[str]


class RecordedAnswers:
    """Recorded programs and tests, found by the prompts of their problems."""

    def __init__(
        self,
        problems: Sequence[Problem],
        solutions: Mapping[str, Sequence[str]],
        tests: Mapping[str, Sequence[str]],
    ) -> None:
        self._known = sorted(set(solutions) | set(tests))
        self._chat: dict[str, _Reply] = {}
        self._tests: dict[str, _Reply] = {}
        self._completions: dict[str, _Reply] = {}
        for problem in problems:
            programs = solutions.get(problem.task_id, ())
            if programs:
                answers = [_fenced(program) for program in programs]
                tails = [_completion(problem.prompt, program) for program in programs]
                self._chat[_words(problem.request)] = _Reply(f"chat {problem.task_id}", answers)
                self._completions[problem.prompt] = _Reply(f"text {problem.task_id}", tails)
            if tests.get(problem.task_id):
                answers = [_fenced(test) for test in tests[problem.task_id]]
                self._tests[problem.question] = _Reply(f"test {problem.task_id}", answers)
        self._turns: Counter[str] = Counter()
        self._lock = threading.Lock()

    def chat(self, message: str, n: int, seed: int | None) -> list[str]:
        """Answers to a user message; raises UnknownPromptError."""
        question = question_of_test_prompt(message)
        reply = self._tests.get(question) if question is not None else self._chat.get(_words(message))
        return self._samples(reply, message, n, seed)

    def complete(self, prompt: str, n: int, seed: int | None) -> list[str]:
        """Completions of a prompt; raises UnknownPromptError."""
        return self._samples(self._completions.get(prompt), prompt, n, seed)

    def _samples(self, reply: _Reply | None, prompt: str, n: int, seed: int | None) -> list[str]:
        if reply is None:
            first = next((line for line in prompt.splitlines() if line.strip()), "")
            shown = ", ".join(self._known[:8]) + (", ..." if len(self._known) > 8 else "")
            raise UnknownPromptError(
                f"nothing is recorded for the prompt that starts {first[:100]!r}; "
                f"recorded are {len(self._known)} tasks: {shown}"
            )
        if seed is None:
            with self._lock:
                seed = self._turns[reply.key]
                self._turns[reply.key] += n
        return [reply.texts[(seed + index) % len(reply.texts)] for index in range(n)]


def make_server(recording: RecordedAnswers, host: str, port: int) -> ThreadingHTTPServer:
    """A server that is bound but not yet serving; port 0 takes a free one."""

    class Handler(_Handler):
        pass

    Handler.recording = recording
    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    recording: RecordedAnswers
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        else:
            self._fail(404, f"no such path: {self.path}")

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if self.path.rstrip("/") == "/v1/chat/completions":
                self._send(200, self._chat(body))
            elif self.path.rstrip("/") == "/v1/completions":
                self._send(200, self._complete(body))
            else:
                self._fail(404, f"no such path: {self.path}")
        except UnknownPromptError as error:
            self._fail(404, str(error))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            self._fail(400, f"not a request that OpenAI's API would take: {error!r}")

    def _chat(self, body: dict[str, Any]) -> dict[str, Any]:
        message = _text_of(body["messages"][-1]["content"])
        texts = self.recording.chat(message, int(body.get("n") or 1), body.get("seed"))
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", "content": truncate_at_stop(text, _stops(body))},
                "finish_reason": "stop",
            }
            for index, text in enumerate(texts)
        ]
        return _response("chat.completion", choices, message, texts)

    def _complete(self, body: dict[str, Any]) -> dict[str, Any]:
        prompt = body["prompt"]
        if isinstance(prompt, list):  # lm-eval sends a batch of one
            (prompt,) = prompt
        texts = self.recording.complete(prompt, int(body.get("n") or 1), body.get("seed"))
        choices = [
            {
                "index": index,
                "text": truncate_at_stop(text, _stops(body)),
                "finish_reason": "stop",
                "logprobs": None,
            }
            for index, text in enumerate(texts)
        ]
        return _response("text_completion", choices, prompt, texts)

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _fail(self, status: int, message: str) -> None:
        log.warning("%s", message)
        self._send(status, {"error": {"message": message, "type": "invalid_request_error"}})

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


def _response(kind: str, choices: list[dict[str, Any]], prompt: str, texts: Sequence[str]) -> dict[str, Any]:
    """Tokens are counted as whitespace-separated words: no tokenizer is known for a recording."""
    words = len(prompt.split()), sum(len(text.split()) for text in texts)
    return {
        "id": "recorded",
        "object": kind,
        "created": 0,
        "model": MODEL,
        "choices": choices,
        "usage": {
            "prompt_tokens": words[0],
            "completion_tokens": words[1],
            "total_tokens": sum(words),
        },
    }


def _fenced(source: str) -> str:
    """`source` in a Python fence that is longer than any fence inside it."""
    marks = "```"
    while marks in source:
        marks += "`"
    return f"{marks}python\n{source}\n{marks}"


def _words(message: str) -> str:
    """What requests for one problem have in common: EvalPlus strips the blanks around it, lm-eval does not."""
    return " ".join(message.split())


def _completion(prompt: str, program: str) -> str:
    """What must follow `prompt` to give `program`, or a program that redefines what the prompt began."""
    return program[len(prompt) :] if program.startswith(prompt) else "\n" + program


def _text_of(content: str | list[dict[str, Any]]) -> str:
    """A message's text; content may come as a list of parts."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def _stops(body: dict[str, Any]) -> list[str]:
    """The stop sequences of a request; one may come as itself."""
    stop = body.get("stop") or []
    return [stop] if isinstance(stop, str) else stop
