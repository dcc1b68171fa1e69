"""Flags of many verbs: some of the tasks, the number of workers, and how much is said."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from helpers.cli import coderm, quick, rows
from helpers.servers import serving, well_behaved

from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.cli import main

Rerank = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the candidates and tests of three tasks, and a store in which executions are kept."""
    folder = tmp_path_factory.mktemp("files")
    quick(SAMPLES, folder / "samples.jsonl")
    quick(TESTS, folder / "tests.jsonl")
    return folder


@pytest.fixture
def rerank(files: Path, tmp_path: Path) -> Rerank:
    inputs = ("--samples", files / "samples.jsonl", "--tests", files / "tests.jsonl", "--store", files / "store")
    return lambda *more: coderm("rerank", "--benchmark", "demo", *inputs, "--out", "run", *more, cwd=tmp_path)


def test_a_limited_run_says_of_how_many_problems_it_is(rerank: Rerank, tmp_path: Path) -> None:
    """The files lack eleven tasks, and are not refused: none of these is asked for."""
    done = rerank("--task-ids", "demo/8,demo/0", "--limit", 1, "--grade")
    assert done.returncode == 0, done.stderr
    assert {row["task_id"] for row in rows(tmp_path / "run" / "samples.jsonl")} == {"demo/0"}
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["n_problems"], summary["n_problems_of_benchmark"]) == (1, 14)
    assert "\n1 of 14 problems\n" in done.stdout
    assert "demo, 1 of 14 problems" in coderm("report", "run", cwd=tmp_path).stdout


def test_other_tasks_are_another_run(rerank: Rerank, tmp_path: Path) -> None:
    assert rerank("--task-ids", "demo/0").returncode == 0
    for unfinished in (False, True):
        if unfinished:
            (tmp_path / "run" / "summary.json").unlink()
        refused = rerank("--task-ids", "demo/0,demo/8")
        assert refused.returncode == 2 and "run: it holds" in refused.stderr, refused.stderr
    assert rerank("--task-ids", "demo/0").returncode == 0


def test_ids_may_stand_in_a_file_and_grades_are_of_these(files: Path, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("demo/8\n\n demo/11 \n")
    given = ("--samples", files / "samples.jsonl", "--store", files / "store", "--out", "g.json", "--task-ids", "ids")
    done = coderm("grade", "--benchmark", "demo", *given, cwd=tmp_path)
    assert done.returncode == 0 and "of 2 of the 14 tasks" in done.stdout, done.stderr
    assert set(json.loads((tmp_path / "g.json").read_text())["eval"]) == {"demo/8", "demo/11"}


def test_models_are_asked_for_the_wanted_tasks_only(files: Path, tmp_path: Path) -> None:
    with serving(well_behaved) as (url, seen):
        server = ("--benchmark", "demo", "--model", "m", "--base-url", url)
        for verb, tasks in (
            (("sample", "--n", 1, "--limit", 2), {"demo/0", "demo/1"}),
            (("write-tests", "--num", 1, "--samples", files / "samples.jsonl", "--task-ids", "demo/8"), {"demo/8"}),
        ):
            done = coderm(*verb, *server, "--out", "out.jsonl", "--overwrite", cwd=tmp_path)
            assert done.returncode == 0, done.stderr
            assert {row["task_id"] for row in rows(tmp_path / "out.jsonl")} == tasks
    assert len(seen) == 3


def test_workers_and_what_is_done_are_said_with_v(rerank: Rerank) -> None:
    said = rerank("--task-ids", "demo/0", "--workers", 2, "-v", "--grade").stderr
    for words in ("2 workers", "samples of 3 tasks", "of them found in the store", "bytes are written"):
        assert words in said
    assert logging.getLogger("coderm_eval").level == logging.NOTSET


def test_q_prints_the_result_and_errors_only(rerank: Rerank, files: Path, tmp_path: Path) -> None:
    usual = rerank("--task-ids", "demo/0", "--grade")
    assert "run directory: run" in usual.stderr
    shutil.rmtree(tmp_path / "run")
    done = rerank("--task-ids", "demo/0", "--grade", "-q")
    assert (done.stderr, done.stdout) == ("", usual.stdout)
    failed = rerank("--task-ids", "demo/99", "-q")
    assert failed.returncode == 2 and "has no task 'demo/99'" in failed.stderr
    assert logging.getLogger("coderm_eval").level == logging.NOTSET


LONG = {
    "demo": "--workers -v -q",
    "rerank": "--limit --task-ids --shard --workers -v -q",
    "sample": "--limit --task-ids --shard -v -q",
    "write-tests": "--limit --task-ids --shard -v -q",
    "grade": "--limit --task-ids --shard --workers -v -q",
    "verify": "--workers -v -q",
    "fetch": "-v -q",
}
"""The verbs that take long, and the flags that each shares with others."""


@pytest.mark.parametrize("verb", LONG)
def test_a_long_verb_has_the_flags_of_its_kind(verb: str) -> None:
    command = main.get_command(click.Context(main), verb)
    assert command is not None
    assert set(LONG[verb].split()) <= {flag for option in command.params for flag in option.opts}
