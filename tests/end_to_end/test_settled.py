"""Candidates until they settle: sampled from a replay server, and taken from a file of samples."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from helpers.cli import coderm, rows
from helpers.mini_humaneval import MiniHumanEval
from helpers.replaying import replaying

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.hosts.server.replay import MODEL, RecordedAnswers

SHOWS_A_CALL = "HumanEval/0"
"""The one problem whose statement shows a call: the others never settle."""
N = 20

ALIKE = [f"def buoy_gap(a, b):\n    gap = a - b  # {i}\n    return abs(gap)\n" for i in range(N)]
MIXED = [*(f"def buoy_gap(a, b):\n    return {i} * (a - b)\n" for i in range(4)), *ALIKE[4:]]


@pytest.fixture
def programs(mini_humaneval: MiniHumanEval) -> dict[str, list[str]]:
    return {task: [f"{program}# {i}\n" for i in range(N)] for task, program in mini_humaneval.right.items()}


def sampled(
    folder: Path, programs: dict[str, list[str]], *flags: object, seen: list[dict[str, Any]] | None = None
) -> CompletedProcess[str]:
    recording = RecordedAnswers(load_benchmark("humaneval+").problems, programs, {})
    with replaying(recording, seen) as address:
        model = ("--model", MODEL, "--base-url", f"http://{address}/v1", "--out", "s.jsonl")
        return coderm("sample", "--benchmark", "humaneval+", *model, "--overwrite", *flags, cwd=folder)


def counts(folder: Path, name: str = "s.jsonl") -> list[int]:
    return list(Counter(row["task_id"] for row in rows(folder / name)).values())


@pytest.fixture(params=[(ALIKE, 8), (MIXED, 12)], ids=["alike", "mixed"])
def case(request: pytest.FixtureRequest, programs: dict[str, list[str]]) -> tuple[dict[str, list[str]], int]:
    listed, count = request.param
    return {**programs, SHOWS_A_CALL: listed}, count


def test_sampling_stops_where_a_problem_settles(case: tuple[dict[str, list[str]], int], tmp_path: Path) -> None:
    """What it draws is what it draws without a stop, as far as it goes; a server is asked for no more."""
    recorded, count = case
    seen: list[dict[str, Any]] = []
    done = sampled(tmp_path, recorded, "--settled", 0.95, "--n", N, seen=seen)
    assert done.returncode == 0, done.stderr
    assert f"{count + 2 * N} of at most {3 * N} candidates of 3 problems" in done.stdout
    assert counts(tmp_path) == [count, N, N]
    assert sum(body.get("n") or 1 for body in seen) == count + 2 * N
    settled = rows(tmp_path / "s.jsonl")
    assert sampled(tmp_path, recorded, "--n", N).returncode == 0
    assert settled == [
        row for row in rows(tmp_path / "s.jsonl") if row["task_id"] != SHOWS_A_CALL or row["sample"] < count
    ]


def test_a_run_that_broke_off_ends_with_the_same_bytes(tmp_path: Path, programs: dict[str, list[str]]) -> None:
    """Whatever the number of workers; the server of the first try has too few answers."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        folder.mkdir()
        (folder / "two.yaml").write_text("execution: {workers: 2}\n")
    recorded = {**programs, SHOWS_A_CALL: MIXED}
    few = {task: listed[:10] for task, listed in recorded.items()}
    assert sampled(whole, recorded, "--settled", 0.95).returncode == 0
    assert sampled(broken, few, "--settled", 0.95).returncode != 0
    assert not (broken / "s.jsonl").exists()
    seen: list[dict[str, Any]] = []
    assert sampled(broken, recorded, "--settled", 0.95, "--config", "two.yaml", seen=seen).returncode == 0
    assert (broken / "s.jsonl").read_bytes() == (whole / "s.jsonl").read_bytes()
    assert 0 < sum(body.get("n") or 1 for body in seen) < sum(counts(whole))


def test_recorded_samples_are_used_as_far_as_they_would_be_drawn(
    case: tuple[dict[str, list[str]], int], tmp_path: Path
) -> None:
    recorded, count = case
    assert sampled(tmp_path, recorded, "--n", N).returncode == 0
    rerank = ("rerank", "--benchmark", "humaneval+", "--samples", "s.jsonl", "--no-tests", "--settled", 0.95)
    done = coderm(*rerank, "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"settled at 0.95: the first {count + 2 * N} of {3 * N} candidates are used" in done.stderr
    assert counts(tmp_path / "run", "samples.jsonl") == [count, N, N]


def test_plans_count_the_most_that_may_be_asked_and_run(tmp_path: Path, programs: dict[str, list[str]]) -> None:
    plan = sampled(tmp_path, programs, "--n", N, "--settled", 0.95, "--dry-run").stdout
    assert f"for {3 * N} samples" in plan and plan.endswith(", less where problems settle\n")
    assert sampled(tmp_path, programs, "--n", N).returncode == 0
    rerank = ("rerank", "--benchmark", "humaneval+", "--samples", "s.jsonl", "--no-tests", "--out", "run", "--dry-run")
    plain, settled = (coderm(*rerank, *more, cwd=tmp_path).stdout for more in ((), ("--settled", 0.95)))
    assert "at most 1,800," in plain and "at most 3,600," in settled


def test_a_certainty_that_is_none_is_refused(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    done = coderm("sample", "--benchmark", "humaneval+", "--settled", 1.5, "--out", "s.jsonl", cwd=tmp_path)
    assert done.returncode == 2 and "policy.settled" in done.stderr
