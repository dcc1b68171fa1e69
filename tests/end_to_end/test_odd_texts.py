"""A whole run whose candidates and tests are texts that are too much for a parser, or no text at all."""

from __future__ import annotations

import json
from pathlib import Path

from helpers.cli import coderm, rows, write_rows
from helpers.odd_texts import FUNCTION, ODD_TEXTS

from coderm_eval.benchmarks.demo import SAMPLES, TESTS

TASK = "demo/0"


def test_odd_texts_end_no_run_and_cost_no_candidate_its_verdicts(tmp_path: Path) -> None:
    """Among them a program that is right and a test that is good, by all rules and with grades."""
    program = next(row["solution"] for row in rows(SAMPLES) if row["task_id"] == TASK)
    test = next(row["test"] for row in rows(TESTS) if row["task_id"] == TASK)
    candidates = [program, *(text.replace(FUNCTION, program) for text in ODD_TEXTS.values())]
    short = [text for text in ODD_TEXTS.values() if len(text) < 3_000]
    tests = [test, *(text.replace(FUNCTION, f"{test}\n") for text in short)]
    write_rows(tmp_path / "s.jsonl", [{"task_id": TASK, "solution": text} for text in candidates])
    write_rows(tmp_path / "t.jsonl", [{"task_id": TASK, "test": text} for text in tests])
    files = ["--benchmark", "demo", "--samples", "s.jsonl", "--tests", "t.jsonl", "--out", "run", "--allow-partial"]
    done = coderm("rerank", *files, "--grade", "--select", "all", "--budget", "uniform", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["n_samples"] == len(candidates)
    [row] = rows(tmp_path / "run" / "verdicts.jsonl")
    assert row["verdicts"][0].startswith("P")
