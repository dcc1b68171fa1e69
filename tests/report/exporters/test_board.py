"""Entries of this project's own board, exported from a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, quick, rows, write_rows

from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.report.exporters.board.submitted import faults
from coderm_eval.report.provenance import finish
from coderm_eval.report.run_directory import RunDirectory
from leaderboards import check

ABOUT = """
name: three problems, Bo16
submitted_by: a test
public_tests_used: false
partial: the others are slow
policy: {model: a-model, sampling: {temperature: 0.5}}
sources: [{of: candidates, url: "https://example.org/samples", licence: MIT}]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a graded run of three problems, of which not all have as many candidates."""
    folder = tmp_path_factory.mktemp("board")
    done = coderm(
        *("rerank", "--benchmark", "demo", "--allow-partial", "--grade", "--out", "run"),
        *("--samples", quick(SAMPLES, folder / "s.jsonl", 16), "--tests", quick(TESTS, folder / "t.jsonl")),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    shutil.rmtree(folder / "run" / "store")
    return folder / "run"


def export(run: Path, about: str, folder: Path) -> tuple[int, str]:
    """The exit code, and what was said."""
    folder.mkdir(parents=True)
    (folder / "about.yaml").write_text(about)
    done = coderm(*("export", run, "--to", "board", "--about", folder / "about.yaml", "--out", folder), cwd=run.parent)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def entry(run: Path) -> Path:
    folder = run.parent / "entries" / "three"
    assert export(run, ABOUT, folder) == (0, "")
    return folder


def test_an_entry_says_what_the_run_and_the_submitter_know(run: Path, entry: Path) -> None:
    assert list(faults(entry)) == []
    said, summary = json.loads((entry / "entry.json").read_text()), json.loads((run / "summary.json").read_text())
    assert said["results"]["pass@1"] == summary["pass@1"]["coderm"]
    assert said["results"]["random"] == summary["pass@1"]["random"]
    assert said["results"]["oracle"] == summary["pass@1"]["oracle"]
    assert said["results"]["gain_over_random"] == summary["paired_gain"]["random"]
    assert (said["candidates"], said["tests_per_problem"]) == (summary["n_candidates"], summary["tests_per_problem"])
    assert (said["policy"]["model"], said["policy"]["sampling"]["temperature"]) == ("a-model", 0.5)
    assert said["policy"]["sampling"]["top_p"] is said["test_writer"]["model"] is said["tokens"]["tests"] is None
    assert (said["benchmark"]["problems"], said["benchmark"]["problems_of_benchmark"]) == (3, 14)


def test_a_pick_names_its_program_by_hash_and_holds_no_text(run: Path, entry: Path) -> None:
    chosen = {row["task_id"]: row["solution"] for row in rows(run / "chosen.jsonl")}
    samples = [row["solution"] for row in rows(run / "samples.jsonl") if row["task_id"] == "demo/8"]
    picks = {row["task_id"]: row for row in rows(entry / "picks.jsonl")}
    assert {task: pick["sha256"] for task, pick in picks.items()} == {
        task: sha256(program.encode()).hexdigest() for task, program in chosen.items()
    }
    assert samples[picks["demo/8"]["sample"]] == chosen["demo/8"]
    assert "def " not in (entry / "picks.jsonl").read_text()


def test_an_entry_agrees_with_its_run_and_not_with_another(
    run: Path, entry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main([str(entry), "--run", str(run)]) == 0
    other = tmp_path / "run"
    shutil.copytree(run, other)
    chosen = rows(other / "chosen.jsonl")
    chosen[1]["solution"] += "# another program\n"
    write_rows(other / "chosen.jsonl", chosen)
    capsys.readouterr()
    assert check.main([str(entry), "--run", str(other)]) == 1
    assert capsys.readouterr().out == f"{entry}: not the picks of {other} (sha256): demo/8\n"


def test_a_rule_has_the_version_of_what_it_comes_from(run: Path, tmp_path: Path) -> None:
    said: dict[str, Any] = {}
    for select, file in (("evidence", None), ("/home/me/my.py:mine", "5" * 64), ("theirs", None)):
        other = tmp_path / str(len(said)) / "run"
        shutil.copytree(run, other)
        verdicts = rows(other / "verdicts.jsonl")
        for row in verdicts:
            row["selections"] = {select: row["selections"]["evidence"]}
        write_rows(other / "verdicts.jsonl", verdicts)
        in_summary(lambda s: s.update(select=select, inputs={**s["inputs"], "rule": file}))(other)  # noqa: B023
        finish(RunDirectory(other), "changed")
        assert export(other, ABOUT, other.parent / "entry") == (0, "")
        said[select] = json.loads((other.parent / "entry" / "entry.json").read_text())["rule"]
    assert said["evidence"]["version"].startswith("coderm-eval ")
    assert said["/home/me/my.py:mine"] == {"name": "my.py:mine", "version": f"SHA-256 {'5' * 64}"}
    assert said["theirs"] == {"name": "theirs", "version": None}


def in_summary(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def edit(run: Path) -> None:
        summary = json.loads((run / "summary.json").read_text())
        change(summary)
        (run / "summary.json").write_text(json.dumps(summary))

    return edit


def in_grades(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Path], None]:
    """Change the grades of a problem whose pick is right."""

    def edit(run: Path) -> None:
        [first, *others] = rows(run / "grades.jsonl")
        change(first["grades"])
        write_rows(run / "grades.jsonl", [first, *others])

    return edit


def unchanged(run: Path) -> None:
    """The submitter is who is wrong."""


REFUSED: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "an ungraded run": (in_summary(lambda s: s.update(rules=None)), ABOUT, "a run without grades"),
    "a candidate without a grade": (
        in_summary(lambda s: s["not_run"].update(grades=1)),
        ABOUT,
        "1 candidates could not be graded",
    ),
    "a changed grade of a candidate that was not picked": (
        in_grades(lambda grades: next(g for g in grades if g["gold"] != "pass").update(gold="pass")),
        ABOUT,
        "for random, and summary.json has",
    ),
    "a run of an earlier version": (in_summary(lambda s: s.pop("policy")), ABOUT, "or another version of coderm-eval"),
    "unknown data": (
        in_summary(lambda s: s.update(dataset_sha256="0" * 64)),
        ABOUT,
        "its demo data has the SHA-256 000000000000..., which is none of those that the board knows",
    ),
    "a selection of LiveCodeBench without a name": (
        in_summary(lambda s: s.update(benchmark="livecodebench")),
        ABOUT,
        "its livecodebench data has the SHA-256",
    ),
    "EvalPlus's tests chosen otherwise": (
        in_summary(lambda s: s["settings"].update(evalplus={"mini": True, "version": "default"})),
        ABOUT,
        "graded with another evalplus.mini",
    ),
    "a part without a reason": (unchanged, ABOUT.replace("partial", "# partial"), "it has 3 of 14 problems"),
    "a reason without a part": (
        in_summary(lambda s: s.update(n_problems_of_benchmark=3)),
        ABOUT,
        "leave `partial` out",
    ),
    "public tests": (unchanged, ABOUT.replace("used: false", "used: true"), "public_tests_used is True"),
    "no word on public tests": (
        unchanged,
        ABOUT.replace("public_tests", "# public"),
        "public_tests_used is missing",
    ),
    "nobody": (unchanged, ABOUT.replace("submitted_by", "# submitted_by"), "submitted_by is missing"),
    "a name that breaks the table": (unchanged, ABOUT.replace("three", "3 | 4"), "name: '3 | 4 problems, Bo16'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_run_that_the_board_does_not_take_is_refused(run: Path, tmp_path: Path, what: str) -> None:
    change, about, sentence = REFUSED[what]
    other = tmp_path / "run"
    shutil.copytree(run, other)
    change(other)
    code, said = export(other, about, tmp_path / "entry")
    assert code in (2, 3) and sentence in said and len(said.splitlines()) == 1, said
    assert [path.name for path in (tmp_path / "entry").iterdir()] == ["about.yaml"]
