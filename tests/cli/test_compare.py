"""`coderm-eval compare` on real run directories."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from helpers.cli import coderm, quick, rows, write_rows

from coderm_eval.benchmarks.demo import SAMPLES, TESTS


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs of the same candidates, by two rules: `one` and `two`."""
    folder = tmp_path_factory.mktemp("runs")
    samples, tests = quick(SAMPLES, folder / "samples.jsonl"), quick(TESTS, folder / "tests.jsonl")
    common = ["--benchmark", "demo", "--samples", samples, "--tests", tests, "--allow-partial", "--grade"]
    for name, rule in (("one", "majority"), ("two", "evidence")):
        done = coderm("rerank", *common, "--select", rule, "--out", name, "--store", "store", cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def copy_of(runs: Path, tmp_path: Path) -> Path:
    for name in ("one", "two"):
        shutil.copytree(runs / name, tmp_path / name)
    return tmp_path


def test_two_runs_are_compared_from_their_directories_alone(runs: Path, tmp_path: Path) -> None:
    folder = copy_of(runs, tmp_path)
    done = coderm("compare", "one", "two", "--json", "d.json", "--csv", "d.csv", "--latex", "d.tex", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "demo, 3 problems that all runs have graded" in done.stdout
    assert "|select" in done.stdout
    found = json.loads((folder / "d.json").read_text())
    for name in ("one", "two"):
        summary = json.loads((folder / name / "summary.json").read_text())
        assert found["runs"][name]["pass@1"] == summary["pass@1"]["coderm"]
    assert found["pairs"][0]["run"] == "two"
    assert (folder / "d.csv").read_text().startswith('"Run","against"')
    assert "tabular" in (folder / "d.tex").read_text()


def test_a_file_that_is_there_is_kept(runs: Path, tmp_path: Path) -> None:
    folder = copy_of(runs, tmp_path)
    (folder / "d.json").write_text("mine")
    done = coderm("compare", "one", "two", "--json", "d.json", cwd=folder)
    assert done.returncode == 2
    assert "d.json" in done.stderr and (folder / "d.json").read_text() == "mine"


def test_one_file_for_two_formats_is_refused(runs: Path, tmp_path: Path) -> None:
    folder = copy_of(runs, tmp_path)
    done = coderm("compare", "one", "two", "--json", "d.x", "--latex", "./d.x", cwd=folder)
    assert done.returncode == 2
    assert "name the same file twice" in done.stderr and not (folder / "d.x").exists()


def test_a_problem_without_a_grade_is_left_out_and_named(runs: Path, tmp_path: Path) -> None:
    folder = copy_of(runs, tmp_path)
    graded = rows(folder / "two" / "grades.jsonl")
    graded[0]["grades"] = [{"samples": row["samples"]} for row in graded[0]["grades"]]
    write_rows(folder / "two" / "grades.jsonl", graded)
    done = coderm("compare", "one", "two", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "demo, 2 problems" in done.stdout
    assert f"note: two: left out 1 problem: {graded[0]['task_id']}" in done.stdout


def test_what_is_no_graded_run_is_named(runs: Path, tmp_path: Path) -> None:
    folder = copy_of(runs, tmp_path)
    (folder / "two" / "grades.jsonl").write_text("")
    assert "two: its files do not belong together" in coderm("compare", "one", "two", cwd=folder).stderr
    assert "three/summary.json: cannot be read" in coderm("compare", "one", "three", cwd=folder).stderr
    assert "one: named twice" in coderm("compare", "one", "one", cwd=folder).stderr
    assert "Missing argument" in coderm("compare", "one", cwd=folder).stderr
