"""The rewards of a run's samples, as rows for training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import said, write_rows

from coderm_eval.core.errors import InputError
from coderm_eval.report.labels import label_rows
from coderm_eval.report.run_directory import RunDirectory

PICK = {"chosen": 0, "rewards": [0.9, None], "confidence": 0.5}
VERDICTS: dict[str, Any] = {
    "candidates": [[0, 2], [1]],
    "tests": [[0], [1, 2]],
    "verdicts": ["FP", "PN"],
    "selections": {"evidence": PICK, "majority": {**PICK, "chosen": 1}},
}


def run(folder: Path, *, tasks: str = "ab", samples: str = "aaabbb", select: str = "evidence") -> RunDirectory:
    """Problems of one letter with three samples each, of which the first and the last are the same program."""
    (folder / "summary.json").write_text(json.dumps({"select": select}))
    write_rows(folder / "samples.jsonl", [{"task_id": t, "solution": f"{t}{i % 2}"} for i, t in enumerate(samples)])
    write_rows(folder / "verdicts.jsonl", [{"task_id": task, **VERDICTS} for task in tasks])
    return RunDirectory(folder)


def test_each_sample_has_its_programs_reward_and_votes(tmp_path: Path) -> None:
    """A test that was written twice counts twice; one that could not be run counts for nobody."""
    found = list(label_rows(run(tmp_path)))
    assert [row["task_id"] for row in found] == [*"aaabbb"]
    assert [row["sample"] for row in found] == [0, 1, 2] * 2
    assert [row["reward"] for row in found] == [0.9, None, 0.9] * 2
    assert [(row["votes"], row["tests"]) for row in found] == [(2, 3), (1, 3), (2, 3)] * 2
    assert [row["chosen"] for row in found] == [True, False, True] * 2
    assert {row["confidence"] for row in found} == {0.5}


def test_the_pick_is_that_of_the_runs_rule(tmp_path: Path) -> None:
    assert [row["chosen"] for row in label_rows(run(tmp_path, select="majority"))] == [False, True, False] * 2


@pytest.mark.parametrize("changed", [{"samples": "aaabb"}, {"samples": "bbbaaa"}, {"select": "codet"}])
def test_files_that_do_not_belong_together_are_refused(changed: dict[str, str], tmp_path: Path) -> None:
    directory = run(tmp_path, **changed)
    assert "do not belong together" in said(InputError, lambda: list(label_rows(directory)))


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    assert "no such folder" in said(InputError, lambda: list(label_rows(RunDirectory(tmp_path / "gone"))))
