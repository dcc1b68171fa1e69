"""Whole runs in which each test method votes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, quick, rows, write_rows
from helpers.replaying import replaying

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.generation.recorded.readers import read_by_task
from coderm_eval.hosts.server.replay import RecordedAnswers
from coderm_eval.report.page.page import read_run
from coderm_eval.report.page.problem_rows import problem_rows
from coderm_eval.report.run_directory import RunDirectory

RERANK = "rerank --benchmark demo --allow-partial --grade --samples s.jsonl --tests t.jsonl"
FILES = ("chosen.jsonl", "verdicts.jsonl", "grades.jsonl")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same run by class and by method."""
    folder = tmp_path_factory.mktemp("votes")
    quick(SAMPLES, folder / "s.jsonl")
    tests = rows(quick(TESTS, folder / "t.jsonl"))
    write_rows(folder / "t.jsonl", [{**tests[0], "test": "No test can be used of this line."}, *tests])
    (folder / "method.yaml").write_text("{tests: {votes: method}, budget: {policy: uniform}}")
    (folder / "class.yaml").write_text("budget: {policy: uniform}")
    for unit in ("class", "method"):
        done = coderm(*f"{RERANK} --config {unit}.yaml --out {unit} --store store".split(), cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return found


def methods(sources: list[str]) -> list[str]:
    return [line for source in sources for line in source.splitlines() if "def test" in line]


def test_every_method_is_a_test_and_the_summary_says_so(runs: Path) -> None:
    written = [row["test"] for row in rows(runs / "t.jsonl")]
    voted = [row["test"] for row in rows(runs / "method" / "tests.jsonl")]
    assert methods(voted) == methods(written) and len(methods(written)) == len(voted) > len(written)
    by_class, by_method = summary(runs / "class"), summary(runs / "method")
    assert [found["settings"]["tests"]["votes"] for found in (by_class, by_method)] == ["class", "method"]
    assert by_method["tests_per_problem"] > by_class["tests_per_problem"]


def test_test_samples_are_counted_as_by_class(runs: Path) -> None:
    by_class, by_method = summary(runs / "class"), summary(runs / "method")
    assert by_method["budget"] == by_class["budget"] and by_method["test_samples"] == by_class["test_samples"]
    for task, other in zip(*(rows(runs / unit / "verdicts.jsonl") for unit in ("class", "method")), strict=True):
        of_samples = [{sample for test in row["tests"] for sample in test} for row in (task, other)]
        assert of_samples[0] == of_samples[1]


def test_a_class_passes_where_all_its_methods_do(runs: Path) -> None:
    for task, other in zip(*(rows(runs / unit / "verdicts.jsonl") for unit in ("class", "method")), strict=True):
        for row, of_methods in zip(task["verdicts"], other["verdicts"], strict=True):
            failed = {s for test, code in zip(other["tests"], of_methods, strict=True) if code != "P" for s in test}
            assert [code != "P" for code in row] == [not failed.isdisjoint(test) for test in task["tests"]]


def test_its_tests_file_gives_the_same_run_again(runs: Path) -> None:
    line = RERANK.replace("t.jsonl", "method/tests.jsonl")
    done = coderm(*f"{line} --config class.yaml --out again".split(), cwd=runs)
    assert done.returncode == 0, done.stderr
    first, again = (rows(runs / name / "verdicts.jsonl") for name in ("method", "again"))
    assert [row["verdicts"] for row in first] == [row["verdicts"] for row in again]
    assert summary(runs / "again")["pass@1"] == summary(runs / "method")["pass@1"]


def test_the_page_of_a_run_shows_each_method_with_its_samples(runs: Path) -> None:
    written = read_by_task(runs / "t.jsonl", "test")
    for row in problem_rows(read_run(RunDirectory(runs / "method")), with_programs=True):
        for test in row["tests"]:
            [method] = methods([test["source"]])
            assert all(method in written[row["task_id"]][sample] for sample in test["samples"])


@pytest.mark.parametrize(("unit", "other"), [("class", "method"), ("method", "class")])
def test_a_run_goes_on_with_its_own_unit_only(runs: Path, unit: str, other: str) -> None:
    """The store is that of both units."""
    before = {name: (runs / unit / name).read_bytes() for name in FILES}
    done = coderm(*f"{RERANK} --config {other}.yaml --out {unit}".split(), cwd=runs)
    assert done.returncode == 2 and f"settings.tests.votes is '{unit}', and here it is '{other}'" in done.stderr
    done = coderm(*f"{RERANK} --config {unit}.yaml --out {unit} --store fresh".split(), cwd=runs)
    assert done.returncode == 0 and {name: (runs / unit / name).read_bytes() for name in FILES} == before


def test_as_many_tests_are_asked_for_and_they_are_written_whole(runs: Path, tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    recorded = RecordedAnswers(load_benchmark("demo").problems, {}, read_by_task(runs / "t.jsonl", "test"))
    with replaying(recorded, seen) as address:
        for unit in ("class", "method"):
            model = {"model": "recorded", "base_url": f"http://{address}/v1", "num": 4, "votes": unit}
            (tmp_path / f"{unit}.yaml").write_text(json.dumps({"tests": model, "budget": {"policy": "uniform"}}))
            line = f"--benchmark demo --allow-partial --samples {runs / 's.jsonl'} --config {unit}.yaml"
            for verb in ("write-tests", "rerank"):
                done = coderm(*f"{verb} {line} --out {verb}-{unit} --store {verb}-{unit}.store".split(), cwd=tmp_path)
                assert done.returncode == 0, done.stderr
    asked = [request["n"] for request in seen]
    assert asked[: len(asked) // 2] == asked[len(asked) // 2 :]
    assert (tmp_path / "write-tests-method").read_text() == (tmp_path / "write-tests-class").read_text()
    voted = [methods([row["test"]]) for row in rows(tmp_path / "rerank-method" / "tests.jsonl")]
    assert {len(found) for found in voted} == {1}


def test_a_dry_run_says_what_it_cannot_know_of_methods(runs: Path) -> None:
    """The methods of recorded tests are counted; those of an answer that is not there are unknown."""
    model = "model: m, base_url: 'http://127.0.0.1:9/v1'"
    (runs / "unwritten.yaml").write_text(f"tests: {{{model}, votes: method}}")
    line = f"{RERANK} --dry-run --out dry --store fresh-dry"
    recorded = {unit: coderm(*f"{line} --config {unit}.yaml".split(), cwd=runs).stdout for unit in ("class", "method")}
    most = {
        unit: int(re.findall(r"executions: at most ([\d,]+)", text)[0].replace(",", ""))
        for unit, text in recorded.items()
    }
    assert most["method"] > most["class"] and "one test method" not in recorded["method"]
    planned = coderm(*line.replace("--tests t.jsonl", "--config unwritten.yaml").split(), cwd=runs)
    assert planned.stdout.endswith(", if no answer has more than one test method\n"), planned.stderr
