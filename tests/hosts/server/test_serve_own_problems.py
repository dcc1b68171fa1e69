"""`sample` asks `serve` for problems of one's own, with `replay` for a model: the picks are those of `rerank`."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.cli import coderm, rows
from helpers.recordings import best_of_n, picks_of_rerank, write_own


@pytest.mark.parametrize("file", ["problems.jsonl", "unlabelled.jsonl"])
def test_sample_stores_the_picks_of_rerank(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a function, a method and a program that reads its input; `serve` finds which in the request."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    recording = write_own(tmp_path)
    with best_of_n(recording, tmp_path) as url:
        sample = ("sample", "--benchmark", tmp_path / file, "--model", "recorded", "--base-url", url, "--n", 1)
        done = coderm(*sample, "--out", "picked.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    picks = picks_of_rerank(recording, tmp_path)
    assert {row["task_id"]: row["solution"] for row in rows(tmp_path / "picked.jsonl")} == picks.chosen
    assert picks.chosen != picks.first
