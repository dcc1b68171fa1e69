"""EvalPlus's results file: its rows, and that both commands write the same one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from helpers.cli import coderm, write_rows
from helpers.mini_humaneval import MiniHumanEval

from coderm_eval.core.records import Grade
from coderm_eval.report.evalplus_results import results_rows, write_results

BOTH = Grade({"base": "pass", "plus": "fail"})


def test_a_row_has_the_keys_of_evalplus_in_its_order() -> None:
    [row] = results_rows({"a": ["x"]}, {("a", "x"): BOTH})["a"]
    assert list(row.items()) == [
        *(("task_id", "a"), ("solution", "x"), ("base_status", "pass"), ("plus_status", "fail")),
        *(("base_fail_tests", []), ("plus_fail_tests", [])),
    ]


def test_extra_tests_that_were_not_run_have_a_null_status() -> None:
    [row] = results_rows({"a": ["x"]}, {("a", "x"): Grade({"base": "pass"})})["a"]
    assert (row["base_status"], row["plus_status"], row["plus_fail_tests"]) == ("pass", None, [])


def test_another_benchmarks_suites_keep_their_names() -> None:
    [row] = results_rows({"a": ["x"]}, {("a", "x"): Grade({"tests": "timeout"})})["a"]
    assert row == {"task_id": "a", "solution": "x", "tests_status": "timeout", "tests_fail_tests": []}


def test_a_sample_without_a_grade_has_no_row() -> None:
    """EvalPlus would count any status that it does not know as wrong."""
    grades = {("a", "x"): BOTH, ("a", "y"): Grade(), ("b", "z"): Grade()}
    rows = results_rows({"a": ["y", "x"], "b": ["z"]}, grades)
    assert [(task, row["solution"]) for task, listed in rows.items() for row in listed] == [("a", "x")]


def test_the_file_has_the_keys_of_evalplus_in_its_order(tmp_path: Path) -> None:
    write_results(tmp_path / "r.json", "hash", results_rows({"a": ["x"]}, {("a", "x"): BOTH}))
    assert list(json.loads((tmp_path / "r.json").read_text())) == ["date", "hash", "eval"]


def test_grade_writes_what_evalplus_itself_would_read(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    from evalplus.eval import compatible_eval_result

    lines = [{"task_id": task, "solution": program} for task, program in mini_humaneval.right.items()]
    samples = write_rows(tmp_path / "s.jsonl", lines)
    done = coderm("grade", "--benchmark", "humaneval+", "--samples", samples, "--out", "r.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written: dict[str, Any] = json.loads((tmp_path / "r.json").read_text())
    assert list(written) == ["date", "hash", "eval"]
    assert compatible_eval_result(written) == written
    assert [row["solution"] for rows in written["eval"].values() for row in rows] == [*mini_humaneval.right.values()]
