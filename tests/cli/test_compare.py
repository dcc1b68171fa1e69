"""`coderm-eval compare` on real run directories."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from helpers.cli import coderm, quick, rows, write_rows
from helpers.runs import write_graded_run

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
    assert "|select        |majority|evidence|" in done.stdout
    assert "|inputs" not in done.stdout  # they are the same
    found = json.loads((folder / "d.json").read_text())
    for name in ("one", "two"):
        summary = json.loads((folder / name / "summary.json").read_text())
        assert found["runs"][name]["pass@1"] == summary["pass@1"]["coderm"]
    assert found["pairs"][0]["run"] == "two"
    assert (folder / "d.csv").read_text().startswith("run,against,difference,")
    assert "tabular" in (folder / "d.tex").read_text()


def test_runs_that_were_given_files_of_another_n_are_told_apart(tmp_path: Path) -> None:
    for name, candidates in (("one", 2), ("two", 20)):
        write_graded_run(tmp_path / name, "10")
        summary = json.loads((tmp_path / name / "summary.json").read_text())
        (tmp_path / name / "summary.json").write_text(json.dumps({**summary, "n_candidates": candidates}))
    done = coderm("compare", "one", "two", cwd=tmp_path)
    assert "|n             |2  |20 |" in done.stdout, done.stdout


BOTH_NEITHER_AND_ONE = {"one": "1111 000 1 00", "two": "1111 111 0 00"}
"""Four problems that both have right, three that only `two` has, one that only `one` has, two that neither has."""


def test_every_number_is_that_of_a_calculation_by_hand(tmp_path: Path) -> None:
    """
    pass@1          one 5 of 10, two 7 of 10; difference 2 / 10
    differences     +1 three times, -1 once, 0 six times: mean 0.2; sum of squares 4 - 10 * 0.2 ** 2 = 3.6;
                    standard error sqrt(3.6 / 9 / 10) = 0.2
    bootstrap       the sum of 10 draws is at most -3 with probability 0.9 %, at most -2 with 3.2 %: 2.5 % is at -2.
                    It is at most 5 with 97.0 %, at most 6 with 99.3 %: 97.5 % is at 6. As means -0.2 and 0.6
    McNemar         of 4 problems that differ at most 1 is a loss: (1 + 4) / 16, two-sided 10 / 16 = 0.625
    """
    for name, scores in BOTH_NEITHER_AND_ONE.items():
        write_graded_run(tmp_path / name, scores)
    done = coderm("compare", "one", "two", "--json", "-", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name: run["pass@1"]["value"] for name, run in found["runs"].items()} == {"one": 0.5, "two": 0.7}
    [pair] = found["pairs"]
    assert (pair["run"], pair["against"]) == ("two", "one")
    assert (pair["wins"], pair["losses"]) == (["demo/4", "demo/5", "demo/6"], ["demo/7"])
    assert pair["difference"] == {"value": 0.2, "ci95": [-0.2, 0.6], "stderr": 0.2}
    assert pair["mcnemar_p"] == 0.625
    assert found["tiers"] == [["two", "one"]]
    assert (
        "|two|one    |        +20.0|-20.0 to +60.0|   3|     1|    0.625|"
        in coderm("compare", "one", "two", cwd=tmp_path).stdout
    )


@pytest.mark.parametrize(("kind", "start"), [("json", "{\n"), ("csv", "run,against,"), ("latex", "\\begin{tabular}")])
def test_a_dash_prints_it_in_place_of_the_tables(runs: Path, tmp_path: Path, kind: str, start: str) -> None:
    folder = copy_of(runs, tmp_path)
    done = coderm("compare", "one", "two", f"--{kind}", "-", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(start) and "|Tier|" not in done.stdout
    assert not (folder / "-").exists()


def test_a_file_that_is_there_is_kept(runs: Path, tmp_path: Path) -> None:
    folder = copy_of(runs, tmp_path)
    (folder / "d.json").write_text("mine")
    done = coderm("compare", "one", "two", "--json", "d.json", cwd=folder)
    assert done.returncode == 2
    assert (
        "d.json" in done.stderr and "give another --json" in done.stderr and (folder / "d.json").read_text() == "mine"
    )


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
    assert "three: no such folder; name one" in coderm("compare", "one", "three", cwd=folder).stderr
    assert "one: named twice" in coderm("compare", "one", "one", cwd=folder).stderr
    assert "Missing argument" in coderm("compare", "one", cwd=folder).stderr
