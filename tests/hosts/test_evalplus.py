"""`evalplus.coderm`: its flags, the files that it reads and writes, and EvalPlus's own script beside it."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from evalplus.data import humaneval
from evalplus.evaluate import evaluate as evalplus_evaluate
from helpers.cli import rows, said, write_rows
from helpers.mini_humaneval import MINI_PROBLEMS, point_evalplus
from helpers.replaying import replaying

import coderm_eval.hosts.evalplus
from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.evalplus.dataset import Dataset
from coderm_eval.core.errors import CodermError, DatasetError, InputError, ModelError
from coderm_eval.hosts.evalplus.command import evaluate, main
from coderm_eval.hosts.evalplus.results import results_path
from coderm_eval.hosts.server.replay import RecordedAnswers

TASKS = tuple(str(problem["task_id"]) for problem in MINI_PROBLEMS)
RIGHT = {str(p["task_id"]): f"{p['prompt']}{p['canonical_solution']}" for p in MINI_PROBLEMS}
WRONG = {str(p["task_id"]): f"def {p['entry_point']}(*a):\n    return None\n" for p in MINI_PROBLEMS}

NEAR = {
    "HumanEval/0": "def buoy_gap(a, b):\n    return b - a\n",
    "HumanEval/1": "def peal(bells):\n    return [3, 2, 1] if bells else 0\n",
    "HumanEval/2": "def latest_tide(tides):\n    return max(tides)\n",
}
"""Right by the base tests, wrong by the extra ones."""

CASES = {
    "HumanEval/0": ["buoy_gap(9, 4) == 5", "buoy_gap(1, 1) == 0"],
    "HumanEval/1": ["peal([4, 8]) == [8, 4]", "peal([]) == []"],
    "HumanEval/2": ["latest_tide([]) is None", "latest_tide([2, 6]) == 6"],
}

MISLEADING = {
    "HumanEval/0": ["buoy_gap(9, 4) == -5"],
    "HumanEval/1": ["peal([4, 8]) == [3, 2, 1]"],
    "HumanEval/2": ["latest_tide([2, 6]) == 6"],
}

RESULT_KEYS = ["task_id", "solution", "base_status", "plus_status", "base_fail_tests", "plus_fail_tests"]


def unit_tests(cases: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    body = "import unittest\n\n\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        assert {}\n"
    return {task: [body.format(case) for case in listed] for task, listed in cases.items()}


def recorded(path: Path, cases: Mapping[str, Sequence[str]] = CASES) -> Path:
    found = [{"task_id": task, "test": test} for task, listed in unit_tests(cases).items() for test in listed]
    return write_rows(path, found)


def four(task: str) -> list[str]:
    """A task's samples: one right program twice, after two that are wrong."""
    return [WRONG[task], NEAR[task], RIGHT[task], RIGHT[task]]


def drawn(path: Path, programs: Callable[[str], Sequence[str]] = four) -> Path:
    return write_rows(path, [{"task_id": task, "solution": p} for task in TASKS for p in programs(task)])


def results(path: Path) -> dict[str, Any]:
    """A result file without what differs between two graders by right: the minute, and which input failed."""
    found: dict[str, Any] = json.loads(path.read_text())
    del found["date"]
    for listed in found["eval"].values():
        for row in listed:
            assert list(row) == RESULT_KEYS
            del row["base_fail_tests"], row["plus_fail_tests"]
    return found


def blocks(output: str) -> list[str]:
    """What EvalPlus printed of scores."""
    return re.findall(r"^(?:\w+\+? \(base .*\)|pass@\d+:\t.*)$", output, re.MULTILINE)


def statuses(path: Path) -> dict[str, list[tuple[str, str]]]:
    graded = results(path)["eval"]
    return {task: [(row["base_status"], row["plus_status"]) for row in listed] for task, listed in graded.items()}


# The invented dataset, and the script on it


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As `mini_humaneval`, for processes and for the whole module, so that runs and EvalPlus's cache are shared."""
    folder = tmp_path_factory.mktemp("dataset")
    path = write_rows(folder / "mini.jsonl", MINI_PROBLEMS)
    return {"HUMANEVAL_OVERRIDE_PATH": str(path), "XDG_CACHE_HOME": str(folder / "cache"), "OPENAI_API_KEY": "x"}


@pytest.fixture
def mini(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in this process, for EvalPlus, which has read its variables already."""
    point_evalplus(monkeypatch, environment)


def script(*arguments: object, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "coderm_eval.hosts.evalplus",
        "--dataset",
        "humaneval",
        *map(str, arguments),
    ]
    return subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False)


def evalplus_itself(*, cwd: Path, env: Mapping[str, str], **flags: Any) -> str:
    """What `evalplus.evaluate` prints; its process does not wait for a thread that sleeps for up to 20 s."""
    code = (
        "import json, os, sys\nfrom evalplus.evaluate import evaluate\n"
        "evaluate('humaneval', **json.loads(sys.argv[1]))\nsys.stdout.flush()\nos._exit(0)"
    )
    command = [sys.executable, "-c", code, json.dumps(flags)]
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def finished(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the script has run on s.jsonl, and what it printed."""
    folder = tmp_path_factory.mktemp("finished")
    drawn(folder / "s.jsonl")
    recorded(folder / "t.jsonl")
    done = script("--samples", "s.jsonl", "--tests", "t.jsonl", cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture
def again(finished: tuple[Path, str], mini: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, as the current one."""
    folder = shutil.copytree(finished[0], tmp_path / "again")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def files(mini: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with s.jsonl and t.jsonl."""
    folder = tmp_path / "files"
    folder.mkdir()
    drawn(folder / "s.jsonl")
    recorded(folder / "t.jsonl")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the script in this process with these arguments, to a good end, and returns what it prints."""

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["evalplus.coderm", "--dataset", "humaneval", *arguments])
        main()
        return capsys.readouterr().out

    return run


def test_the_signature_is_evalplus_own_and_then_the_flags_of_this_script() -> None:
    theirs = list(inspect.signature(evalplus_evaluate).parameters.values())
    ours = list(inspect.signature(evaluate).parameters.values())
    of_theirs = [(p.name, p.kind, p.default) for p in theirs[:-1]]
    assert [(p.name, p.kind, p.default) for p in ours[: len(of_theirs)]] == of_theirs
    assert {p.kind for p in ours[len(of_theirs) : -1]} == {inspect.Parameter.KEYWORD_ONLY}
    assert (ours[-1].name, ours[-1].kind) == (theirs[-1].name, theirs[-1].kind)


@pytest.mark.parametrize("name", ["s.jsonl", "s.coderm.jsonl"])
def test_results_and_scores_are_those_that_evalplus_itself_gives(
    name: str, finished: tuple[Path, str], environment: dict[str, str], tmp_path: Path
) -> None:
    folder, printed = finished
    shutil.copy(folder / name, tmp_path)
    theirs = evalplus_itself(samples=name, cwd=tmp_path, env=environment)
    (written,) = tmp_path.glob("*results.json")
    assert results(folder / written.name) == results(written)
    _, of_samples, of_picks = re.split(r"^s\.(?:coderm\.)?jsonl: ", printed, flags=re.MULTILINE)
    assert blocks(of_picks if "coderm" in name else of_samples) == blocks(theirs) != []


def test_the_pick_is_one_sample_per_task_and_how_it_was_made_is_printed(
    finished: tuple[Path, str],
) -> None:
    folder, printed = finished
    assert rows(folder / "s.coderm.jsonl") == [{"task_id": task, "solution": RIGHT[task]} for task in TASKS]
    assert blocks(printed) == [
        *("humaneval (base tests)", "pass@1:\t0.750", "humaneval+ (base + extra tests)", "pass@1:\t0.500"),
        *("humaneval (base tests)", "pass@1:\t1.000", "humaneval+ (base + extra tests)", "pass@1:\t1.000"),
    ]
    used = json.loads((folder / "s.coderm" / "summary.json").read_text())["tests_per_problem"]
    lines = printed.splitlines()
    assert lines[0] == "s.jsonl: 12 samples of 3 tasks"
    assert f"s.coderm.jsonl: one sample per task, picked by rule evidence with {used:g} tests per problem" in lines
    assert lines[-1] == "run directory: s.coderm"
    assert (folder / "s.coderm" / "grades.jsonl").exists()


def test_the_run_is_a_page_and_says_where(again: Path, typed: Callable[..., str]) -> None:
    (again / "with.yaml").write_text("report: true\n")
    printed = typed("--samples", "s.jsonl", "--tests", "t.jsonl", "--config", "with.yaml")
    assert printed.splitlines()[-1] == "run directory: s.coderm; to look at it, open s.coderm/report.html"
    assert (again / "s.coderm" / "report.html").read_text().startswith("<!doctype html>")


def test_a_pick_can_be_made_without_tests(files: Path, typed: Callable[..., str]) -> None:
    """One of the three statements shows a call."""
    printed = typed("--samples", "s.jsonl", "--tests-backend", "none")
    assert "s.coderm.jsonl: one sample per task, picked by rule evidence with 0 tests per problem" in printed
    picks = [row["solution"] for row in rows(files / "s.coderm.jsonl")]
    assert picks == [RIGHT[TASKS[0]], *(WRONG[task] for task in TASKS[1:])]


def test_a_second_call_grades_nothing_again_and_changes_no_result(
    finished: tuple[Path, str], again: Path, typed: Callable[..., str]
) -> None:
    timed = ("summary.json", "provenance.json")
    before = {path: path.read_bytes() for path in again.rglob("*") if path.is_file() and path.name not in timed}
    assert typed("--samples", "s.jsonl", "--tests", "t.jsonl") == finished[1]
    assert {path: path.read_bytes() for path in before} == before


def test_results_are_made_anew_on_demand_and_the_old_ones_are_kept(again: Path, typed: Callable[..., str]) -> None:
    names = ("s_eval_results.json", "s.coderm_eval_results.json")
    old = {name: (again / name).read_bytes() for name in names}
    (again / "s_eval_results.json.bak").write_text("an older one")
    typed("--samples", "s.jsonl", "--tests", "t.jsonl", "--i-just-wanna-run")
    assert [(again / f"{name}.bak").read_bytes() for name in names] == [b"an older one", old[names[1]]]
    assert (again / f"{names[0]}.bak.bak").read_bytes() == old[names[0]]
    assert results(again / names[0]) == results(again / f"{names[0]}.bak.bak")


def test_flags_mean_what_evalplus_means_and_other_picks_get_own_results(again: Path, typed: Callable[..., str]) -> None:
    """Misleading tests and the first two of four samples, by a file of settings; all four are evaluated."""
    recorded(again / "m.jsonl", MISLEADING)
    (again / "settings.yaml").write_text("tests: {file: m.jsonl}\nselect: evidence\nn: 2\n")
    arguments = ["--config", "settings.yaml", "--select", "majority", "--budget", "uniform"]
    arguments += ["--min-time-limit", "2", "--gt_time_limit_factor=5.5", "--store", "elsewhere"]
    out = typed("--samples", "s.jsonl", *arguments)
    settings = json.loads((again / "s.coderm" / "summary.json").read_text())["settings"]
    assert (settings["select"], settings["budget"]["policy"]) == ("majority", "uniform")
    limits = {key: settings["evalplus"][key] for key in ("min_time_limit", "gt_time_limit_factor", "mini", "base_only")}
    assert limits == {"min_time_limit": 2, "gt_time_limit_factor": 5.5, "mini": False, "base_only": False}
    assert (again / "elsewhere" / "store.sqlite3").exists()
    assert "picked by rule majority with 1 tests per problem" in out
    assert blocks(out) == [
        *("humaneval (base tests)", "pass@1:\t0.750", "humaneval+ (base + extra tests)", "pass@1:\t0.500"),
        *("humaneval (base tests)", "pass@1:\t1.000", "humaneval+ (base + extra tests)", "pass@1:\t0.000"),
    ]
    assert statuses(again / "s.coderm_eval_results.json") == {task: [("pass", "fail")] for task in TASKS}


# Models: EvalPlus's own codegen, and the test writer


def test_evalplus_samples_one_model_while_another_server_writes_tests(
    environment: dict[str, str], tmp_path: Path, mini: None
) -> None:
    problems = load_benchmark("humaneval+").problems
    of_policy: list[dict[str, Any]] = []
    of_writer: list[dict[str, Any]] = []
    policy = RecordedAnswers(problems, {task: [NEAR[task], RIGHT[task]] for task in TASKS}, {})
    writer = RecordedAnswers(problems, {}, unit_tests(CASES))
    with replaying(policy, of_policy) as policy_at, replaying(writer, of_writer) as writer_at:
        arguments = ["--model", "some/policy", "--backend", "openai", "--base-url", f"http://{policy_at}/v1"]
        arguments += ["--n-samples", "3", "--temperature", "0.7", "--bs", "2", "--root", "drawn"]
        arguments += ["--tests-model", "writer", "--tests-base-url", f"http://{writer_at}/v1", "--num-tests", "2"]
        done = script(*arguments, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    found = [(body["model"], body["temperature"], body["n"]) for body in of_policy]
    assert found == [("some/policy", 0.7, 2), ("some/policy", 0.7, 1)] * 3
    assert {body["model"] for body in of_writer} == {"writer"}
    folder = tmp_path / "drawn" / "humaneval"
    samples = folder / "some--policy_openai_temp_0.7.jsonl"
    assert len(rows(samples)) == 9
    assert {path.name for path in folder.iterdir()} == {
        *(samples.name, samples.with_suffix(".raw.jsonl").name),
        *(f"{samples.stem}{rest}" for rest in ("_eval_results.json", ".coderm", ".coderm.jsonl")),
        f"{samples.stem}.coderm_eval_results.json",
    }
    assert blocks(done.stdout)[3::4] == ["pass@1:\t0.333", "pass@1:\t1.000"]
    run = samples.with_suffix(".coderm")
    known = json.loads((run / "summary.json").read_text())["policy"]
    assert (known["model"], known["server"]) == ("some/policy", f"http://{policy_at}/v1")
    assert {key: value for key, value in known["sampling"].items() if value} == {"n": 3, "temperature": 0.7}
    provenance = json.loads((run / "provenance.json").read_text())
    assert provenance["host"]["name"] == "evalplus" and provenance["command"][3:5] == ["--model", "some/policy"]


def test_the_test_writer_is_at_the_one_server_that_is_named(
    mini: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = drawn(tmp_path / "s.jsonl")
    with replaying(RecordedAnswers(load_benchmark("humaneval+").problems, {}, unit_tests(CASES))) as address:
        evaluate("humaneval", str(samples), tests_model="writer", base_url=f"http://{address}/v1", num_tests=2)
    assert blocks(capsys.readouterr().out)[3::4] == ["pass@1:\t0.500", "pass@1:\t1.000"]


def test_what_stops_evalplus_own_codegen_is_said(mini: None, tmp_path: Path) -> None:
    """EvalPlus's default temperature is one that it does not sample with."""
    tests = str(recorded(tmp_path / "t.jsonl"))
    flags: dict[str, Any] = {
        "model": "m",
        "backend": "openai",
        "base_url": "http://127.0.0.1:9/v1",
        "root": str(tmp_path / "drawn"),
    }
    message = said(ModelError, lambda: evaluate("humaneval", n_samples=2, tests=tests, **flags))
    assert message.startswith("evalplus.codegen stopped (AssertionError: Temperature must be positive for sampling)")


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vllm is installed")
def test_a_package_that_evalplus_own_codegen_lacks_is_named(mini: None, tmp_path: Path) -> None:
    tests = str(recorded(tmp_path / "t.jsonl"))
    message = said(ModelError, lambda: evaluate("humaneval", tests=tests, model="m", root=str(tmp_path / "drawn")))
    assert "needs vllm" in message and "`pip install vllm`" in message


# Kinds of samples


def test_base_tests_alone_give_what_evalplus_gives(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate("humaneval", "s.jsonl", base_only=True, tests="t.jsonl")
    assert blocks(capsys.readouterr().out) == [
        *("humaneval (base tests)", "pass@1:\t0.750"),
        *("humaneval (base tests)", "pass@1:\t1.000"),
    ]
    ours = results((files / "s_eval_results.json").rename(files / "ours.json"))
    evalplus_itself(samples="s.jsonl", base_only=True, cwd=files, env={})
    assert ours == results(files / "s_eval_results.json")


def test_a_folder_of_samples_gives_what_a_file_of_them_gives(
    finished: tuple[Path, str], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twelve samples, of which the tenth and later ones come after the third; results stand where EvalPlus looks."""
    for task in TASKS:
        folder = files / "drawn" / task.replace("/", "_")
        folder.mkdir(parents=True)
        for number, program in enumerate(four(task) * 3):
            (folder / f"{number}.py").write_text(program)
    evaluate("humaneval", "drawn/", tests="t.jsonl")
    out = capsys.readouterr().out
    assert {path.name for path in files.glob("*drawn*")} == {
        *("drawn", "drawn.coderm", "drawn.coderm.jsonl", "drawn.coderm_eval_results.json"),
    }
    ours, once = (
        results(path)["eval"] for path in (files / "drawn" / "eval_results.json", finished[0] / "s_eval_results.json")
    )
    assert ours == {task: listed * 3 for task, listed in once.items()}
    assert rows(files / "drawn.coderm.jsonl") == rows(finished[0] / "s.coderm.jsonl")
    assert blocks(out)[:3] == ["humaneval (base tests)", "pass@1:\t0.750", "pass@10:\t1.000"]


def test_a_completion_goes_on_from_the_prompt(files: Path) -> None:
    lines = [
        {"task_id": p["task_id"], "completion": completion}
        for p in MINI_PROBLEMS
        for completion in ("    return 5\n", p["canonical_solution"])
    ]
    write_rows(files / "c.jsonl", [*lines, {"task_id": TASKS[0], "solution": RIGHT[TASKS[0]], "completion": "no"}])
    evaluate("humaneval", "c.jsonl", tests="t.jsonl")
    found = results(files / "c_eval_results.json")["eval"]
    assert [row["solution"] for row in found[TASKS[0]]][1:] == [RIGHT[TASKS[0]]] * 2
    assert statuses(files / "c_eval_results.json")[TASKS[1]] == [("fail", "fail"), ("pass", "pass")]
    assert rows(files / "c.coderm.jsonl") == [{"task_id": task, "solution": RIGHT[task]} for task in TASKS]


def test_some_tasks_are_evaluated_on_demand_and_the_missing_are_named(
    files: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    strange = {"task_id": "HumanEval/77", "solution": "x = 1"}
    write_rows(files / "p.jsonl", [{"task_id": TASKS[1], "solution": p} for p in four(TASKS[1])] + [strange])
    message = said(InputError, lambda: evaluate("humaneval", "p.jsonl", tests="t.jsonl"))
    assert "nothing for 2 of its tasks (HumanEval/0, HumanEval/2)" in message and "HumanEval/77" in message
    evaluate("humaneval", "p.jsonl", tests="t.jsonl", allow_partial=True)
    assert blocks(capsys.readouterr().out)[3::4] == ["pass@1:\t0.500", "pass@1:\t1.000"]
    assert "no samples of 2 tasks (HumanEval/0, HumanEval/2)" in caplog.text
    assert "1 task id not in humaneval+ (HumanEval/77)" in caplog.text
    assert list(results(files / "p_eval_results.json")["eval"]) == [TASKS[1]]


def test_the_installed_evalplus_looks_for_results_where_they_are_written(
    mini: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its code alone says where; this fails with a version that looks elsewhere."""
    monkeypatch.chdir(tmp_path)
    drawn(tmp_path / "s.jsonl")
    result_file(results_path(Path("s.jsonl")))
    evalplus_evaluate("humaneval", "s.jsonl")
    assert "Load from previous results from s_eval_results.json" in capsys.readouterr().out


# Result files that are there already


def result_file(path: Path, **other: Any) -> None:
    """One of EvalPlus's, of s.jsonl, for which each sample is right."""
    status = {"base_status": "pass", "plus_status": "pass", "base_fail_tests": [], "plus_fail_tests": []}
    graded = {task: [{"task_id": task, "solution": p, **status} for p in four(task)] for task in TASKS}
    content = {"date": "2026-01-01 00:00", "hash": Dataset("humaneval").hash(), "eval": graded, **other}
    path.write_text(json.dumps(content))


def test_a_result_file_of_evalplus_is_used_and_left_as_it_is(
    files: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Also where its grader was of another mind, which is said."""
    path = files / "s_eval_results.json"
    result_file(path)
    before = path.read_bytes()
    evaluate("humaneval", "s.jsonl", tests="t.jsonl")
    assert path.read_bytes() == before
    assert blocks(capsys.readouterr().out)[3] == "pass@1:\t1.000"
    assert f"s_eval_results.json judges samples of {', '.join(TASKS)} otherwise" in caplog.text


OTHERS = [{"task_id": "", "solution": "x = 1", "base_status": "pass", "plus_status": "pass"}]
STALE: list[tuple[str, dict[str, Any] | str, str]] = [
    ("of another dataset", {"hash": "0123"}, "is of the dataset 0123, and this one is mini.jsonl ("),
    ("of other samples", {"eval": {TASKS[0]: OTHERS}}, "has other solutions of HumanEval/0 than the samples"),
    ("of other tasks", {"eval": {"HumanEval/9": OTHERS}}, "has other solutions of HumanEval/9 than the samples"),
    ("that is something else", "[1]", "is not what this version of evalplus.evaluate writes"),
    ("that is half written", '{"hash": "', "is not what this version of evalplus.evaluate writes"),
    ("of an older EvalPlus", {"eval": {TASKS[0]: {"files": []}}}, "is not what this version"),
]


@pytest.mark.parametrize(("what", "content", "reason"), STALE, ids=[case[0] for case in STALE])
def test_a_result_file_is_never_taken_for_one_of_other_samples(
    what: str, content: dict[str, Any] | str, reason: str, files: Path
) -> None:
    path = files / "s_eval_results.json"
    if isinstance(content, str):
        path.write_text(content)
    else:
        result_file(path, **content)
    before = path.read_bytes()
    message = said(InputError, lambda: evaluate("humaneval", "s.jsonl", tests="t.jsonl"))
    assert message.startswith(f"s_eval_results.json {reason}")
    assert "--i-just-wanna-run" in message and "delete it" in message
    assert (path.read_bytes(), (files / "s.coderm").exists()) == (before, False)


def test_a_result_file_that_lacks_samples_is_made_again_and_kept(files: Path) -> None:
    """As one does of a run in which some could not be graded."""
    path = files / "s_eval_results.json"
    result_file(path)
    content = json.loads(path.read_text())
    content["eval"][TASKS[0]].pop(1)
    del content["eval"][TASKS[1]]
    path.write_text(json.dumps(content))
    evaluate("humaneval", "s.jsonl", tests="t.jsonl")
    assert {task: [row["solution"] for row in listed] for task, listed in results(path)["eval"].items()} == {
        task: four(task) for task in TASKS
    }
    assert json.loads((files / "s_eval_results.json.bak").read_text()) == content


def test_results_of_the_base_tests_alone_are_not_taken_for_those_of_all(files: Path) -> None:
    result_file(files / "s_eval_results.json")
    content = (files / "s_eval_results.json").read_text()
    (files / "s_eval_results.json").write_text(content.replace('"plus_status": "pass"', '"plus_status": null'))
    message = said(InputError, lambda: evaluate("humaneval", "s.jsonl", tests="t.jsonl"))
    assert message.startswith("s_eval_results.json was made with --base-only")


# Bad input: the command line, and what the sentence must say

GIVEN = ["--samples", "s.jsonl", "--tests", "t.jsonl"]
H = ["--dataset", "humaneval"]

BAD_FLAGS: list[tuple[str, list[str], list[str]]] = [
    ("an unknown dataset", ["--dataset", "humanevl", *GIVEN], ["'humanevl'", "did you mean 'humaneval'?"]),
    ("evalperf", ["--dataset", "evalperf", *GIVEN], ["evalplus.evalperf"]),
    ("no samples and no model", [*H, "--tests", "t.jsonl"], ["--samples X.jsonl", "--model M"]),
    ("samples and a model", [*H, *GIVEN, "--model", "m"], ["--samples and --model exclude each other"]),
    ("a flag of codegen's without a model", [*H, *GIVEN, "--n-samples", "3"], ["--n-samples says how --model"]),
    ("no tests", [*H, "--samples", "s.jsonl"], ["--tests tests.jsonl", "--tests-model KAKA22/CodeRM-8B"]),
    ("tests and a test writer", [*H, *GIVEN, "--tests-model", "m"], ["--tests and --tests-model exclude each other"]),
    ("a test writer nowhere", [*H, "--samples", "s.jsonl", "--tests-model", "m"], ["--tests-base-url http"]),
    ("an unknown flag", [*H, *GIVEN, "--base-onyl"], ["--base-onyl", "did you mean '--base-only'?"]),
    ("a letter for flags", [*H, *GIVEN, "-n", "3"], ["-n may be more than one flag", "--n-samples or --num-tests"]),
    ("a letter and its value", [*H, *GIVEN, "-b=3"], ["-b may be more than one flag", "--base-url"]),
    ("an unknown flag of codegen's", [*H, "--model", "m", "--temprature", "1"], ["did you mean '--temperature'?"]),
    ("an unknown backend", [*H, "--model", "m", "--backend", "opnai"], ["'opnai'", "did you mean 'openai'?"]),
    ("an unknown rule", [*H, *GIVEN, "--select", "majorty"], ["'majorty'", "did you mean 'majority'?"]),
    ("an unknown budget", [*H, *GIVEN, "--budget", "even"], ["budget.policy is 'even'", "'uniform'"]),
    ("an unknown test backend", [*H, *GIVEN[:2], "--tests-model", "m", "--tests-backend", "x"], ["tests.backend is"]),
    (
        "no samples after all",
        [*H, "--samples=", *GIVEN[2:]],
        ["--samples is empty; name a file or folder"],
    ),
    ("no store after all", [*H, *GIVEN, "--store="], ["--store is empty; name a file or folder"]),
    ("mini with noextreme", [*H, *GIVEN, "--mini", "--noextreme"], ["mini and noextreme exclude each other"]),
    ("details of tests", [*H, *GIVEN, "--test-details"], ["evalplus.evaluate --test-details"]),
    ("a time limit of 0", [*H, *GIVEN, "--min-time-limit", "0"], ["evalplus.min_time_limit is 0"]),
    ("workers that are no number", [*H, *GIVEN, "--parallel", "many"], ["execution.workers is 'many'"]),
    ("samples without a value", [*H, "--tests", "t.jsonl", "--samples"], ["--samples is True", "path"]),
    ("a config that is not there", [*H, *GIVEN, "--config", "no.yaml"], ["no.yaml"]),
    ("tests that are not there", [*H, "--samples", "s.jsonl", "--tests", "no.jsonl"], ["no.jsonl: no such file"]),
    ("samples that are not there", [*H, "--samples", "no.jsonl", "--tests", "t.jsonl"], ["no.jsonl: no such file"]),
    ("packed samples", [*H, "--samples", "s.jsonl.gz", "--tests", "t.jsonl"], ["s.jsonl.gz", "plain .jsonl file"]),
    ("an empty folder", [*H, "--samples", "empty", "--tests", "t.jsonl"], ["empty: the folder is empty"]),
    ("a folder of something else", [*H, "--samples", "other", "--tests", "t.jsonl"], ["other: no files such as"]),
    ("a folder without some tasks", [*H, "--samples", "some", "--tests", "t.jsonl"], ["2 of its tasks", "partial"]),
]


@pytest.mark.parametrize(("what", "arguments", "parts"), BAD_FLAGS, ids=[case[0] for case in BAD_FLAGS])
def test_a_mistake_in_flags_or_files_gets_one_sentence_and_exit_code_2(
    what: str,
    arguments: list[str],
    parts: list[str],
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (files / "empty").mkdir()
    (files / "other" / "src").mkdir(parents=True)
    (files / "some" / "HumanEval_1").mkdir(parents=True)
    (files / "some" / "HumanEval_1" / "0.py").write_text(RIGHT[TASKS[1]])
    monkeypatch.setattr(sys, "argv", ["evalplus.coderm", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    message = capsys.readouterr().err
    assert (caught.value.code, len(message.splitlines())) == (2, 1)
    assert message.startswith("evalplus.coderm: ") and all(part in message for part in parts), message
    assert not list(files.glob("*coderm*"))


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_help_shows_whole_flags_only(
    flag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fire's own has one letter for two flags, and none is taken."""
    monkeypatch.setattr(sys, "argv", ["evalplus.coderm", flag])
    with suppress(SystemExit):
        main()
    flags = re.findall(r"(?m)^ +(-\S+?)[=, ]", capsys.readouterr().out)
    assert {"--base_only", "--budget", "--num_tests"} <= set(flags)
    assert all(re.fullmatch(r"--\w\w+", shown) for shown in flags) and len(set(flags)) == len(flags)


OUTPUTS = ["s.coderm.jsonl", "s_eval_results.json", "s.coderm_eval_results.json", "s.coderm/tests.jsonl"]


@pytest.mark.parametrize("output", OUTPUTS)
def test_tests_in_the_place_of_an_output_are_kept(output: str, files: Path) -> None:
    """A finished run's tests among them: a run of the same samples would replace them."""
    (files / output).parent.mkdir(exist_ok=True)
    tests = recorded(files / output)
    before = tests.read_bytes()
    message = said(CodermError, lambda: evaluate("humaneval", "s.jsonl", tests=output))
    assert output in message
    assert tests.read_bytes() == before


BAD_LINES: list[tuple[str, Any, list[str]]] = [
    ("no JSON", "not json", ["s.jsonl:2: not JSON: 'not json'"]),
    ("no object", [1], ["s.jsonl:2: no task_id", "'[1]'"]),
    ("no task id", {"solution": "x = 1"}, ["s.jsonl:2: no task_id"]),
    ("neither solution nor completion", {"task_id": TASKS[0], "code": "x = 1"}, ["s.jsonl:2", "a completion"]),
    (
        "a list",
        {"task_id": TASKS[0], "solution": ["x = 1", "y"]},
        ["s.jsonl:2: solution of", "list of 2"],
    ),
    ("a number", {"task_id": TASKS[0], "completion": 5}, ["s.jsonl:2: completion of HumanEval/0 is '5'"]),
]


@pytest.mark.parametrize(("what", "line", "parts"), BAD_LINES, ids=[case[0] for case in BAD_LINES])
def test_a_line_that_is_no_sample_is_named_and_shown(what: str, line: Any, parts: list[str], files: Path) -> None:
    good = json.dumps({"task_id": TASKS[0], "solution": "x = 1"})
    (files / "s.jsonl").write_text(f"{good}\n{line if isinstance(line, str) else json.dumps(line)}\n")
    message = said(InputError, lambda: evaluate("humaneval", "s.jsonl", tests="t.jsonl"))
    assert all(part in message for part in parts), message


def test_ctrl_c_while_evalplus_is_loaded_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Loading(ModuleType):
        def __getattr__(self, name: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "coderm_eval.hosts.evalplus.command", Loading("loading"))
    with pytest.raises(SystemExit) as ended:
        coderm_eval.hosts.evalplus.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "\nevalplus.coderm: interrupted; run the same command again to continue\n"


def test_a_file_without_samples_is_named(files: Path) -> None:
    (files / "s.jsonl").write_text("\n")
    assert "s.jsonl: no lines" in said(InputError, lambda: evaluate("humaneval", "s.jsonl", tests="t.jsonl"))


def test_a_dataset_that_cannot_be_downloaded_is_named_with_its_variable(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(humaneval, "HUMANEVAL_OVERRIDE_PATH", None)
    monkeypatch.delenv("HUMANEVAL_OVERRIDE_PATH")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    message = said(DatasetError, lambda: evaluate("humaneval", "s.jsonl", tests="t.jsonl"))
    assert "could not be downloaded" in message and "HUMANEVAL_OVERRIDE_PATH" in message


def test_a_setting_of_a_file_counts_unless_a_flag_says_otherwise(files: Path) -> None:
    """Told apart by a value that cannot be used: it is the one that is complained of."""
    (files / "settings.yaml").write_text("tests: {file: nowhere.jsonl}\n")
    of_file = said(InputError, lambda: evaluate("humaneval", "s.jsonl", config="settings.yaml"))
    assert of_file.startswith("nowhere.jsonl")
    of_flag = said(InputError, lambda: evaluate("humaneval", "s.jsonl", tests="no.jsonl", config="settings.yaml"))
    assert of_flag.startswith("no.jsonl")
