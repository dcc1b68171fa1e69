"""Requests of EvalPlus's own providers: which of them end a run of `evalplus.coderm`, and which are sent again."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from evalplus.provider.openai import OpenAIChatDecoder
from helpers.cli import rows, said, write_rows
from helpers.mini_humaneval import MiniHumanEval
from helpers.servers import Behaviour, Reply, answers, serving

from coderm_eval.core.errors import ServerError
from coderm_eval.hosts.evalplus import evaluate, requests

TESTS = {
    "HumanEval/0": "assert buoy_gap(1, 1) == 0",
    "HumanEval/1": "assert peal([]) == []",
    "HumanEval/2": "assert latest_tide([]) is None",
}


def at_first(status: int, times: int = 9) -> Behaviour:
    """A server that answers with this status so many times, and then as it should: a loop without end comes to that."""

    def behave(body: dict[str, Any], before: int) -> Reply:
        if before < times:
            return status, {}, b'{"error": {"message": "no, not that"}}'
        return answers({"seed": 0, **body}, body["n"])

    return behave


def draw(url: str) -> list[str]:
    """Two samples by EvalPlus's decoder from the server at `url`."""
    decoder = OpenAIChatDecoder("m", base_url=url, instruction_prefix="", batch_size=2, temperature=0.8)
    with requests.bounded_requests("openai"):
        drawn: list[str] = decoder.codegen("f", num_samples=2)
        return drawn


REFUSALS = [(400, "--bs"), (401, "set OPENAI_API_KEY"), (404, "check --model, and --base-url"), (422, "--bs")]


@pytest.mark.parametrize(("status", "advice"), REFUSALS)
def test_a_refused_request_ends_the_sampling_with_what_to_do(status: int, advice: str) -> None:
    with serving(at_first(status)) as (url, seen):
        message = said(ServerError, draw, url)
    assert len(seen) == 1
    assert f"refused a request (Error code: {status} - " in message and "no, not that" in message and advice in message


@pytest.mark.parametrize("status", [409, 500])
def test_a_request_that_may_succeed_later_is_sent_again(status: int) -> None:
    with serving(at_first(status, times=4)) as (url, _):
        assert len(draw(url)) == 2


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_PATIENCE_S", 0)
    with serving(at_first(500, times=4)) as (url, _):
        message = said(ServerError, draw, url)
    assert "gave no answer for" in message and "no, not that" in message and "--base-url" in message


def test_a_server_that_is_not_there_is_tried_once() -> None:
    message = said(ServerError, draw, "http://127.0.0.1:9/v1")
    assert "no server could be reached (" in message and "Connection refused); start it, or check --base-url" in message


def test_a_server_that_vanishes_is_waited_for() -> None:
    class ConnectError(Exception):
        """As httpx has it."""

    def send(*, there: bool) -> str:
        if there:
            return "an answer"
        raise RuntimeError("gone") from ConnectError()

    bounded = requests._bounded(send, "openai")
    assert bounded(there=True) == "an answer"
    with pytest.raises(RuntimeError, match="gone"):  # which EvalPlus catches, and sends the request again
        bounded(there=False)


class RefusedError(Exception):
    """As the providers' packages raise them."""

    status_code = 403


ENDING = [
    ("openai", TypeError("no argument 'top_p'"), "install an earlier version"),
    ("anthropic", RefusedError("no"), "set ANTHROPIC_KEY"),
    ("google", RefusedError("no"), "set GOOGLE_API_KEY"),
]


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(("backend", "error", "advice"), ENDING)
def test_every_provider_of_evalplus_ends_what_cannot_succeed(
    backend: str, error: Exception, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a server: two of them cannot be sent to another one than their maker's."""
    outcomes = iter([error, error, None])

    def send(*arguments: object, **named: object) -> str:
        if outcome := next(outcomes):
            raise outcome
        return "an answer"

    place, name = requests._SENDERS[backend]
    owner = pkgutil.resolve_name(place)
    monkeypatch.setattr(owner, name, send)
    decoder = importlib.import_module(f"evalplus.provider.{backend}")
    auto_requests = decoder if backend == "google" else getattr(decoder, f"{backend}_request")
    with pytest.raises(ServerError, match=advice), requests.bounded_requests(backend):
        auto_requests.make_auto_request(SimpleNamespace(messages=owner))


def test_what_was_drawn_before_a_refusal_is_kept_and_gone_on_from(
    mini_humaneval: MiniHumanEval, tmp_path: Path
) -> None:
    first, second, last = TESTS
    tests = write_rows(tmp_path / "t.jsonl", [{"task_id": task, "test": test} for task, test in TESTS.items()])

    def run(refusals: int) -> list[dict[str, Any]]:
        """Ask for two samples of each task, where those of the last are refused so many times."""

        def behave(body: dict[str, Any], before: int) -> Reply | None:
            times = refusals if "latest_tide" in body["messages"][-1]["content"] else 0
            return at_first(400, times)(body, before)

        with serving(behave) as (url, seen):
            flags: dict[str, Any] = {
                "base_url": url,
                "backend": "openai",
                "model": "m",
                "root": str(tmp_path / "drawn"),
            }
            evaluate("humaneval", tests=str(tests), n_samples=2, temperature=0.8, **flags)
        return seen

    message = said(ServerError, run, 9)
    assert "no, not that" in message and message.endswith(requests.GO_ON)
    samples = tmp_path / "drawn" / "humaneval" / "m_openai_temp_0.8.jsonl"
    assert [row["task_id"] for row in rows(samples)] == [first, first, second, second]
    assert len(run(0)) == 1
    assert [row["task_id"] for row in rows(samples)][4:] == [last, last]
