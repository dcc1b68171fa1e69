"""Who wrote a run's candidates and tests: what `sample` and `write-tests` note, a later `rerank` knows."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm
from helpers.mini_humaneval import MiniHumanEval
from helpers.replaying import replaying

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.hosts.server.replay import MODEL, RecordedAnswers

TEST = "import unittest\n\n\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        self.assertTrue({})\n"
FILES = ("--benchmark", "humaneval+", "--samples", "s.jsonl")
DRAWN = {"temperature": 0.8, "top_p": 0.95, "max_tokens": 2048, "seed": 0}
NOT_KNOWN = dict.fromkeys(DRAWN)


@pytest.fixture
def url(mini_humaneval: MiniHumanEval, tmp_path: Path) -> str:
    """The address of the server from which candidates and tests were drawn into the folder."""
    problems = load_benchmark("humaneval+").problems
    programs = {task: [right, mini_humaneval.wrong[task]] for task, right in mini_humaneval.right.items()}
    tests = {p.task_id: [TEST.format(p.entry_point)] * 3 for p in problems}
    with replaying(RecordedAnswers(problems, programs, tests)) as address:
        server = ("--model", MODEL, "--base-url", f"http://me:secret@{address}/v1")
        succeed("sample", "--benchmark", "humaneval+", *server, "--n", 2, "--out", "s.jsonl", cwd=tmp_path)
        succeed("write-tests", *FILES, *server, "--num", 3, "--out", "t.jsonl", cwd=tmp_path)
    return f"http://***@{address}/v1"


def succeed(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = coderm(*arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done


def origins(folder: Path, *more: object) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The entries of a new run, and what was printed."""
    done = succeed("rerank", *FILES, "--out", "run", "--overwrite", *more, cwd=folder)
    summary = json.loads((folder / "run" / "summary.json").read_text())
    return summary["policy"], summary["test_writer"], done.stderr


def policy(sampling: dict[str, Any], **known: Any) -> dict[str, Any]:
    model = dict.fromkeys(("model", "revision", "server"))
    return {**model, **known, "sampling": {"n": None, "settled": None, **sampling}}


def test_what_was_noted_beside_the_files_is_known_to_their_run(url: str, tmp_path: Path) -> None:
    candidates, tests, _ = origins(tmp_path, "--tests", "t.jsonl", "--n", 1)
    assert candidates == policy({"n": 2, **DRAWN}, model=MODEL, server=url)
    sampling = {"num": 3, **DRAWN}
    writer = {"model": MODEL, "revision": None, "server": url, "backend": "openai", "prompt": "paper"}
    assert tests == {**writer, "sampling": sampling}


def test_nothing_is_known_of_files_that_were_changed_unless_it_is_said(url: str, tmp_path: Path) -> None:
    """Only what the settings give is said: their defaults are nobody's word."""
    for name in ("s.jsonl", "t.jsonl"):
        (tmp_path / name).write_text((tmp_path / name).read_text() + "\n")
    candidates, tests, printed = origins(tmp_path, "--tests", "t.jsonl")
    assert candidates == policy(NOT_KNOWN)
    assert {*tests.pop("sampling").values(), *tests.values()} == {None}
    assert "s.jsonl.meta.json is not used: s.jsonl was changed after it was written" in printed
    (tmp_path / "said.yaml").write_text(
        "policy: {model: org/p, temperature: 0.2}\ntests: {model: org/w, file: t.jsonl}\n"
    )
    candidates, tests, _ = origins(tmp_path, "--config", "said.yaml")
    assert candidates == policy({**NOT_KNOWN, "temperature": 0.2}, model="org/p")
    assert (tests["model"], tests["backend"], tests["sampling"]["temperature"]) == ("org/w", None, None)


@pytest.mark.parametrize("content", ["no JSON", "[]", '{"sha256": 3}', '{"policy": {"sampling": 7}}'])
def test_a_note_that_is_none_is_not_used(url: str, tmp_path: Path, content: str) -> None:
    (tmp_path / "s.jsonl.meta.json").write_text(content)
    candidates, _, printed = origins(tmp_path, "--no-tests")
    assert candidates == policy(NOT_KNOWN)
    assert "s.jsonl.meta.json is not used: it is not what coderm-eval writes" in printed


def test_candidates_that_settled_leave_a_trace(url: str, tmp_path: Path) -> None:
    candidates, _, _ = origins(tmp_path, "--no-tests", "--settled", 0.95)
    assert candidates["sampling"]["settled"] == 0.95
