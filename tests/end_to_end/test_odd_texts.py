"""A whole run whose candidates and tests are texts that are too much for a parser, or no text at all."""

from __future__ import annotations

import json
from pathlib import Path

from helpers.cli import coderm, rows, write_rows
from helpers.odd_texts import FUNCTION, ODD_TEXTS

from coderm_eval.benchmarks.demo import SAMPLES, TESTS

ALL = [*ODD_TEXTS.values()]
SHORT = [text for text in ALL if len(text) < 3_000]
ODD = {"demo/5": (ALL, SHORT[::9]), "demo/9": (SHORT[::9], SHORT)}
"""Candidates and tests of two problems, each with many of one and few of the other: 550 verdicts in place of 2,500."""


def test_odd_texts_end_no_run_and_cost_no_candidate_its_verdicts(tmp_path: Path) -> None:
    """Among them a program that is right and a test that is good, by all rules and with grades."""
    candidates, tests = [], []
    for task, (programs, written) in ODD.items():
        program = next(row["solution"] for row in rows(SAMPLES) if row["task_id"] == task)
        test = next(row["test"] for row in rows(TESTS) if row["task_id"] == task)
        right = [program, *(text.replace(FUNCTION, program) for text in programs)]
        candidates += [{"task_id": task, "solution": text} for text in right]
        good = [test, *(text.replace(FUNCTION, f"{test}\n") for text in written)]
        tests += [{"task_id": task, "test": text} for text in good]
    write_rows(tmp_path / "s.jsonl", candidates)
    write_rows(tmp_path / "t.jsonl", tests)
    (tmp_path / "short.yaml").write_text("execution: {timeout_s: 0.25}\n")  # some texts are compiled until it is over
    files = ["--benchmark", "demo", "--samples", "s.jsonl", "--tests", "t.jsonl", "--out", "run", "--allow-partial"]
    files += ["--config", "short.yaml", "--no-report"]
    done = coderm("rerank", *files, "--grade", "--select", "all", "--budget", "uniform", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["n_samples"] == len(candidates)
    found = {row["task_id"]: row["verdicts"] for row in rows(tmp_path / "run" / "verdicts.jsonl")}
    assert [verdicts[0][0] for verdicts in found.values()] == ["P"] * len(ODD)
