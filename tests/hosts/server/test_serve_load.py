"""Many requests at once, some of them broken, to models whose server has faults: nothing good is lost, also where the
server is killed."""

from __future__ import annotations

import http.client
import random
import signal
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from helpers.serve import Served, best_of_n_server, both_models, chat_body, function_request, models_at, post
from helpers.servers import Reply, serving

REQUESTS = 200

BROKEN = [b"not JSON", b"{}", chat_body("x", n=1_000), chat_body("x", tools=[{}]), chat_body("x", model="?")]

NOBODY = "http://127.0.0.1:9/v1"
"""An address where no model answers: whatever is answered behind it was in the store."""

_MEBIBYTE = 1024

_MOST_GROWTH = 200 * _MEBIBYTE
"""Kibibytes. 13 MiB were measured, and 85 MiB before the first request."""


def requests() -> list[bytes]:
    """200 requests in a random order, of which ten are broken; the good ones are for ten functions, each in its words.

    So that few programs are run: it is the server that is under load here, and not the sandbox.
    """
    good = [chat_body(function_request(i % 10, f"Variant {i}.")) for i in range(REQUESTS - 2 * len(BROKEN))]
    listed = [*good, *BROKEN, *BROKEN]
    random.Random(0).shuffle(listed)
    return listed


class Faulty:
    """Both models behind a server that breaks a third of the requests when they come first."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._chance = random.Random(0)

    def __call__(self, body: dict[str, Any], before: int) -> Reply | None:
        with self._lock:
            fault = self._chance.choice(["500", "429", "cut", "late"]) if self._chance.random() < 0.33 else ""
            if before or not fault:
                return both_models(body, before)
            self.faults[fault] += 1
        if fault == "cut":
            return None
        if fault == "late":  # than policy.timeout_s
            threading.Event().wait(3)
        return (429 if fault == "429" else 500), {"Retry-After": "0"}, b"broken"


CONFIG = {
    "policy": {"timeout_s": 2, "retries": 20, "concurrency": 16},
    "tests": {"timeout_s": 2, "retries": 20, "concurrency": 16},
}


def statuses(url: str, bodies: Sequence[bytes]) -> list[int]:
    """The status of the answer to each of the requests, which are sent at once."""
    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(lambda body: post(url, body).status, bodies))


def peak_memory(served: Served) -> int:
    """Kibibytes that the server has taken at most."""
    lines = Path(f"/proc/{served.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def test_every_good_request_is_answered_in_bounded_memory_and_only_once(tmp_path: Path) -> None:
    models, bodies = Faulty(), requests()
    sizes = ["--n", 4, "--num", 3, "--store", "store"]
    with serving(models) as (url, _):
        with best_of_n_server(tmp_path, *models_at(url), *sizes, config=CONFIG, workers=2) as served:
            before = peak_memory(served)
            found = statuses(served.url, bodies)
            assert Counter(found) == {200: REQUESTS - 10, 400: 8, 404: 2}
            assert [status >= 400 for status in found] == [body in BROKEN for body in bodies]
            assert peak_memory(served) - before < _MOST_GROWTH
            served.process.send_signal(signal.SIGKILL)
        assert set(models.faults) == {"500", "429", "cut", "late"}
    with best_of_n_server(tmp_path, *models_at(NOBODY), *sizes, workers=2) as served:
        assert statuses(served.url, bodies) == found


def test_a_server_that_is_killed_at_work_goes_on_where_it_was(tmp_path: Path) -> None:
    bodies = [chat_body(function_request(3, f"Variant {i}.")) for i in range(40)]
    seen: list[dict[str, Any]] = []
    stuck, killed = threading.Event(), threading.Event()

    def models(body: dict[str, Any], before: int) -> Reply:
        seen.append(body)
        if len(seen) > 30:  # the rest is not answered before the server is dead
            stuck.set()
            killed.wait(120)
        return both_models(body, before)

    def ask(body: bytes) -> None:
        with suppress(OSError, http.client.HTTPException):  # the server is killed meanwhile
            post(served.url, body)

    with serving(models) as (url, _):
        flags = [*models_at(url), "--n", 4, "--num", 3, "--store", "store", "--concurrency", 4]
        with best_of_n_server(tmp_path, *flags, workers=2) as served, ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(ask, body) for body in bodies]
            stuck.wait()
            served.process.send_signal(signal.SIGKILL)
            for each in asked:
                each.result()
            killed.set()
        with best_of_n_server(tmp_path, *flags, workers=2) as served:
            assert set(statuses(served.url, bodies)) == {200}
    assert len(seen) - 2 * len(bodies) <= 8  # what was under way when the server was killed


def test_clients_that_go_away_disturb_nobody(tmp_path: Path) -> None:
    let = threading.Event()

    def slow(body: dict[str, Any], before: int) -> Reply:
        let.wait(120)
        return both_models(body, before)

    body = chat_body(function_request(3))
    with (
        serving(slow) as (url, seen),
        best_of_n_server(tmp_path, *models_at(url), "--n", 4, "--num", 3, workers=2) as served,
    ):
        for sent in (body, body[:20]):
            connection = http.client.HTTPConnection(urlsplit(served.url).netloc)
            connection.putrequest("POST", "/v1/chat/completions")
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(sent)
            connection.close()
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(post, served.url, body)
            let.set()
            assert waiting.result().status == 200
        assert [request["model"] for request in seen] == ["m", "t"]
