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
from coderm_eval.report.provenance import hashes_of_files
from coderm_eval.report.run_directory import RunDirectory


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
    assert "running tests: " in done.stderr and "budget" not in done.stderr  # there is none to spend


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


TAMPERINGS: dict[str, tuple[Callable[[Path], object], str]] = {
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
    "no grades": (lambda run: (run / "grades.jsonl").unlink(), "pass_rates.jsonl: it needs grades"),
}
"""By what was changed: how, and what is said of it."""

TOGETHER: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pass rate": (
        in_rows("pass_rates.jsonl", lambda found: found[1].update(rate=1.0)),
        'pass_rates.jsonl:2: {"task_id": "demo/8", "rate": 1.0}, and the other files give',
    ),
    "a misleading test": (
        in_rows("misleading_tests.jsonl", lambda found: found.append({"task_id": "demo/0"})),
        "misleading_tests.jsonl:",
    ),
    "a pick that is marked": (
        in_rows("chosen.jsonl", lambda found: found[0].update(abstained=True)),
        "chosen.jsonl:1: ",
    ),
    "grades of another grader": (
        lambda run: write_rows(
            run / "alternative_grades.jsonl", [{"task_id": "demo/0", "grader": "x", "gold": "pass"}]
        ),
        "summary.json: cross_checks: other_grader is None",
    ),
    "the samples of the budget": (
        in_summary(lambda summary: summary["budget"].update(samples=9)),
        "summary.json: budget: samples is 9",
    ),
    "the policy of the budget": (
        in_summary(lambda summary: summary["budget"].update(policy="uniform")),
        "summary.json: budget: policy is 'uniform'",
    ),
    "the tests that were read": (
        in_summary(lambda summary: summary["test_samples"].update(read=8)),
        "summary.json: test_samples: read is 8",
    ),
    "a notice": (in_summary(lambda summary: summary["notices"].clear()), "summary.json: notices is []"),
    "the probing inputs": (
        in_summary(lambda summary: summary["probing_inputs"].update(per_problem=99.0)),
        "summary.json: probing_inputs: per_problem is 99.0",
    ),
    "the number of executions": (
        in_summary(lambda summary: summary.update(executions=9)),
        "summary.json: executions is 9",
    ),
    "grades that could not be run": (
        in_summary(lambda summary: summary["not_run"].update(grades=9)),
        "summary.json: not_run: grades is 9",
    ),
    "tests at fault": (
        in_summary(lambda summary: summary["test_faults"].update(problems_with_no_other=2)),
        "summary.json: test_faults: problems_with_no_other is 2",
    ),
    "the cross-checks": (
        in_summary(lambda summary: summary["cross_checks"].update(protocol_note="all is well")),
        "summary.json: cross_checks: protocol_note is 'all is well'",
    ),
    "the hash of the tests": (
        in_summary(lambda summary: summary["inputs"].update(tests="0" * 64)),
        "summary.json: inputs.tests is not the hash of ",
    ),
    "a setting": (
        in_summary(lambda summary: summary["settings"]["execution"].update(timeout_s=99.0)),
        "are not those that provenance.json has as its run",
    ),
}
"""Likewise; none of them hides another, and one look finds them all."""


def rehash(run: Path) -> None:
    """Make provenance.json agree with the files, as who changes them can."""
    provenance = json.loads((run / "provenance.json").read_text())
    provenance["files"] = hashes_of_files(RunDirectory(run))
    (run / "provenance.json").write_text(json.dumps(provenance))


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_was_changed_is_found(honest: Path, tmp_path: Path, name: str) -> None:
    """Also where the hashes are made anew."""
    shutil.copytree(honest, tmp_path / "run")
    tamper, sentence = TAMPERINGS[name]
    tamper(tmp_path / "run")
    rehash(tmp_path / "run")
    done = coderm("verify", "run", "--all", cwd=tmp_path)
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_all_that_was_changed_is_found_at_once(honest: Path, tmp_path: Path) -> None:
    shutil.copytree(honest, tmp_path / "run")
    for tamper, _ in TOGETHER.values():
        tamper(tmp_path / "run")
    rehash(tmp_path / "run")
    done = coderm("verify", "run", "--all", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert {name for name, (_, sentence) in TOGETHER.items() if sentence not in done.stdout} == set()
    assert "Findings: " in done.stdout


def time_out_twice(found: list[dict[str, Any]]) -> None:
    found[1]["verdicts"][0] = "TT" + found[1]["verdicts"][0][2:]


def test_counts_of_the_whole_run_are_open_where_a_verdict_is(honest: Path, tmp_path: Path) -> None:
    """A program that timed out twice gets less time, and other programs may be run on probing inputs then."""
    shutil.copytree(honest, tmp_path / "run")
    in_rows("verdicts.jsonl", time_out_twice)(tmp_path / "run")
    in_summary(lambda summary: summary["probing_inputs"].update(per_problem=99.0))(tmp_path / "run")
    done = coderm("verify", "run", "--all", cwd=tmp_path)
    assert "probing_inputs" not in done.stdout and "on test" not in done.stdout


def of_provenance(**changed: Any) -> Callable[[Path], None]:
    def tamper(run: Path) -> None:
        provenance = json.loads((run / "provenance.json").read_text())
        (run / "provenance.json").write_text(json.dumps({**provenance, **changed}))

    return tamper


def blank(run: Path) -> None:
    """No reader of JSON sees it."""
    path = run / "grades.jsonl"
    path.write_text(path.read_text().replace("{", "{ ", 1))


OF_HASHES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a blank": (blank, "grades.jsonl: its SHA-256 is "),
    "a file is gone": (
        lambda run: (run / "pass_rates.jsonl").rename(run / "other"),
        "pass_rates.jsonl: cannot be read",
    ),
    "a file was added": (lambda run: (run / "curve.csv").write_text(""), "curve.csv: provenance.json has no such file"),
    "the provenance is gone": (lambda run: (run / "provenance.json").unlink(), "provenance.json: it is missing"),
    "a run that was stopped": (of_provenance(finished=None), "provenance.json: the run was stopped before"),
    "another run's": (of_provenance(run="0" * 64), "are not those that provenance.json has as its run"),
    "no hashes": (of_provenance(files=None), "do not belong together"),
    "no JSON": (lambda run: (run / "provenance.json").write_text("{"), "not what `coderm-eval rerank` wrote"),
}


@pytest.mark.parametrize("name", OF_HASHES)
def test_files_that_are_not_those_of_the_run_are_found(honest: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(honest, tmp_path / "run")
    tamper, sentence = OF_HASHES[name]
    tamper(tmp_path / "run")
    done = coderm("verify", "run", "--problems", 1, cwd=tmp_path)
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_of_an_earlier_version_is_verified_without_hashes(honest: Path, tmp_path: Path) -> None:
    shutil.copytree(honest, tmp_path / "run")
    (tmp_path / "run" / "provenance.json").unlink()

    def earlier(summary: dict[str, Any]) -> None:
        del summary["policy"], summary["test_writer"]
        summary["inputs"] = {key: value and value[:32] for key, value in summary["inputs"].items()}

    in_summary(earlier)(tmp_path / "run")
    done = coderm("verify", "run", "--problems", 1, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("run: an earlier version wrote it, without provenance.json: no hashes of its files")


def a_draw(summary: dict[str, Any]) -> None:
    summary["resampled"]["pass@1"]["evidence"]["value"] = 0.99


@pytest.fixture(scope="module")
def drawn(honest: Path) -> Path:
    """A run of one problem, with what is drawn from its tests."""
    write_rows(honest.parent / "one.jsonl", rows(honest.parent / "samples.jsonl")[:8])
    done = coderm(
        *("rerank", "--benchmark", "demo", "--samples", "one.jsonl", "--tests", "tests.jsonl", "--allow-partial"),
        *("--grade", "--out", "drawn", "--store", "store", "--resample-tests", 2, "--budget-curve"),
        cwd=honest.parent,
    )
    assert done.returncode == 0, done.stderr
    return honest.parent / "drawn"


def test_draws_of_the_tests_come_out_again(drawn: Path) -> None:
    done = coderm("verify", "drawn", "--all", cwd=drawn.parent)
    assert done.stdout.endswith("Findings: none\n")


def test_draws_that_were_changed_are_found(drawn: Path, tmp_path: Path) -> None:
    shutil.copytree(drawn, tmp_path / "run")
    in_summary(a_draw)(tmp_path / "run")
    curve = tmp_path / "run" / "curve.csv"
    curve.write_text(curve.read_text().replace("uniform,1,", "uniform,2,"))
    rehash(tmp_path / "run")
    done = coderm("verify", "run", "--all", cwd=tmp_path)
    assert "summary.json: resampled: pass@1: evidence: value is 0.99" in done.stdout
    assert "curve.csv: not the curve that the tests give" in done.stdout


def test_what_is_no_run_is_one_sentence(tmp_path: Path) -> None:
    done = coderm("verify", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert "run: no such folder; name one" in done.stderr and len(done.stderr.splitlines()) == 1
