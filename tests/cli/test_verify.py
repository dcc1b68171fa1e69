"""`coderm-eval verify`: an honest run passes, and what was changed in one is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, quick, rows, write_rows

from coderm_eval.benchmarks.demo import SAMPLES, TESTS


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("honest")
    samples, tests = quick(SAMPLES, folder / "samples.jsonl"), quick(TESTS, folder / "tests.jsonl")
    done = coderm(
        *("rerank", "--benchmark", "demo", "--samples", samples, "--tests", tests, "--allow-partial", "--grade"),
        *("--out", "run", "--store", "store"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder / "run"


def test_an_honest_run_has_no_findings(honest: Path) -> None:
    done = coderm("verify", "run", "--all", cwd=honest.parent)
    assert done.returncode == 0, done.stdout
    cells = sum(len(line) for row in rows(honest / "verdicts.jsonl") for line in row["verdicts"])
    assert done.stdout.startswith(f"run: 3 problems, whose files were compared; {cells} verdicts and ")
    assert done.stdout.endswith(" of 3 were made again. Findings: none\n")


def test_a_sample_of_the_problems_is_run_again(honest: Path) -> None:
    done = coderm("verify", "run", "--problems", "1", cwd=honest.parent)
    assert done.returncode == 0, done.stdout
    assert " of 1 were made again. Findings: none" in done.stdout


CALL = "tide_gate_hours([9], 3) == []"
FORMS = {
    "an assert": f"assert {CALL}",
    "asserts that share a variable": f"x = [9]\nassert {CALL}\nx.append(1)\nassert tide_gate_hours(x, 3) != 7",
    "a doctest": ">>> tide_gate_hours([9], 3)\n[]\n",
    "functions": f"def test_it():\n    assert {CALL}\n\n\ndef test_more():\n    assert tide_gate_hours([], 3) == []\n",
}


@pytest.mark.parametrize("votes", ["class", "method"])
@pytest.mark.parametrize("form", FORMS)
def test_tests_of_every_form_are_read_again_as_they_were(tmp_path: Path, form: str, votes: str) -> None:
    samples = [row for row in rows(quick(SAMPLES, tmp_path / "s.jsonl")) if row["task_id"] == "demo/0"]
    (tmp_path / "v.yaml").write_text(f"tests: {{votes: {votes}}}\n")
    done = coderm(
        *("rerank", "--benchmark", "demo", "--allow-partial", "--out", "run", "--config", "v.yaml"),
        *("--samples", write_rows(tmp_path / "s.jsonl", samples)),
        *("--tests", write_rows(tmp_path / "t.jsonl", [{"task_id": "demo/0", "test": FORMS[form]}])),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    verified = coderm("verify", "run", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout


def test_a_configuration_file_of_the_reader_changes_nothing(
    honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text("{n: 1, budget: {average: 1}, tests: {votes: method}, resample_tests: 2}\n")
    monkeypatch.setenv("CODERM_CONFIG", str(tmp_path / "mine.yaml"))
    done = coderm("verify", "run", "--all", cwd=honest.parent)
    assert done.returncode == 0, done.stdout + done.stderr


def in_rows(name: str, change: Callable[[list[dict[str, Any]]], object]) -> Callable[[Path], None]:
    def tamper(run: Path) -> None:
        found = rows(run / name)
        change(found)
        write_rows(run / name, found)

    return tamper


def in_summary(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def tamper(run: Path) -> None:
        summary = json.loads((run / "summary.json").read_text())
        change(summary)
        (run / "summary.json").write_text(json.dumps(summary))

    return tamper


def flipped(line: str, place: int) -> str:
    return line[:place] + ("F" if line[place] == "P" else "P") + line[place + 1 :]


def flip_a_verdict(found: list[dict[str, Any]]) -> None:
    found[1]["verdicts"][0] = flipped(found[1]["verdicts"][0], 0)


def pick_another(found: list[dict[str, Any]]) -> None:
    pick = found[0]["selections"]["evidence"]
    others = [samples[0] for samples in found[0]["candidates"] if pick["chosen"] not in samples]
    pick.update(chosen=others[-1], ties=others[-1:])


def better_grade(found: list[dict[str, Any]]) -> None:
    row = next(row for each in found for row in each["grades"] if "fail" in row.values())
    row.update({suite: "pass" for suite in row if suite != "samples"})


def exchange_grades(found: list[dict[str, Any]]) -> None:
    """The number of right programs stays."""
    grades = found[0]["grades"]
    right, wrong = (next(row for row in grades if status in row.values()) for status in ("pass", "fail"))
    right["samples"], wrong["samples"] = wrong["samples"], right["samples"]


def change_a_program(found: list[dict[str, Any]]) -> None:
    """All samples of it: one alone would be another candidate, which verdicts.jsonl has not."""
    old = found[0]["solution"]
    for row in found:
        row["solution"] = row["solution"].replace(old, f"{old}\n# better\n")


def scale_rewards(selection: dict[str, Any]) -> None:
    selection["rewards"] = [reward / 2 for reward in selection["rewards"]]


TAMPERINGS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a verdict": (in_rows("verdicts.jsonl", flip_a_verdict), "verdicts.jsonl: demo/8: sample 0 on test"),
    "a pick": (in_rows("verdicts.jsonl", pick_another), "verdicts.jsonl: demo/0: evidence leaves a candidate tied"),
    "a grade": (in_rows("grades.jsonl", better_grade), "grades.jsonl: demo/"),
    "two grades": (in_rows("grades.jsonl", exchange_grades), "grades.jsonl: demo/0: sample"),
    "a candidate": (
        in_rows("samples.jsonl", change_a_program),
        "inputs.samples is not the hash",
    ),
    "the hash of the candidates": (
        in_summary(lambda summary: summary["inputs"].update(samples="0" * 64)),
        "inputs.samples is not the hash",
    ),
    "the hash of the data": (
        in_summary(lambda summary: summary.update(dataset_sha256="0" * 64)),
        "dataset_sha256 is 0",
    ),
    "the score": (
        in_summary(lambda summary: summary["pass@1"]["coderm"].update(value=0.99)),
        "summary.json: pass@1: coderm: value is 0.99",
    ),
    "an interval": (
        in_summary(lambda summary: summary["rules"]["evidence"]["pass@1"].update(ci95=[0.9, 1.0])),
        "summary.json: rules: evidence: pass@1: ci95[0] is 0.9",
    ),
    "the chosen program": (
        in_rows("chosen.jsonl", lambda found: found[0].update(solution="def f(): pass")),
        "chosen.jsonl: demo/0: not the program",
    ),
    "a test": (
        in_rows("tests.jsonl", lambda found: found[0].update(test="assert True")),
        "tests.jsonl: demo/0: the tests are not those",
    ),
    "a confidence": (
        in_rows("verdicts.jsonl", lambda found: found[0]["selections"]["evidence"].update(confidence=0.999)),
        "summary.json: confidence: mean is",
    ),
    "verdicts made not run": (
        in_rows("verdicts.jsonl", lambda found: found[0].update(verdicts=["N" * len(v) for v in found[0]["verdicts"]])),
        "are NOT_RUN, and summary.json counts fewer",
    ),
    "the rewards": (
        in_rows("verdicts.jsonl", lambda found: scale_rewards(found[0]["selections"]["evidence"])),
        "verdicts.jsonl: demo/0: evidence rewards candidates otherwise",
    ),
    "the tests that were used": (
        in_summary(lambda summary: summary.update(tests_per_problem=99)),
        "summary.json: tests_per_problem is 99",
    ),
    "the quality of the tests": (
        in_summary(lambda summary: summary["test_quality"]["vote"].update(accuracy=1.0)),
        "summary.json: test_quality: vote: accuracy is 1.0",
    ),
    "a second line": (
        in_rows("chosen.jsonl", lambda found: found.append({"task_id": "demo/0", "solution": ""})),
        "chosen.jsonl has two lines for a task",
    ),
    "a confidence that is no number": (
        in_rows("verdicts.jsonl", lambda found: found[0]["selections"]["evidence"].update(confidence="high")),
        "do not belong together",
    ),
    "no ties": (
        in_rows("verdicts.jsonl", lambda found: found[0]["selections"]["evidence"].update(ties=[])),
        "run: ",
    ),
    "a rule left out": (
        in_rows("verdicts.jsonl", lambda found: found[0]["selections"].pop("evidence")),
        "do not belong together",
    ),
    "settings that are none": (
        in_summary(lambda summary: summary.update(settings=3)),
        "does not say with which settings",
    ),
    "no inputs": (in_summary(lambda summary: summary.pop("inputs")), "do not belong together"),
    "a problem left out": (in_rows("verdicts.jsonl", lambda found: found.pop()), "samples.jsonl has demo/11"),
}
"""By what was changed: how, and what is said of it."""


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_was_changed_is_found(honest: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(honest, tmp_path / "run")
    tamper, sentence = TAMPERINGS[name]
    tamper(tmp_path / "run")
    done = coderm("verify", "run", "--all", cwd=tmp_path)
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_run_is_one_sentence(tmp_path: Path) -> None:
    done = coderm("verify", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert "run/summary.json: cannot be read" in done.stderr and len(done.stderr.splitlines()) == 1
