"""What is said beside the scores: by a whole run over invented LiveCodeBench problems."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, write_rows
from helpers.livecodebench import rows as made

ITERATES = "import sys\nprint(sum(map(int, sys.stdin)))\n"
"""Right, but the official grader's standard input cannot be iterated over."""
ASKS = "print(sum(map(int, (input(), input()))))\n"
METHOD = "class Solution:\n    def latest_tide(self, tides):\n        return max(tides, default=0)\n"

SUM = (("4\n5\n", "9\n"), ("1\n1\n", "2\n"))


def _run(folder: Path, rows: list[dict[str, str]], programs: dict[str, str], **settings: Any) -> tuple[Any, str]:
    """`beside` of the summary, and what was said on stdout and stderr."""
    made.write(folder / "problems.jsonl", rows)
    samples = write_rows(folder / "s.jsonl", [{"task_id": t, "solution": p} for t, p in programs.items()])
    tests = write_rows(folder / "t.jsonl", [{"task_id": t, "test": "assert True"} for t in programs])
    (folder / "c.yaml").write_text(json.dumps({"livecodebench": {"io": "both", **settings}}))
    arguments = ["rerank", "--benchmark", "livecodebench", "--samples", samples, "--tests", tests]
    done = coderm(*arguments, "--out", "run", "--grade", "--config", "c.yaml", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "run" / "summary.json").read_text())["cross_checks"], done.stdout + done.stderr


@pytest.fixture(autouse=True)
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECODEBENCH_PATH", str(tmp_path / "problems.jsonl"))


def _stdin(question_id: str) -> dict[str, str]:
    return made.row(question_id, functional=False, platform="atcoder", public=SUM[:1], private=SUM[1:])


def test_methods_alone_leave_nothing_to_say(tmp_path: Path) -> None:
    beside, said = _run(tmp_path, [made.row("1")], {"1": METHOD})
    assert beside == {"protocol_note": None, "without_errata": None, "other_grader": None}
    assert "paper" not in said and "grader" not in said and "errata" not in said


@pytest.mark.parametrize(("grader", "other"), [("corrected", "official"), ("official", "corrected")])
def test_picks_of_which_the_other_grader_says_otherwise_are_counted(tmp_path: Path, grader: str, other: str) -> None:
    rows = [made.row("1"), _stdin("2"), _stdin("3")]
    beside, said = _run(tmp_path, rows, {"1": METHOD, "2": ITERATES, "3": ASKS}, grader=grader)
    assert beside["other_grader"] == {"grader": other, "picks": 2, "differ": 1}
    assert f"the {other} grader says otherwise of 1 of 2 picks" in said


def test_programs_that_read_standard_input_are_called_an_extension(tmp_path: Path) -> None:
    beside, said = _run(tmp_path, [made.row("1"), _stdin("2")], {"1": METHOD, "2": ASKS})
    assert beside["protocol_note"].startswith(
        "1 of the 2 problems read standard input, for which the paper has no protocol"
    )
    assert beside["protocol_note"] in said


@pytest.mark.parametrize(
    "errata", [{"question_id": "abc343_a"}, {"question_id": "8", "question_title": "find-the-peaks"}]
)
def test_scores_without_the_errata_stand_beside(tmp_path: Path, errata: dict[str, Any]) -> None:
    """By question id or by title: of two picks the wrong one is of a problem in the list."""
    rows = [made.row("1"), made.row(**errata)]
    beside, said = _run(tmp_path, rows, {"1": METHOD, errata["question_id"]: "x = 1\n"})
    assert beside["without_errata"]["left_out"] == 1
    assert beside["without_errata"]["pass@1"]["coderm"]["value"] == 1.0
    assert "without the benchmark's errata (1 here) pass@1 of coderm is 1.0000" in said
    values = [line.split("|")[7].strip() for line in said.splitlines() if "|coderm" in line and "pass@1" in line]
    assert [float(value) for value in values] == [0.5, 1.0]


def test_what_is_exported_are_the_official_graders_grades(tmp_path: Path) -> None:
    """Whatever grader the run had: the leaderboard compares with that one."""
    _run(tmp_path, [made.row("1"), _stdin("2"), _stdin("3")], {"1": METHOD, "2": ITERATES, "3": ASKS})
    done = coderm("export", "run", "--out", "sub", "--name", "P", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [path] = (tmp_path / "sub").rglob("*_eval_all.json")
    assert {e["question_id"]: e["pass@1"] for e in json.loads(path.read_text())} == {"1": 1.0, "2": 0.0, "3": 1.0}
