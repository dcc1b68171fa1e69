"""`--shard I/N`: each verb does its part of the work, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.cli import coderm, rows
from helpers.servers import serving, well_behaved
from helpers.sums import sums, write_sums

import coderm_eval

RERANK = "rerank --benchmark problems.jsonl --samples samples.jsonl --tests tests.jsonl --out run"
OF_SHARD = sums()[2::8]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_sums(folder)
    return folder


def test_rerank_runs_its_part_and_says_of_what(files: Path) -> None:
    done = coderm(*RERANK.split(), "--shard", "3/8", "--budget", "uniform", cwd=files)
    assert done.returncode == 0, done.stderr
    assert [row["task_id"] for row in rows(files / "run" / "verdicts.jsonl")] == OF_SHARD
    notice = (
        "shard 3 of 8: 2 of 17 problems of problems.jsonl, and every score is of these; `coderm-eval merge` puts the "
        "shards together"
    )
    summary = json.loads((files / "run" / "summary.json").read_text())
    assert notice in summary["notices"] and notice in done.stderr
    assert {"number": 3, "of": 8, "problems": 17}.items() <= summary["shard"].items()
    other = coderm(*RERANK.split(), "--shard", "4/8", "--budget", "uniform", cwd=files)
    assert other.returncode == 2 and "it holds a finished run" in other.stderr


def test_evaluate_runs_a_shard(files: Path, tmp_path: Path) -> None:
    given = {"samples": files / "samples.jsonl", "tests": files / "tests.jsonl", "budget": {"policy": "uniform"}}
    run = coderm_eval.evaluate(str(files / "problems.jsonl"), **given, out=tmp_path / "run", shard="3/8")  # type: ignore[arg-type]
    assert list(run.picks) == OF_SHARD


def test_grade_grades_its_part(files: Path) -> None:
    given = "grade --benchmark problems.jsonl --samples samples.jsonl --out grades.json --shard 3/8"
    done = coderm(*given.split(), cwd=files)
    assert done.returncode == 0 and "of 2 of the 17 tasks" in done.stdout, done.stderr
    assert list(json.loads((files / "grades.json").read_text())["eval"]) == OF_SHARD


def test_models_are_asked_for_their_part_only(files: Path) -> None:
    with serving(well_behaved) as (url, seen):
        server = f"--benchmark problems.jsonl --model m --base-url {url} --shard 3/8 --out"
        for verb in ("sample --n 1", "write-tests --num 1 --samples samples.jsonl"):
            out = f"{verb.split()[0]}.jsonl"
            done = coderm(*verb.split(), *server.split(), out, cwd=files)
            assert done.returncode == 0, done.stderr
            assert [row["task_id"] for row in rows(files / out)] == OF_SHARD
    assert len(seen) == 2 * len(OF_SHARD)


def test_files_may_hold_the_part_alone(files: Path, tmp_path: Path) -> None:
    for name in ("samples.jsonl", "tests.jsonl"):
        lines = (files / name).read_text().splitlines(keepends=True)
        (tmp_path / name).write_text("".join(line for line in lines if json.loads(line)["task_id"] in OF_SHARD))
    (tmp_path / "problems.jsonl").write_bytes((files / "problems.jsonl").read_bytes())
    done = coderm(*RERANK.split(), "--shard", "3/8", "--budget", "uniform", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    missing = coderm(*RERANK.split(), "--shard", "4/8", "--budget", "uniform", "--out", "other", cwd=tmp_path)
    assert missing.returncode == 2 and "samples.jsonl: nothing for 2 of its tasks" in missing.stderr


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ("--shard 0/8", "--shard 0/8: there is no such shard; they are numbered from 1/8 to 8/8"),
        ("--shard 3-8", "--shard '3-8': expected I/N, such as 3/8 for the third of eight shards"),
        ("--shard 1/18 --budget uniform", "--shard 1/18: 17 tasks cannot be shared by 18 shards; 17 is the most"),
        ("--shard 1/3 --limit 2 --no-tests", "--shard 1/3: 2 tasks cannot be shared by 3 shards; 2 is the most"),
        (
            "--shard 3/8",
            "--shard 3/8: the budget 'sequential' is shared by 2,000 problems at a time, and 17 problems are 1 such "
            "pool; give --budget uniform, or set budget.pool to 2 or less",
        ),
        (
            "--shard 3/9",
            "--shard 3/9: the budget 'sequential' is shared by 2,000 problems at a time, and 17 problems are 1 such "
            "pool; give --budget uniform, or set budget.pool to 1",
        ),
        (
            "--shard 3/8 --allow-partial --budget uniform",
            "--shard and --allow-partial exclude each other: which problems a shard has does not depend on a file; "
            "name the tasks that have samples by --task-ids",
        ),
        (
            "--shard 3/8 --grade --resample-tests 2",
            "--resample-tests looks at all problems at once: leave out --shard 3/8, or --resample-tests",
        ),
        (
            "--shard 3/8 --grade --budget-curve",
            "--budget-curve looks at all problems at once: leave out --shard 3/8, or --budget-curve",
        ),
    ],
)
def test_a_shard_that_cannot_be_is_refused_in_a_sentence(files: Path, flags: str, why: str) -> None:
    arguments = [*RERANK.replace("--out run", "--out refused").split(), *flags.split()]
    if "--no-tests" in flags:
        arguments = [word for word in arguments if word not in ("--tests", "tests.jsonl")]
    done = coderm(*arguments, cwd=files)
    assert (done.returncode, done.stderr) == (2, f"coderm-eval: {why}\n")
    assert not (files / "refused").exists()
