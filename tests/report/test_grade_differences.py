"""Recorded grades of every format beside ours, sample by sample."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, said, write_rows
from helpers.coderm_records import write_annotated
from helpers.mini_humaneval import MiniHumanEval

from coderm_eval.benchmarks.recorded_grades import read_recorded_grades
from coderm_eval.core.errors import InputError
from coderm_eval.core.records import Grade
from coderm_eval.report.grade_differences import grade_differences, render_differences, require_grades_of

RIGHT = {"a": [True, False], "b": [False, False]}
PROGRAMS = {"a": ["x", "y"], "b": ["z", "z"]}


def word(right: bool) -> str:
    return "pass" if right else "fail"


def evalplus() -> str:
    rows = {
        task: [
            {"solution": p, "base_status": "pass", "plus_status": word(r)}
            for p, r in zip(PROGRAMS[task], listed, strict=True)
        ]
        for task, listed in RIGHT.items()
    }
    return json.dumps({"date": "now", "hash": "h", "eval": rows})


def lines(key: str) -> str:
    return "".join(
        json.dumps(
            {
                "task_id": task,
                "solutions": [{"solution": p, key: word(r)} for p, r in zip(PROGRAMS[task], listed, strict=True)],
            }
        )
        + "\n"
        for task, listed in RIGHT.items()
    )


def eval_all() -> str:
    return json.dumps(
        [{"question_id": t, "code_list": PROGRAMS[t], "graded_list": listed} for t, listed in RIGHT.items()], indent=1
    )


FORMATS = {
    "EvalPlus": evalplus(),
    "EvalPlus, indented": json.dumps(json.loads(evalplus()), indent=1),
    "CodeRM's authors": lines("plus_status"),
    "their LiveCodeBench": lines("result"),
    "LiveCodeBench's runner": eval_all(),
}


@pytest.mark.parametrize("content", FORMATS.values(), ids=FORMATS.keys())
@pytest.mark.parametrize("zipped", [False, True])
def test_every_format_gives_the_same_grades(tmp_path: Path, content: str, zipped: bool) -> None:
    path = tmp_path / "grades"
    path.write_bytes(gzip.compress(content.encode()) if zipped else content.encode())
    recorded = read_recorded_grades(path)
    assert {task: [one.grade.passed for one in listed] for task, listed in recorded.items()} == RIGHT
    grades = {("a", "x"): Grade({"t": "pass"}), ("a", "y"): Grade({"t": "pass"}), ("b", "z"): Grade()}
    found = grade_differences(PROGRAMS, grades, recorded)
    assert (found.compared, found.ungraded, found.other_programs) == (2, 2, 0)
    assert [(task, sample) for task, sample, *_ in found.differences] == [("a", 1)]


def test_a_suite_that_evalplus_did_not_run_is_no_grade(tmp_path: Path) -> None:
    rows = {"a": [{"solution": "x", "base_status": "pass", "plus_status": None}]}
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"eval": rows}))
    assert read_recorded_grades(path)["a"][0].grade == Grade({"base": "pass"})


def test_another_text_at_the_place_of_a_sample_is_counted(tmp_path: Path) -> None:
    recorded = read_recorded_grades(write_annotated(tmp_path / "g.jsonl", {"a": [("X", "pass"), ("y", "pass")]}))
    found = grade_differences(
        {"a": ["x", "y"]}, dict.fromkeys([("a", "x"), ("a", "y")], Grade({"t": "fail"})), recorded
    )
    assert render_differences(found, Path("g.jsonl")).splitlines() == [
        "g.jsonl: 2 of 2 samples are graded otherwise, 0 right here and 2 wrong here; 1 have another text there",
        "a sample 0: here t fail; there plus pass",
        "a sample 1: here t fail; there plus pass",
    ]


BAD = [
    ('{"task_id": "a", "solutions": ["x"]}', ":1: a sample of a without a grade: \"'x'\"; expected {"),
    ('{"task_id": "a", "solutions": [{"solution": "x"}]}', ":1: a sample of a without a grade: "),
    ('{"task_id": "a", "solution": "x"}', ":1: no grades: "),
    ('[{"question_id": "a", "code_list": []}]', ": entry 1: no grades: "),
    ("[3]", ": entry 1: no grades: '{}'"),
    ("x", ":1: not JSON: 'x'"),
    ("", ": no grades; expected "),
]


@pytest.mark.parametrize(("content", "message"), BAD, ids=range(len(BAD)))
def test_a_file_without_grades_is_refused_with_its_place(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "g.jsonl").write_text(content)
    assert said(InputError, read_recorded_grades, tmp_path / "g.jsonl").startswith(f"{tmp_path / 'g.jsonl'}{message}")


def test_grades_of_other_samples_are_refused(tmp_path: Path) -> None:
    recorded = read_recorded_grades(write_annotated(tmp_path / "g.jsonl", {"a": [("x", "pass")]}))
    message = said(InputError, require_grades_of, Path("g.jsonl"), PROGRAMS, recorded)
    assert message.startswith("g.jsonl: fewer grades than there are samples of 2 tasks (a, b)")


def test_grade_prints_where_recorded_grades_differ(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    programs = {task: [text, mini_humaneval.wrong[task]] for task, text in mini_humaneval.right.items()}
    graded = {task: [(right, "pass"), (wrong, "pass")] for task, (right, wrong) in programs.items()}
    file = write_annotated(tmp_path / "anno.jsonl", graded)
    given: list[Any] = ["--benchmark", "humaneval+", "--samples", file, "--out", "r.json"]
    done = coderm("grade", *given, "--against", file, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, sentence, *differences = done.stdout.splitlines()
    assert first.startswith("pass@1 0.5000")
    assert sentence == f"{file}: 3 of 6 samples are graded otherwise, 0 right here and 3 wrong here"
    assert differences == [f"{task} sample 1: here base fail, plus fail; there plus pass" for task in programs]


def test_a_file_of_grades_for_other_samples_stops_before_grading(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    samples = write_rows(tmp_path / "s.jsonl", [{"task_id": t, "solution": p} for t, p in mini_humaneval.right.items()])
    other = write_annotated(tmp_path / "g.jsonl", {"HumanEval/0": [("x", "pass")]})
    given: list[Any] = ["--benchmark", "humaneval+", "--samples", samples, "--out", "r.json", "--against", other]
    done = coderm("grade", *given, cwd=tmp_path)
    assert done.returncode == 2 and "fewer grades than there are samples of 2 tasks" in done.stderr
    assert not (tmp_path / "r.json").exists()
