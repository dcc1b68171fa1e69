"""Cross-checks: by whole runs over invented LiveCodeBench problems, and by hand where a grade is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, rows, write_rows
from helpers.livecodebench import rows as made
from helpers.results import picked

from coderm_eval.core.records import Grade
from coderm_eval.report.cross_checks import cross_checks
from coderm_eval.report.provenance import hashes_of_files
from coderm_eval.report.run_directory import RunDirectory
from coderm_eval.report.tally import Tally
from coderm_eval.report.tally_row import OtherGrade, ReportedProblem, tally_row

ITERATES = "import sys\nprint(sum(map(int, sys.stdin)))\n"
"""Right, but the official grader's standard input cannot be iterated over."""
ASKS = "print(sum(map(int, (input(), input()))))\n"
METHOD = "class Solution:\n    def latest_tide(self, tides):\n        return max(tides, default=0)\n"

SUM = (("4\n5\n", "9\n"), ("1\n1\n", "2\n"))


def _prepare(folder: Path, problems: list[dict[str, str]], programs: dict[str, str], **settings: Any) -> list[object]:
    """Write the files of a run; returns its command."""
    made.write(folder / "problems.jsonl", problems)
    samples = write_rows(folder / "s.jsonl", [{"task_id": t, "solution": p} for t, p in programs.items()])
    tests = write_rows(folder / "t.jsonl", [{"task_id": t, "test": "assert True"} for t in programs])
    (folder / "c.yaml").write_text(json.dumps({"livecodebench": {"io": "both", **settings}, "report": False}))
    arguments = ["rerank", "--benchmark", "livecodebench", "--samples", samples, "--tests", tests]
    return [*arguments, "--out", "run", "--grade", "--config", "c.yaml"]


def _run(folder: Path, problems: list[dict[str, str]], programs: dict[str, str], **settings: Any) -> tuple[Any, str]:
    """`cross_checks` of the summary, and what was printed on stdout and stderr."""
    done = coderm(*_prepare(folder, problems, programs, **settings), cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "run" / "summary.json").read_text())["cross_checks"], done.stdout + done.stderr


@pytest.fixture(autouse=True)
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECODEBENCH_PATH", str(tmp_path / "problems.jsonl"))


def _stdin(question_id: str) -> dict[str, str]:
    return made.row(question_id, functional=False, platform="atcoder", public=SUM[:1], private=SUM[1:])


def test_methods_alone_leave_nothing_to_say(tmp_path: Path) -> None:
    checks, printed = _run(tmp_path, [made.row("1")], {"1": METHOD})
    assert checks == {"protocol_note": None, "without_errata": None, "other_grader": None}
    assert "paper" not in printed and "grader" not in printed and "known-bad" not in printed
    assert not (tmp_path / "run" / "alternative_grades.jsonl").exists()


@pytest.mark.parametrize(("grader", "other"), [("corrected", "official"), ("official", "corrected")])
def test_picks_on_which_the_other_grader_disagrees_are_counted(tmp_path: Path, grader: str, other: str) -> None:
    problems = [made.row("1"), _stdin("2"), _stdin("3")]
    checks, printed = _run(tmp_path, problems, {"1": METHOD, "2": ITERATES, "3": ASKS}, grader=grader)
    assert checks["other_grader"] == {"grader": other, "picks": 2, "differ": 1}
    assert f"the {other} grader disagrees on 1 of 2 picks" in printed
    assert rows(tmp_path / "run" / "alternative_grades.jsonl") == [
        {"task_id": "2", "grader": other, "tests": "fail" if other == "official" else "pass"},
        {"task_id": "3", "grader": other, "tests": "pass"},
    ]


def test_a_pick_that_one_grader_could_not_run_is_no_disagreement() -> None:
    right, wrong, missing = Grade({"tests": "pass"}), Grade({"tests": "fail"}), Grade()
    pairs = {"a": (right, wrong), "b": (right, missing), "c": (missing, wrong), "d": (right, right)}
    rows = [
        ReportedProblem(picked(task, 0.5), grades=[grade, grade], other=OtherGrade("official", other))
        for task, (grade, other) in pairs.items()
    ]
    checks = cross_checks(Tally(tally_row(row, "majority") for row in rows), "")
    assert checks["other_grader"] == {"grader": "official", "picks": 2, "differ": 1}


def test_programs_that_read_standard_input_are_called_an_extension(tmp_path: Path) -> None:
    checks, printed = _run(tmp_path, [made.row("1"), _stdin("2")], {"1": METHOD, "2": ASKS})
    start = "1 of the 2 problems read standard input, for which the paper has no protocol"
    assert checks["protocol_note"].startswith(start)
    assert checks["protocol_note"] in printed


@pytest.mark.parametrize(
    "errata", [{"question_id": "abc343_a"}, {"question_id": "8", "question_title": "find-the-peaks"}]
)
def test_known_bad_problems_are_left_out_of_a_second_score(tmp_path: Path, errata: dict[str, Any]) -> None:
    """By question id or by title: of two picks the wrong one is of a problem in the list."""
    problems = [made.row("1"), made.row(**errata)]
    checks, printed = _run(tmp_path, problems, {"1": METHOD, errata["question_id"]: "x = 1\n"})
    assert checks["without_errata"]["left_out"] == 1
    assert checks["without_errata"]["pass@1"]["coderm"]["value"] == 1.0
    bad = errata["question_id"]
    assert f"excluding known-bad problems ({bad}), pass@1 of coderm is 1.0000" in printed
    assert f"|excluding known-bad {bad}" in printed
    values = [line.split("|")[7].strip() for line in printed.splitlines() if "|coderm" in line and "pass@1" in line]
    assert [float(value) for value in values] == [0.5, 1.0]


def _exported_grades(folder: Path) -> dict[str, float]:
    done = coderm("export", "run", "--to", "livecodebench", "--out", "sub", "--name", "P", cwd=folder)
    assert done.returncode == 0, done.stderr
    [path] = (folder / "sub").rglob("*_eval_all.json")
    return {entry["question_id"]: entry["pass@1"] for entry in json.loads(path.read_text())}


def test_the_official_graders_grades_are_exported(tmp_path: Path) -> None:
    """The leaderboard compares with them; a run keeps them in its directory, whatever grader it had itself.

    A run directory of an earlier version lacks them, and the same command adds them.
    """
    problems = [made.row("1"), _stdin("2"), _stdin("3")]
    command = _prepare(tmp_path, problems, {"1": METHOD, "2": ITERATES, "3": ASKS})
    assert coderm(*command, cwd=tmp_path).returncode == 0
    assert _exported_grades(tmp_path) == {"1": 1.0, "2": 0.0, "3": 1.0}
    (tmp_path / "run" / "alternative_grades.jsonl").unlink()
    refused = coderm("export", "run", "--to", "livecodebench", "--out", "sub", "--name", "P", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr == (
        "coderm-eval: run: its picks have no grades by LiveCodeBench's own grader, with which the leaderboard "
        "compares; run the same `coderm-eval rerank` again, which grades only what is missing\n"
    )
    assert coderm(*command, cwd=tmp_path).returncode == 0
    assert _exported_grades(tmp_path) == {"1": 1.0, "2": 0.0, "3": 1.0}


def test_verify_asks_the_other_grader_again(tmp_path: Path) -> None:
    """The disagreement is hidden in the file, in the summary, and by new hashes."""
    _run(tmp_path, [made.row("1"), _stdin("2")], {"1": METHOD, "2": ITERATES})
    honest = coderm("verify", "run", "--all", cwd=tmp_path)
    assert honest.stdout.endswith("Findings: none\n")
    run = tmp_path / "run"
    write_rows(run / "alternative_grades.jsonl", [{"task_id": "2", "grader": "official", "tests": "pass"}])
    summary = (run / "summary.json").read_text()
    (run / "summary.json").write_text(summary.replace('"differ": 1', '"differ": 0'))
    provenance = json.loads((run / "provenance.json").read_text())
    hashes = hashes_of_files(RunDirectory(run))
    (run / "provenance.json").write_text(json.dumps({**provenance, "files": hashes}))
    changed = coderm("verify", "run", "--all", cwd=tmp_path)
    [counted, graded, _] = changed.stdout.splitlines()
    assert counted.startswith("tally.jsonl:2: graded is")
    assert graded == "alternative_grades.jsonl: 2: it is {'tests': 'pass'}, and now {'tests': 'fail'}"
