"""Problems of one's own: how lines are read, which are refused, and grades by the gold tests among them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, rows, said, write_rows
from helpers.execution import graded
from helpers.own_problems import ADD, MEAN, PROBLEMS, RIGHT, TOTAL, WRONG, install_package, write_own_problems
from helpers.paths import ROOT

from coderm_eval.benchmarks import Benchmark, GradeTask, load_benchmark, require_benchmark_name
from coderm_eval.core.errors import InputError


def _benchmark(folder: Path, *problems: dict[str, Any]) -> Benchmark:
    return load_benchmark(str(write_rows(folder / "problems.jsonl", problems or PROBLEMS)))


def test_a_program_is_right_if_it_passes_all_gold_tests(tmp_path: Path) -> None:
    programs = {"right": RIGHT, "wrong": WRONG, "empty": dict.fromkeys(RIGHT, "")}
    tasks = [GradeTask(f"{kind} {task}", task, p) for kind, by_task in programs.items() for task, p in by_task.items()]
    grades = graded(_benchmark(tmp_path), tasks)
    assert grades == {t.key: {"gold": "pass" if t.key.startswith("right") else "fail"} for t in tasks}


def test_an_endless_program_is_timed_out_unless_it_also_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within half a second, to spare the tests ten of the CPU."""
    monkeypatch.setattr("coderm_eval.benchmarks.problem_file._GOLD_S", 0.5)
    endless = "def total(numbers):\n    while not numbers: pass\n    return sum(numbers)\n"
    fails = endless.replace("sum(numbers)", "0")
    tasks = [GradeTask(name, "sums/total", program) for name, program in (("endless", endless), ("fails", fails))]
    assert graded(_benchmark(tmp_path), tasks) == {"endless": {"gold": "timeout"}, "fails": {"gold": "fail"}}


def test_a_problem_says_what_the_models_are_asked(tmp_path: Path) -> None:
    total, mean, add = _benchmark(tmp_path).problems
    assert total.question == TOTAL["question"]
    assert "function `total`" in total.request
    assert total.question in total.request
    assert mean.question.startswith("Write a function named `mean`. The mean; 0 of nothing.")
    assert str(MEAN["prompt"]).rstrip() in mean.request
    assert (add.entry_point, add.form) == ("solve", "stdin")
    assert "`solve(stdin: str) -> str`" in add.question


def test_no_gold_test_is_in_what_the_models_are_asked(tmp_path: Path) -> None:
    for problem in _benchmark(tmp_path).problems:
        assert "assert" not in repr(problem)


BAD_LINES: dict[str, tuple[object, str]] = {
    "not JSON": ("{", "not JSON"),
    "a list": ([TOTAL], "task_id is missing: give the problem a name of its own"),
    "no task id": ({"entry_point": "f", "question": "q"}, "task_id is missing"),
    "a task id in two lines": ({**TOTAL, "task_id": "a\nb"}, r"task_id: 'a\nb' cannot be printed"),
    "half a character for a task id": ({**TOTAL, "task_id": "\ud800"}, r"task_id: '\ud800' cannot be printed"),
    "an entry point of a stdin program": ({**ADD, "task_id": "a", "entry_point": "f"}, "stdin program as `solve`"),
    "no list of gold tests": ({**TOTAL, "gold_tests": None}, "gold_tests is None: expected a list"),
    "an empty task id": ({**TOTAL, "task_id": " "}, "task_id: it is empty"),
    "a number for a task id": ({**TOTAL, "task_id": 3}, "task_id is 3"),
    "no entry point": ({"task_id": "a", "question": "q"}, "entry_point is missing"),
    "an entry point that is no name": ({**TOTAL, "entry_point": "f(x)"}, "'f(x)' is no name of a function"),
    "a keyword for an entry point": ({**TOTAL, "entry_point": "class"}, "'class' is no name of a function"),
    "neither prompt nor question": ({"task_id": "a", "entry_point": "f"}, "prompt and question are both missing"),
    "an unknown form": ({**TOTAL, "form": "class"}, "form is 'class'"),
    "gold tests of numbers": ({**TOTAL, "gold_tests": [1]}, "gold_tests"),
    "a gold test that tests nothing": ({**TOTAL, "gold_tests": ["x = 1"]}, "a gold test of 'sums/total'"),
    "a gold test that is not Python": ({**TOTAL, "gold_tests": ["assert ("]}, "a gold test of 'sums/total'"),
    "an entry point without its sign": (
        {"task_id": "a", "entrypoint": "f"},
        "'entrypoint'; did you mean 'entry_point'",
    ),
    "a form in capitals": ({**TOTAL, "Form": "stdin"}, "'Form'; did you mean 'form'"),
    "gold tests in the singular": ({"task_id": "a", "gold_test": ""}, "'gold_test'; did you mean 'gold_tests'"),
    "gold tests as others call them": ({"task_id": "a", "tests": ""}, "'tests'; did you mean 'gold_tests'"),
    "the same task twice": (ADD, "a second problem with the task_id 'io/add'"),
}


@pytest.mark.parametrize("bad", BAD_LINES)
def test_a_line_that_cannot_be_used_is_named(bad: str, tmp_path: Path) -> None:
    line, words = BAD_LINES[bad]
    path = tmp_path / "problems.jsonl"
    path.write_text(f"{json.dumps(ADD)}\n{line if isinstance(line, str) else json.dumps(line)}\n")
    message = said(InputError, load_benchmark, str(path))
    assert f"{path}:2: " in message
    assert words in message


def test_other_keys_are_their_owners(tmp_path: Path) -> None:
    """Beside a key of ours also one that is like it: it cannot be meant for that."""
    kept = {"difficulty": "easy", "source": "us", "platform": "own", "format": "text", "tests": ["unused"]}
    with_others, without = (list(_benchmark(tmp_path, row).problems) for row in ({**TOTAL, **kept}, TOTAL))
    assert with_others == without


def test_a_missing_or_empty_file_is_named(tmp_path: Path) -> None:
    assert "no such file" in said(InputError, load_benchmark, str(tmp_path / "problems.jsonl"))
    (tmp_path / "empty.jsonl").touch()
    assert "no lines" in said(InputError, load_benchmark, str(tmp_path / "empty.jsonl"))


def test_a_gzipped_file_is_the_same_benchmark(tmp_path: Path) -> None:
    plain = _benchmark(tmp_path)
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress((tmp_path / "problems.jsonl").read_bytes()))
    packed = load_benchmark(str(tmp_path / "packed.jsonl.gz"))
    assert (list(packed.problems), packed.dataset_sha256) == (list(plain.problems), plain.dataset_sha256)


def test_a_wrong_name_is_told_from_a_file() -> None:
    message = said(InputError, require_benchmark_name, "humaneval")
    assert "did you mean 'humaneval+'" in message
    assert "problems.jsonl" in message


# The whole way


def _rerank(folder: Path, problems: str, *more: str) -> subprocess.CompletedProcess[str]:
    files = ("--samples", "own_samples.jsonl", "--tests", "own_tests.jsonl", "--out", "run")
    return coderm("rerank", "--benchmark", problems, *files, *more, cwd=folder)


def test_a_run_is_reranked_graded_and_verified(tmp_path: Path) -> None:
    write_own_problems(tmp_path)
    done = _rerank(tmp_path, "problems.jsonl", "--grade", "--report")
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["benchmark"] == "problems.jsonl"
    assert {row: summary["pass@1"][row]["value"] for row in ("first", "coderm")} == {"first": 0.0, "coderm": 1.0}
    assert (tmp_path / "run" / "report.html").is_file()
    verified = coderm("verify", "run", "--all", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout
    exported = coderm("export", "run", "--to", "csv", "--name", "P + T Bo2", "--out", "tables", cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr


def test_without_gold_tests_there_are_picks_and_no_scores(tmp_path: Path) -> None:
    """The labelling of training data."""
    write_own_problems(tmp_path)
    done = _rerank(tmp_path, "unlabelled.jsonl")
    assert done.returncode == 0, done.stderr
    assert {row["task_id"]: row["solution"] for row in rows(tmp_path / "run" / "chosen.jsonl")} == RIGHT
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["pass@1"] is None
    reported = coderm("report", "run", cwd=tmp_path)
    assert reported.returncode == 0, reported.stderr
    assert "|samples                      |   6|" in reported.stdout and "--grade" not in reported.stdout
    (labels,) = [line for line in reported.stdout.splitlines() if line.startswith("coderm-eval labels")]
    labelled = coderm(*labels.split()[1:], cwd=tmp_path)
    assert labelled.returncode == 0, labelled.stderr
    written = rows(tmp_path / "labels.jsonl")
    assert {row["task_id"]: row["solution"] for row in written if row["chosen"]} == RIGHT
    assert {row["task_id"]: row["solution"] for row in written if not row["chosen"]} == WRONG
    assert all(row["reward"] > 0.9 and row["votes"] == row["tests"] for row in written if row["chosen"])


@pytest.mark.parametrize("verb", ["rerank", "grade"])
def test_grades_without_gold_tests_are_refused(verb: str, tmp_path: Path) -> None:
    write_own_problems(tmp_path)
    if verb == "rerank":
        done = _rerank(tmp_path, "unlabelled.jsonl", "--grade")
    else:
        files = ("--samples", "own_samples.jsonl", "--out", "grades.json")
        done = coderm("grade", "--benchmark", "unlabelled.jsonl", *files, cwd=tmp_path)
    assert done.returncode == 2
    assert "unlabelled.jsonl: no gold_tests for sums/total, sums/mean, io/add" in done.stderr
    assert not (tmp_path / "run").exists()


def test_samples_are_graded_alone(tmp_path: Path) -> None:
    write_own_problems(tmp_path)
    files = ("--samples", "own_samples.jsonl", "--out", "grades.json")
    done = coderm("grade", "--benchmark", "problems.jsonl", *files, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0.5000" in done.stdout


# Benchmarks of other packages


def _with_package(folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """`rerank --benchmark sums` where a package has a benchmark of that name."""
    write_own_problems(folder)
    files = ("--samples", "own_samples.jsonl", "--tests", "own_tests.jsonl", "--out", "run")
    return subprocess.run(
        [sys.executable, "-m", "coderm_eval", "rerank", "--benchmark", "sums", *files],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])},
        capture_output=True,
        text=True,
    )


def test_a_package_has_a_benchmark(tmp_path: Path) -> None:
    done = _with_package(tmp_path, install_package(tmp_path))
    assert done.returncode == 0, done.stderr
    assert len(rows(tmp_path / "run" / "chosen.jsonl")) == len(PROBLEMS)


@pytest.mark.parametrize("code", ["import nothing_of_that_name", "def load():\n    return 3\n", "raise SystemExit(1)"])
def test_a_package_that_is_broken_is_named(code: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    metadata = site / "sums-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "sums.py").write_text(code)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: sums\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[coderm_eval.benchmarks]\nsums = sums:load\n")
    done = _with_package(tmp_path, site)
    assert done.returncode == 2
    assert "'sums' of the entry point sums = sums:load" in done.stderr
    assert "uninstall the package sums" in done.stderr
    assert "Traceback" not in done.stderr
