"""What the doctor finds of machines, settings and servers that are right, wrong and silent."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, write_rows
from helpers.mini_humaneval import MiniHumanEval, point_evalplus
from helpers.paths import ROOT
from helpers.servers import listing, serving, silent

from coderm_eval.core.errors import InputError
from coderm_eval.execution.sandbox.isolation.levels import FULL
from coderm_eval.hosts.listed_tasks import check_lm_eval
from coderm_eval.hosts.lm_eval_tasks import TASKS
from coderm_eval.pipeline.doctor import CHECKS, examine, host, models
from coderm_eval.pipeline.doctor.datasets import check_datasets
from coderm_eval.pipeline.doctor.finding import Finding, render_finding, verdict
from coderm_eval.pipeline.doctor.isolation import check_isolation
from coderm_eval.pipeline.settings import Settings, load_settings

SECRET = "key-of-a-user"
MODELS = b'{"data": [{"id": "m"}, {"id": "llama:latest"}]}'

Server = Callable[[], AbstractContextManager[str]]


@contextmanager
def answering_for_all() -> Iterator[str]:
    with serving(lambda body, _: (200, {}, b"{}")) as (url, _):
        yield url


SERVERS: dict[str, tuple[Server, str, str, str, str]] = {
    "serves it": (lambda: listing(200, MODELS), "m", "ok", "serves m", ""),
    "serves it by Ollama's name": (lambda: listing(200, MODELS), "llama", "ok", "serves llama", ""),
    "answers for any model": (answering_for_all, "n", "ok", "lists m, other, and answers for n", ""),
    "serves others": (lambda: listing(200, MODELS), "n", "failed", "serves m, llama:latest, not n", "set tests.model"),
    "serves none": (lambda: listing(200, b'{"data": []}'), "m", "failed", "serves no model", "set tests.model"),
    "wants a key": (lambda: listing(401, b"no: KEY"), "m", "failed", "answered 401", "export OPENAI_API_KEY"),
    "forbids": (lambda: listing(403, b"KEY"), "m", "failed", "answered 403", "export OPENAI_API_KEY"),
    "says a login page": (lambda: listing(200, b"<html>KEY"), "m", "failed", "not one of OpenAI's API", "a login page"),
    "has no list": (lambda: listing(404, b"?"), "m", "warning", "answered 404", "check tests.base_url"),
    "is loading": (lambda: listing(503, b"loading"), "m", "failed", "answered 503: loading", "wait"),
    "is silent": (silent, "m", "failed", "did not answer within 0.5 s", "start it, or check base_url"),
    "is away": (lambda: nullcontext("http://127.0.0.1:9/v1"), "m", "failed", "Connection refused", "start it"),
    "is no address": (lambda: nullcontext("127.0.0.1:9"), "m", "failed", "expected a URL", ""),
}
"""How a server behaves: its model that is asked for, and the status, fact and cure that are found."""


def found(check: Callable[..., Any], **given: Any) -> list[Finding]:
    return list(check(load_settings(given, source="test", selects=False)))


@pytest.fixture(autouse=True)
def _quick_and_with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_WITHIN_S", 0.5)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_is_asked_once_and_its_state_is_told(name: str) -> None:
    server, model, status, fact, cure = SERVERS[name]
    with server() as url:
        (finding,) = found(models.check_models, tests={"base_url": url, "model": model})
    assert (finding.check, finding.status) == ("tests", status)
    assert fact in finding.fact and cure in finding.cure and SECRET not in str(finding)


def test_an_address_is_shown_without_its_password() -> None:
    with listing(401, b"no") as url:
        address = url.replace("http://", f"http://user:{SECRET}@")
        (finding,) = found(models.check_models, policy={"base_url": address, "model": "m"})
    assert finding.check == "policy" and SECRET not in str(finding)


def test_an_address_is_shown_without_a_token_in_it() -> None:
    (finding,) = found(models.check_models, policy={"base_url": "http://127.0.0.1:9/v1?token=t0ken", "model": "m"})
    assert "http://127.0.0.1:9/v1?token=***" in finding.fact and "t0ken" not in str(finding)


def test_one_of_several_servers_that_is_down_is_a_warning() -> None:
    with listing(200, MODELS) as url:
        findings = found(models.check_models, tests={"base_url": [url, "http://127.0.0.1:9/v1"], "model": "m"})
    assert [finding.status for finding in findings] == ["ok", "warning"]
    assert "127.0.0.1:9/v1 could not be reached" in findings[1].fact


PROXIES: list[tuple[Server, str]] = [
    (lambda: nullcontext("http://127.0.0.1:9"), "that is the proxy which HTTP_PROXY"),
    (lambda: listing(403, b"denied"), "add 10.0.0.7 to NO_PROXY"),
    (silent, "add 10.0.0.7 to NO_PROXY"),
]


@pytest.mark.parametrize(("proxy", "words"), PROXIES)
def test_a_proxy_in_between_is_named(proxy: Server, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with proxy() as url:
        monkeypatch.setenv("HTTP_PROXY", url.replace("//", f"//user:{SECRET}@").removesuffix("/v1"))
        (finding,) = found(models.check_models, tests={"base_url": "http://10.0.0.7:8000/v1", "model": "m"})
    assert finding.status == "failed" and words in finding.cure and SECRET not in str(finding)


ROLES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "ok", "none is named"),
    ({"tests": {"backend": "none"}}, "ok", "none is named"),
    ({"tests": {"backend": "vllm", "model": "m"}}, "failed", "pip install"),
    ({"tests": {"model": "m"}}, "failed", "tests.base_url is not set"),
    ({"tests": {"file": "no-such.jsonl"}}, "failed", "no-such.jsonl: no such file"),
]


@pytest.mark.parametrize(("given", "status", "words"), ROLES, ids=str)
def test_models_without_a_server_are_looked_at_as_well(given: dict[str, Any], status: str, words: str) -> None:
    if "vllm" in str(given) and find_spec("vllm"):
        pytest.skip("vLLM is installed")
    (finding,) = found(models.check_models, **given)
    assert finding.status == status and words in finding.fact


def test_recorded_tests_are_read(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "t.jsonl", [{"task_id": "demo/0", "test": "assert f()"}])
    assert found(models.check_models, tests={"file": str(file)}) == [Finding("tests", "ok", f"recorded in {file}")]


def test_missing_datasets_are_warnings_and_nothing_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    point_evalplus(monkeypatch, {"XDG_CACHE_HOME": str(tmp_path)})
    monkeypatch.delenv("LIVECODEBENCH_PATH", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert found(check_datasets)[:2] == [
        Finding(name, "warning", "not on this machine", f"coderm-eval fetch {name}") for name in ("humaneval+", "mbpp+")
    ]
    for given, release in (({}, "release_v5"), ({"livecodebench": {"release": "v6"}}, "v6")):
        assert found(check_datasets, **given)[2].cure == f"coderm-eval fetch livecodebench --release {release}"


def test_datasets_that_variables_name_are_found_and_read(
    mini_humaneval: MiniHumanEval, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVECODEBENCH_PATH", str(tmp_path / "nothing"))
    by_name = {finding.check: finding for finding in found(check_datasets)}
    assert by_name["humaneval+"] == Finding("humaneval+", "ok", str(mini_humaneval.path))
    assert by_name["livecodebench"].status == "failed" and "LIVECODEBENCH_PATH" in by_name["livecodebench"].fact
    mini_humaneval.path.write_text("{}\n")
    broken = found(check_datasets)[0]
    assert broken.status == "failed" and "HUMANEVAL_OVERRIDE_PATH" in broken.fact


def test_isolation_is_ok_in_full_and_a_warning_with_less() -> None:
    (best,) = found(check_isolation)
    (less,) = found(check_isolation, execution={"isolation": "rlimits"})
    assert less.status == "warning" and "set execution.isolation to auto" in less.cure
    if best.fact.startswith(FULL):
        assert (best.status, best.cure) == ("ok", "")
    (broken,) = found(check_isolation, execution={"timeout_s": 1e-6})
    assert broken.status == "failed" and "execution.timeout_s" in broken.cure


def test_more_workers_than_cores_or_than_files_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "usable_cores", lambda: 2.5)
    (cores,) = found(host.check_cores, execution={"workers": 64})
    assert (cores.status, cores.cure) == ("warning", "--workers 2")
    assert [f.status for f in found(host.check_cores, execution={"workers": 4})] == ["ok"]
    (limits,) = found(host.check_limits, execution={"workers": 10_000_000})
    assert limits.status == "warning" and "ulimit -" in limits.cure
    assert [f.status for f in found(host.check_limits, execution={"workers": 1})] == ["ok"]


def test_a_disk_without_room_and_a_locked_folder_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"store": str(tmp_path / "not" / "yet")}
    assert [f.status for f in found(host.check_disk, **there)] == ["ok", "ok"]
    for free, status in ((500 << 20, "warning"), (1 << 20, "failed")):
        monkeypatch.setattr(host, "_free", lambda _, free=free: free)
        assert [f.status for f in found(host.check_disk, **there)] == [status, status]
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert [f.status for f in found(host.check_disk, **there)] == ["failed", "failed"]


def test_lm_eval_lists_what_the_repository_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {path.stem for path in (ROOT / "tasks").glob("[!_]*.yaml")}
    assert files == TASKS.keys()
    assert [f.status for f in found(check_lm_eval)] == ["ok"]
    monkeypatch.setattr("coderm_eval.hosts.listed_tasks._folder", lambda _: tmp_path)
    (missing,) = found(check_lm_eval)
    assert missing.status == "failed" and "does not list coderm_demo" in missing.fact and "pip install" in missing.cure


ERRORS = [InputError("a file is missing; name it"), ImportError("no module x"), BlockingIOError("no process left")]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_an_error_of_a_check_is_a_finding_and_the_others_go_on(error: Exception) -> None:
    def check_broken(_: Settings) -> list[Finding]:
        raise error

    def check_more(_: Settings) -> list[Finding]:
        return [Finding("more", "ok", "x")]

    findings = list(examine(load_settings({}, source="test", selects=False), [check_broken, check_more]))
    assert findings == [Finding("broken", "failed", str(error)), Finding("more", "ok", "x")]
    assert verdict(findings) == "a run with these settings would fail; warnings: 0, failed: 1"
    assert verdict(findings[1:]) == "runs work on this machine; warnings: 0, failed: 0"
    assert "-> cure" in render_finding(Finding("a", "warning", "b", "cure"))


def test_the_verb_prints_all_as_json_and_says_by_its_code_that_a_run_fails(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("policy: {base_url: 'http://127.0.0.1:9/v1', model: m}\n")
    done = coderm("doctor", "--config", config, "--json", cwd=tmp_path)
    said = json.loads(done.stdout)
    assert done.returncode == 1 and said["ok"] is False
    assert [f["check"] for f in said["findings"] if f["status"] == "failed"] == ["policy"]
    assert len(said["findings"]) > len(CHECKS)
