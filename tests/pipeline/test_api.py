"""`evaluate`, `load_run` and `compare`: what the command line does, from Python."""

from __future__ import annotations

import asyncio
import csv
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.cli import DEMO_TASKS, coderm, quick, rows, said, write_rows
from helpers.replaying import replaying
from helpers.stores import everything, verdicts_stored

from coderm_eval import Run, Verdict, compare, evaluate, load_run
from coderm_eval.benchmarks import load_benchmark
from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.core.errors import CodermError, InputError, OutputError, SettingsError
from coderm_eval.hosts.server.replay import MODEL, RecordedAnswers
from coderm_eval.report.provenance import read_provenance
from coderm_eval.report.run_directory import RUN_FILES, RunDirectory

ONE_OF_TWO = {"a": "def f(): return 1", "b": "def f(): return 2"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three of the demo's problems with six tests each, and two runs of them: `run`, and `voted` with its curve."""
    folder = tmp_path_factory.mktemp("api")
    samples, tests = quick(SAMPLES, folder / "s.jsonl"), rows(quick(TESTS, folder / "t.jsonl"))
    few = [row for task in DEMO_TASKS for row in [row for row in tests if row["task_id"] == task][:6]]
    shared: dict[str, Any] = {"samples": samples, "allow_partial": True, "store": folder / "store"}
    shared["tests"] = write_rows(folder / "t.jsonl", few)
    evaluate("demo", out=folder / "run", select="all", **shared)
    evaluate("demo", out=folder / "voted", select="majority", probe_inputs=0, budget_curve=True, **shared)
    return folder


@pytest.fixture
def run(folder: Path) -> Run:
    return load_run(folder / "run")


def test_evaluate_is_what_the_command_line_does(folder: Path, run: Run) -> None:
    files = "--samples s.jsonl --tests t.jsonl --store store --out other --allow-partial"
    done = coderm(*f"rerank --benchmark demo {files} --select all --grade".split(), cwd=folder)
    assert done.returncode == 0, done.stderr
    same = [name for name in RUN_FILES if name.endswith("l") and (run.folder / name).exists()]
    assert len(same) >= 6
    for name in same:
        assert (folder / "other" / name).read_bytes() == (run.folder / name).read_bytes(), name


def test_scores_and_table_are_those_of_the_summary(run: Run) -> None:
    written = run.summary["pass@1"]
    assert run.scores.keys() == {"coderm", "first", "majority", "oracle", "random"}
    for name, found in run.scores.items():
        assert [found.value, found.low, found.high] == [written[name]["value"], *written[name]["ci95"]]
    assert f"{100 * run.scores['oracle'].value:.1f}" in str(run.table)
    report = coderm("report", str(run.folder), cwd=run.folder).stdout
    assert report.startswith(str(run.table))
    assert report.count(str(run.rules)) == 1
    assert "<table>" in run.table._repr_html_() and "<table>" in run._repr_html_()
    assert repr(run).startswith(f"Run('{run.folder}'): demo, 3 problems, ")


def test_picks_have_program_sample_confidence_and_grade(run: Run) -> None:
    assert list(run.picks) == list(DEMO_TASKS)
    for row in rows(run.folder / "chosen.jsonl"):
        pick = run.picks[row["task_id"]]
        assert pick.program == row["solution"] and 0 <= pick.confidence <= 1 and not pick.abstained
    right = [pick.right for pick in run.picks.values()]
    assert np.mean([bool(each) for each in right]) == pytest.approx(run.scores["coderm"].value, abs=1e-6)


def test_a_matrix_has_codes_labels_and_texts(run: Run) -> None:
    [task, *_] = DEMO_TASKS
    matrix, row = run.matrix(task), rows(run.folder / "verdicts.jsonl")[0]
    assert matrix.codes.shape == (len(matrix.programs), len(matrix.sources)) == (len(row["candidates"]), 6)
    assert [list(samples) for samples in matrix.candidates] == row["candidates"]
    assert matrix.codes.dtype == np.uint8
    letters = ["".join(Verdict(code).code for code in line) for line in matrix.codes]
    assert letters == row["verdicts"] == repr(matrix).splitlines()[1:]
    assert matrix._repr_html_().count("<br>") == len(letters) - 1
    assert (matrix.passed == (matrix.codes == Verdict.PASSED)).all()
    lines = [line["solution"] for line in rows(run.folder / "samples.jsonl") if line["task_id"] == task]
    assert all(
        lines[sample] == p for p, samples in zip(matrix.programs, matrix.candidates, strict=True) for sample in samples
    )
    assert run.picks[task].program in matrix.programs


def test_a_frame_has_one_row_for_each_problem(run: Run) -> None:
    frame = run.to_pandas()
    assert list(frame.index) == list(DEMO_TASKS) and frame.index.name == "task_id"
    assert frame["right"].dtype == "boolean"
    assert frame["right"].mean() == pytest.approx(run.scores["coderm"].value, abs=1e-6)
    assert frame["pass_rate"].mean() == pytest.approx(run.scores["random"].value, abs=1e-6)
    assert frame["tests_used"].mean() == pytest.approx(run.summary["tests_per_problem"], abs=1e-3)


def test_without_pandas_a_sentence_says_what_to_type(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert "pip install pandas" in said(InputError, run.to_pandas)


def test_the_curve_is_that_of_the_file(run: Run, folder: Path) -> None:
    from matplotlib.figure import Figure

    voted = load_run(folder / "voted")
    axes = voted.plot_curve(Figure().subplots())
    points = list(csv.DictReader((voted.folder / "curve.csv").open()))
    drawn = {line.get_label(): line.get_xydata() for line in axes.get_lines()}
    for policy in {point["policy"] for point in points}:
        own = [point for point in points if point["policy"] == policy]
        expected = [[float(point["tests"]), 100 * float(point["pass@1"])] for point in own]
        assert np.asarray(drawn[policy]) == pytest.approx(np.array(expected))
    assert "budget_curve=True" in said(InputError, run.plot_curve)


def test_compare_is_what_the_command_line_prints(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = compare(load_run("run"), "voted")
    assert coderm("compare", "run", "voted", cwd=folder).stdout == f"{found!r}\n"
    [pair] = found.pairs
    assert len(pair.wins) - len(pair.losses) == round(3 * pair.difference.value)
    assert "McNemar" in str(found.table)
    assert found._repr_html_().count("<table>") == 3  # they differ in the rule
    assert "give two or more" in said(InputError, compare, "run")


def test_nothing_but_the_directory_is_read(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(run.folder, tmp_path / "moved", ignore=shutil.ignore_patterns("store"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CODERM_CONFIG", "no such file")
    moved = load_run("moved")
    assert moved.picks == run.picks and moved.scores == run.scores
    assert moved.to_pandas().equals(run.to_pandas())


def test_texts_may_be_given_in_lists(
    folder: Path, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    task = DEMO_TASKS[0]
    programs = [row["solution"] for row in rows(folder / "s.jsonl") if row["task_id"] == task]
    tests = [row["test"] for row in rows(folder / "t.jsonl") if row["task_id"] == task]
    texts = {"samples": {task: programs}, "tests": {task: tests, DEMO_TASKS[1]: [*tests, *tests]}}
    given: dict[str, Any] = {**texts, "store": folder / "store"}
    found = evaluate("demo", out=tmp_path / "run", allow_partial=True, grade=False, **given)
    assert "running tests:   0%|" in (shown := capsys.readouterr().err) and " 0/6 [" in shown  # no more than there are
    [pick] = found.picks.values()
    assert (pick.program, pick.right) == (run.picks[task].program, None)
    assert any(message.startswith("samples: no samples of 13 tasks (") for message in caplog.messages)
    assert "demo, 1 problem, " in repr(found)
    assert "1 of the 14 problems of demo is in this run" in found.summary["notices"][0]
    assert "not graded" in repr(found) and "<table>" not in found._repr_html_()
    assert "--grade" in said(InputError, lambda: found.scores)
    provenance = read_provenance(RunDirectory(found.folder))
    assert provenance and provenance["input_files"] == {"samples": None, "tests": None}
    assert np.isnan(found.to_pandas()["pass_rate"]).all() and found.to_pandas()["right"].isna().all()


MISTAKES: dict[str, tuple[type[CodermError], dict[str, Any], str]] = {
    "benchmark": (InputError, {"benchmark": "humanval+"}, "did you mean 'humaneval+'?"),
    "setting": (SettingsError, {"selct": "all"}, "evaluate: unknown setting 'selct'; did you mean 'select'?"),
    "rule": (SettingsError, {"select": "evidense"}, "did you mean 'evidence'?"),
    "no tests": (SettingsError, {"tests": None}, "no unit tests"),
    "a text for a list": (InputError, {"samples": {"demo/0": "def f(): ..."}}, "demo/0: expected a list of texts"),
    "no file": (InputError, {"samples": "nothing.jsonl"}, "nothing.jsonl: no such file"),
    "other tasks": (InputError, {"samples": {"x/0": ["pass"]}}, "samples: 1 task id that demo does not have"),
    "an unknown task": (InputError, {"task_ids": ["demo0"]}, "demo has no task 'demo0'; did you mean 'demo/0'?"),
    "no task": (InputError, {"task_ids": []}, "task_ids is []; expected a list of texts"),
    "a text for ids": (InputError, {"task_ids": "demo/0"}, "task_ids is 'demo/0'; expected a list of texts"),
    "numbers for ids": (InputError, {"task_ids": [0]}, "task_ids is [0]; expected a list of texts"),
    "a limit of none": (InputError, {"limit": 0}, "limit is 0; expected a whole number, 1 or more"),
    "all but the last": (InputError, {"limit": -1}, "limit is -1; expected"),
    "half a task": (InputError, {"limit": 1.5}, "limit is 1.5; expected"),
    "nowhere": (InputError, {"out": ""}, "out is ''; expected a folder, such as 'run'"),
    "no out": (InputError, {"out": None}, "out is None; expected a folder"),
    "a number of samples": (InputError, {"samples": 3}, "samples is 3; expected a file, or a list of samples for each"),
    "a number of tests": (InputError, {"tests": 3}, "tests is 3; expected a file, or a list of tests for each task"),
    "a number for a list": (InputError, {"samples": {"demo/0": 3}}, "demo/0: expected a list of texts, found 3"),
    "a number for a task": (InputError, {"samples": {0: ["pass"]}}, "0: expected a task id, such as 'demo/0'"),
    "lists of few tasks": (InputError, {"samples": {"demo/0": ["pass"]}}, "samples: nothing for 13 of its tasks ("),
    "tests of few tasks": (InputError, {"tests": {"demo/0": ["pass"]}}, "tests: nothing for 13 of its tasks ("),
    "a curve without grades": (InputError, {"grade": False, "budget_curve": True}, "needs grades"),
    "an input as output": (OutputError, {"out": SAMPLES}, "a file is there"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    error, change, words = MISTAKES[mistake]
    given: dict[str, Any] = {"benchmark": "demo", "samples": SAMPLES, "tests": TESTS, "out": "run", **change}
    assert words in said(error, lambda: evaluate(given.pop("benchmark"), **given))
    assert not Path("run").exists()


def test_a_notebook_shows_the_sentence_and_no_traceback() -> None:
    """IPython asks an exception for this method."""
    assert InputError("x: no such file")._render_traceback_() == ["InputError: x: no such file"]


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no summary": lambda run: (run / "summary.json").unlink(),
    "another version": lambda run: (run / "summary.json").write_text("{}"),
    "no JSON": lambda run: (run / "verdicts.jsonl").write_text("{"),
    "a pick is gone": lambda run: (run / "chosen.jsonl").write_text(""),
    "no rule": lambda run: (run / "verdicts.jsonl").write_text('{"task_id": "demo/0", "selections": {}}\n'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_directory_is_one_sentence(damage: str, run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.folder, tmp_path / "run", ignore=shutil.ignore_patterns("store"))
    DAMAGE[damage](tmp_path / "run")
    assert str(tmp_path) in said(InputError, lambda: load_run(tmp_path / "run").picks)


def test_an_unknown_task_names_the_nearest(run: Run) -> None:
    assert "did you mean 'demo/11'?" in said(InputError, run.matrix, "demo11")
    assert "no problem None; known: " in said(InputError, run.matrix, None)


def test_a_run_that_is_no_path_is_one_sentence(run: Run) -> None:
    assert "folder is None; expected a run directory" in said(InputError, load_run, None)
    assert "run is 3; expected a run directory" in said(InputError, compare, run, 3)


def test_it_runs_where_an_event_loop_is_running(tmp_path: Path) -> None:
    """As every cell of a notebook does; here with a server that writes the tests."""
    task = DEMO_TASKS[0]
    programs = {task: ["def tide_gate_hours(levels, sill): return []"]}
    problems = [problem for problem in load_benchmark("demo").problems if problem.task_id == task]
    given: dict[str, Any] = {"samples": programs, "task_ids": [task], "grade": False, "report": False}

    async def cell(address: str) -> Run:
        writer = {"model": MODEL, "base_url": f"http://{address}/v1", "num": 2}
        return evaluate("demo", tests=writer, out=tmp_path / "run", **given)

    recorded = RecordedAnswers(problems, programs, {task: ["assert tide_gate_hours([], 1) == []"]})
    with replaying(recorded) as address:
        run = asyncio.run(cell(address))
    assert run.matrix(task).codes.tolist() == [[Verdict.PASSED]]


def test_an_interrupted_evaluation_goes_on(folder: Path, run: Run, tmp_path: Path) -> None:
    """The kernel's stop button sends SIGINT; what was run until then is not run again."""
    given: dict[str, Any] = {"samples": folder / "s.jsonl", "tests": folder / "t.jsonl", "allow_partial": True}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    store = tmp_path / "run" / "store"

    def stop() -> None:
        while not verdicts_stored(store):
            stopped.wait(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    stopped = threading.Event()
    threading.Thread(target=stop, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        evaluate("demo", out=tmp_path / "run", **given)
    kept = everything(store)
    with pytest.raises(InputError):
        load_run(tmp_path / "run")
    again = evaluate("demo", out=tmp_path / "run", **given)
    assert everything(store) >= kept
    assert again.picks == run.picks and again.scores == run.scores
