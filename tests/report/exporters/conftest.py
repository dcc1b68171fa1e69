"""A graded run of three invented problems with three candidates each, for all tests of exports."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers.cli import coderm, write_rows
from helpers.mini_humaneval import MiniHumanEval, point_evalplus, write_mini

TESTS = {
    "HumanEval/0": ["assert buoy_gap(2, 5) == 3", "assert buoy_gap(9, 1) == 8"],
    "HumanEval/1": ["assert peal([1, 2]) == [2, 1]"],
    "HumanEval/2": ["assert latest_tide([4]) is None"],  # it misleads: the pick is wrong
}


@pytest.fixture(scope="session")
def finished(mini_answers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which it was made; its `run` is to be copied before it is changed."""
    folder = tmp_path_factory.mktemp("finished")
    mini = write_mini(folder)
    shutil.copytree(mini_answers, mini.cache)
    programs = {task: [mini.wrong[task], right, f"{right}\n# again\n"] for task, right in mini.right.items()}
    samples = [{"task_id": task, "solution": program} for task, listed in programs.items() for program in listed]
    tests = [{"task_id": task, "test": test} for task, listed in TESTS.items() for test in listed]
    files = ["--samples", write_rows(folder / "s.jsonl", samples), "--tests", write_rows(folder / "t.jsonl", tests)]
    with pytest.MonkeyPatch.context() as patch:
        point_evalplus(patch, mini.environment)
        done = coderm("rerank", "--benchmark", "humaneval+", *files, "--grade", "--out", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def run(finished: Path, mini_humaneval: MiniHumanEval, tmp_path: Path) -> Path:
    """A copy of the run, where its dataset is at hand."""
    return shutil.copytree(finished / "run", tmp_path / "run")
