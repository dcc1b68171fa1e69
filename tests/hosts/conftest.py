"""What the tests of several hosts have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.lm_eval_replay import TESTS, Replay, unittest_class, write_column
from helpers.mini_humaneval import MiniHumanEval
from helpers.replaying import replaying

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.hosts.server.replay import RecordedAnswers


@pytest.fixture
def replay(mini_humaneval: MiniHumanEval, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    """Four candidates a problem: wrong, right, wrong in another way, right again."""
    monkeypatch.chdir(tmp_path)
    other = "\n\ndef {}(*a):\n    return 0\n"
    problems = load_benchmark("humaneval+").problems
    candidates = {
        p.task_id: [
            mini_humaneval.wrong[p.task_id],
            mini_humaneval.right[p.task_id],
            other.format(p.entry_point),
            mini_humaneval.right[p.task_id],
        ]
        for p in problems
    }
    tests = {task_id: [unittest_class(line) for line in lines] for task_id, lines in TESTS.items()}
    samples_file, tests_file = tmp_path / "samples.jsonl", tmp_path / "tests.jsonl"
    write_column(samples_file, "solution", candidates)
    write_column(tests_file, "test", tests)
    requests: list[dict[str, Any]] = []
    with replaying(RecordedAnswers(problems, candidates, tests), requests) as address:
        yield Replay(f"http://{address}/v1", samples_file, tests_file, requests)
